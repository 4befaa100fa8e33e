"""The real gunicorn process: what it does with real sockets, signals and sudden death."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

DEADLINE_SECONDS = 30
PATH = "/api/v1/webhook/alertmanager"
TOKEN = "planted-token-9f3c"

# The service with a real store and an engine that only says what is done to it.
CHILD = """
import sys
from types import SimpleNamespace
from pydantic import SecretStr
from firebrigade.responder import serve
from firebrigade.responder.config import load_config
from firebrigade.responder.settings import Settings
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics

class Engine:
    alive = False
    def start(self):
        Engine.alive = True
        print("engine started", flush=True)
    def stop(self):
        print("engine stopped", flush=True)
    def wake(self):
        print("engine woken", flush=True)

def build(settings, config, clock):
    store = Store(Database(settings.database_url.get_secret_value()))
    store.migrate()
    return SimpleNamespace(store=store, engine=Engine(), metrics=Metrics())

sys.modules["firebrigade.responder.composition"] = SimpleNamespace(build=build)
import firebrigade.responder as package
package.composition = sys.modules["firebrigade.responder.composition"]
token = SecretStr("planted-token-9f3c")
settings = Settings(database_url=SecretStr(sys.argv[1]), bind=sys.argv[2], webhook_token=token)
sys.exit(serve.run(settings, load_config(None, settings), insecure=False))
"""


class Process:
    """One started service and the lines that it wrote."""

    def __init__(self, database_url: str, bind: str = "127.0.0.1:0") -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", CHILD, database_url, bind],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.popen.stdout or ():
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def expect(self, text: str) -> str:
        """Return the first line that holds the text, as soon as there is one."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._news:
            line = self._news.wait_for(found, timeout=DEADLINE_SECONDS)
        assert line is not None, f"{text!r} did not come; it said:\n{''.join(self.lines)}"
        return line

    @property
    def port(self) -> int:
        line = self.expect('"listening"')
        return int(json.loads(line)["address"].rpartition(":")[2])

    def wait(self) -> int:
        code = self.popen.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        return code

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.wait()
        if self.popen.stdout:
            self.popen.stdout.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start services that are ended when the test is."""
    started: list[Process] = []

    def begin(bind: str = "127.0.0.1:0", database: str = f"sqlite:///{tmp_path / 'serve.sqlite'}") -> Process:
        started.append(Process(database, bind))
        return started[-1]

    yield begin
    for process in started:
        process.close()


def post(port: int, body: bytes, headers: dict[str, str] | None = None, *, chunked: bool = False) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    whole = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"} | (headers or {})
    connection.request("POST", PATH, iter([body]) if chunked else body, whole, encode_chunked=chunked)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def say(port: int, request: bytes) -> bytes:
    """Send raw bytes, close the sending half, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n".encode()
)


def test_a_service_lives_from_its_start_to_sigterm(start: Callable[..., Process], read_payload: Any) -> None:
    process = start()
    process.expect("engine started")
    body = read_payload("am028-single-firing")
    assert post(process.port, body) == (202, {"incidents": [1]})
    assert post(process.port, body, chunked=True) == (202, {"incidents": [1]})
    process.expect("engine woken")
    process.popen.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert "engine stopped\n" in process.lines
    assert TOKEN not in "".join(process.lines)


def test_what_breaks_the_rules_of_http_is_refused_and_does_no_harm(
    start: Callable[..., Process], read_payload: Any
) -> None:
    port = start().port
    ended_early = say(port, HEAD + b"Content-Length: 500\r\n\r\n{}")
    assert ended_early.startswith(b"HTTP/1.1 400") or ended_early == b""
    assert say(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}").startswith(b"HTTP/1.1 400")
    two_lengths = say(port, HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert two_lengths.startswith(b"HTTP/1.1 400")
    assert say(port, HEAD + b"Content-Length: 99999999\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert post(port, b" " * 10_485_761, chunked=True)[0] == 413
    assert post(port, read_payload("am028-single-firing")) == (202, {"incidents": [1]})


def test_after_kill_9_the_next_process_takes_the_port_and_knows_the_incident(
    start: Callable[..., Process], read_payload: Any
) -> None:
    first = start()
    first.expect("engine started")
    port, body = first.port, read_payload("am028-single-firing")
    assert post(port, body) == (202, {"incidents": [1]})
    os.kill(first.popen.pid, signal.SIGKILL)
    second = start(f"127.0.0.1:{port}")
    second.expect("engine started")
    assert post(port, body) == (202, {"incidents": [1]})
    # The first one's worker died with its master: its output is closed, so nothing of it runs any more.
    assert first.wait() == -signal.SIGKILL
    assert "engine stopped\n" not in first.lines


def test_a_worker_that_is_killed_is_replaced(start: Callable[..., Process], read_payload: Any) -> None:
    process = start()
    process.expect("engine started")
    [worker] = Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children").read_text().split()
    os.kill(int(worker), signal.SIGKILL)
    process.lines.clear()
    process.expect("engine started")


def test_a_store_that_cannot_be_opened_ends_it_with_one_sentence(start: Callable[..., Process]) -> None:
    process = start(database="sqlite:////nowhere/at/all.sqlite")
    assert process.wait() == 2
    (sentence,) = process.lines
    assert sentence.startswith("FIREBRIGADE_DATABASE_URL: there is no folder /nowhere/at;")
