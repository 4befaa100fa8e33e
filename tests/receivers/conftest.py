"""What the receivers' tests share: notifications, each receiver with the sandbox server it talks to, hostile servers.

A new receiver needs a channel in CHANNELS below; then the whole contract suite runs on it.
"""

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

import pytest
from pydantic import SecretStr

from firebrigade.receivers.contract import Notification, NotifiedAlert, Reason, Receiver
from firebrigade.receivers.email import Email, EmailConfig
from firebrigade.receivers.log import Log, LogConfig
from firebrigade.receivers.pagerduty import PagerDuty, PagerDutyConfig
from firebrigade.receivers.registry import find_receivers
from firebrigade.receivers.slack import Slack, SlackConfig
from sandbox.faults import Faults
from sandbox.mail import PASSWORD, USERNAME, Mail
from sandbox.pagerduty import ROUTING_KEY
from sandbox.pagerduty import PagerDuty as PagerDutySandbox
from sandbox.slack import CHANNEL, TOKEN
from sandbox.slack import Slack as SlackSandbox

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 10.0  # nothing that answers should need it, however busy the machine is

Notify = Callable[..., Notification]


def make_notification(**changes: Any) -> Notification:
    alert = NotifiedAlert(
        fingerprint="f00d",
        firing=True,
        labels={"alertname": "ServiceDown", "service": "ryot", "severity": "critical", "pod": "ryot-1"},
        annotations={"summary": "ryot is down"},
        starts_at=AT,
    )
    first = Notification(
        delivery_id="delivery-1",
        incident_id=42,
        incident_key="inc-42",
        reason=Reason.TRIGGERED,
        status="triggered",
        severity="critical",
        level=1,
        service="ryot",
        title="ServiceDown: ryot",
        summary="No target of ryot answers.",
        automation="Restarting the pod ryot-1.",
        opened_at=AT,
        at=AT,
        alerts=(alert,),
        timeline=("09:00 opened",),
        links={"incident": "https://firebrigade.example/incidents/42"},
    )
    return dataclasses.replace(first, **changes)


@pytest.fixture(scope="session")
def notify() -> Notify:
    """Make a notification that differs from a plain TRIGGERED one as said."""
    return make_notification


class Channel(Protocol):
    """A receiver with the sandbox server that it talks to."""

    secret: str
    temporary: tuple[int, ...]
    permanent: tuple[int, ...]
    faults: Faults
    receiver: Receiver

    def told(self) -> list[str]:
        """What people saw, once for each time that they were told."""
        ...

    def at(self, port: int, timeout_seconds: float = PATIENCE_SECONDS) -> Receiver:
        """The same receiver, but talking to another server on this machine."""
        ...

    def echo(self, received: bytes) -> bytes:
        """What a server answers that repeats what it received."""
        ...


HTTP_TEMPORARY = (408, 425, 429, 500, 501, 502, 503, 504, 507, 529, 599)
HTTP_PERMANENT = (300, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 451, 499)


def _echo_http(received: bytes) -> bytes:
    # The later part first: the secret is at the end of PagerDuty's request, and messages are cut.
    body = received[-120:] + received
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class PagerDutyChannel:
    secret = ROUTING_KEY
    temporary = HTTP_TEMPORARY
    permanent = HTTP_PERMANENT

    def __init__(self, stack: ExitStack) -> None:
        self.server = stack.enter_context(PagerDutySandbox())
        self.faults = self.server.faults
        self.receiver = self._at(self.server.url)

    def _at(self, url: str, timeout_seconds: float = PATIENCE_SECONDS) -> PagerDuty:
        return PagerDuty(
            PagerDutyConfig(routing_key=SecretStr(ROUTING_KEY), base_url=url, timeout_seconds=timeout_seconds)
        )

    def at(self, port: int, timeout_seconds: float = PATIENCE_SECONDS) -> Receiver:
        return self._at(f"http://127.0.0.1:{port}", timeout_seconds)

    def told(self) -> list[str]:
        return self.server.rung()

    def echo(self, received: bytes) -> bytes:
        return _echo_http(received)


class SlackChannel:
    secret = TOKEN
    temporary = HTTP_TEMPORARY
    # urllib follows these to a page that is not there, which is refused all the same.
    permanent = HTTP_PERMANENT

    def __init__(self, stack: ExitStack) -> None:
        self.server = stack.enter_context(SlackSandbox())
        self.faults = self.server.faults
        self.receiver = self._at(self.server.url)

    def _at(self, url: str, timeout_seconds: float = PATIENCE_SECONDS) -> Slack:
        config = SlackConfig(
            token=SecretStr(TOKEN),
            channel=CHANNEL,
            base_url=url,
            mentions={2: ("here",)},
            timeout_seconds=timeout_seconds,
        )
        return Slack(config)

    def at(self, port: int, timeout_seconds: float = PATIENCE_SECONDS) -> Receiver:
        return self._at(f"http://127.0.0.1:{port}/api", timeout_seconds)

    def told(self) -> list[str]:
        messages = self.server.messages()
        return [m["text"] for message in messages for m in [message, *self.server.replies(message["ts"])]]

    def echo(self, received: bytes) -> bytes:
        return _echo_http(received)


class EmailChannel:
    secret = PASSWORD
    temporary = (421, 450, 451, 452)
    permanent = (550, 552, 554)

    def __init__(self, stack: ExitStack) -> None:
        self.server = stack.enter_context(Mail(needs_login=True))
        self.faults = self.server.faults
        self.receiver = Email(self._config(port=self.server.port, ca_file=self.server.ca_file, security="starttls"))

    def _config(self, **changes: Any) -> EmailConfig:
        values = {
            "host": "localhost",
            "sender": "firebrigade@example.com",
            "recipients": ["oncall@example.com"],
            "username": USERNAME,
            "password": PASSWORD,
            "timeout_seconds": PATIENCE_SECONDS,
        }
        return EmailConfig.model_validate({**values, **changes})

    def at(self, port: int, timeout_seconds: float = PATIENCE_SECONDS) -> Receiver:
        return Email(self._config(host="127.0.0.1", port=port, security="none", timeout_seconds=timeout_seconds))

    def told(self) -> list[str]:
        return [message.subject for message in self.server.mailbox("oncall@example.com")]

    def echo(self, received: bytes) -> bytes:
        if not received:
            return b"220 here\r\n"
        if received.startswith(b"ehlo"):
            return b"250-here\r\n250 AUTH PLAIN\r\n"
        return b"535 " + received.strip() + b" " + PASSWORD.encode() + b"\r\n"


class LogChannel:
    secret = "nothing secret here"
    temporary = ()
    permanent = ()
    faults = Faults()

    def __init__(self, _: ExitStack) -> None:
        self.receiver = Log(LogConfig())


CHANNELS: dict[str, Callable[[ExitStack], Any]] = {
    "pagerduty": PagerDutyChannel,
    "slack": SlackChannel,
    "email": EmailChannel,
    "log": LogChannel,
}
LOCAL = {"log"}  # nothing to fail, and nobody to tell twice


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``any_channel`` on all receivers, and one that takes ``channel`` on all with a server."""
    names = sorted(find_receivers())
    if "any_channel" in metafunc.fixturenames:
        metafunc.parametrize("any_channel", names, indirect=True)
    if "channel" in metafunc.fixturenames:
        metafunc.parametrize("channel", [name for name in names if name not in LOCAL], indirect=True)


def _channel(name: str) -> Iterator[Any]:
    assert name in CHANNELS, f"the receiver {name} needs a channel in {__file__}"
    with ExitStack() as stack:
        yield CHANNELS[name](stack)


@pytest.fixture
def any_channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    yield from _channel(request.param)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    yield from _channel(request.param)


class HostileServer:
    """Accepts connections and does with each what it was told; every socket is closed at the end."""

    behaviour: ClassVar[str]

    def __init__(self, behave: Callable[[socket.socket, threading.Event], None]) -> None:
        self._behave = behave
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._behave(connection, self.ended)
            except OSError:
                return

    def close(self) -> None:
        self.ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)


@pytest.fixture
def hostile() -> Callable[..., AbstractContextManager[int]]:
    """Return a context manager that serves with a function of (connection, ended) and gives the port."""

    @contextmanager
    def serve(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
        server = HostileServer(behave)
        try:
            yield server.port
        finally:
            server.close()

    return serve
