"""A mail server to run against: submission over SMTP with STARTTLS, mailboxes, and an HTTP side to look into them.

Tests and the demo use it. ``python -m sandbox.mail --port 2525 --http-port 8083 --ca-file ca.pem`` runs it alone. Its
certificate is made at the start and trusts itself. A mailbox shows messages with the same Message-ID once, as mail
programs and most servers do; ``messages`` has every one that was handed over.
Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS)

Faults match on ``stage`` (``mail``, ``rcpt``, ``data``; ``data`` if left out), ``sender`` and ``recipient``; the status
is an SMTP one, such as 421, 451 or 550. ``GET /sandbox/messages`` on the HTTP side shows what it keeps.
"""

import asyncio
import ssl
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from sandbox.faults import Faults
from sandbox.http_server import HttpServer, port_parser, run_alone
from sandbox.mail_certificate import write_certificate
from sandbox.mail_message import Message
from sandbox.mail_session import MailSession

USERNAME = "firebrigade"
PASSWORD = "sandbox-password"  # noqa: S105 - known to everybody


class Mail:
    """A submission server in a thread.

    Attributes:
        security: ``starttls`` (required before any mail), ``tls`` (from the first byte), or ``none``.
        needs_login: whether mail is only taken from who logged in with USERNAME and PASSWORD.
    """

    def __init__(
        self, port: int = 0, *, http_port: int = 0, security: str = "starttls", needs_login: bool = False
    ) -> None:
        self.security = security
        self.needs_login = needs_login
        self.faults = Faults(default_match={"stage": "data"})
        self.messages: list[Message] = []
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="firebrigade-mail-")
        self._certificate, self._key = write_certificate(Path(self._folder.name))
        self._http = _HttpSide(self, http_port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._wanted_port = port
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(self._listen())
        self._http.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.__exit__(kind, error, trace)
        self.faults.clear()
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    @property
    def host(self) -> str:
        """The name that stands in the certificate."""
        return "localhost"

    @property
    def port(self) -> int:
        """Where SMTP is spoken."""
        if self._server is None:
            raise RuntimeError("the mail server is not running: use it with `with`")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> str:
        """Where the HTTP side listens."""
        return self._http.address

    @property
    def ca_file(self) -> Path:
        """The certificate to trust."""
        return self._certificate

    def keep(self, message: Message) -> None:
        """Take a message over; called by the session."""
        with self._lock:
            self.messages.append(message)

    def mailbox(self, recipient: str) -> list[Message]:
        """Return what the recipient sees: messages by their time of arrival, each Message-ID once."""
        with self._lock:
            mine = [message for message in self.messages if recipient in message.recipients]
        return list({message.message_id: message for message in reversed(mine)}.values())[::-1]

    def as_json(self) -> list[dict[str, Any]]:
        """Return every message that was handed over."""
        with self._lock:
            return [message.as_json() for message in self.messages]

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> asyncio.Server:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self._certificate, self._key)
        wrap = tls if self.security == "tls" else None
        return await self._loop.create_server(lambda: self._session(tls), "127.0.0.1", self._wanted_port, ssl=wrap)

    def _session(self, tls: ssl.SSLContext) -> SMTP:
        return SMTP(
            MailSession(self),
            hostname="localhost",
            tls_context=tls if self.security == "starttls" else None,
            require_starttls=self.security == "starttls",
            auth_required=self.needs_login,
            auth_require_tls=self.security == "starttls",
            authenticator=_check_login,
            loop=self._loop,
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_default_executor()


class _HttpSide(HttpServer):
    """The mail server's ``/sandbox/`` paths."""

    def __init__(self, mail: Mail, port: int) -> None:
        super().__init__(port)
        self._mail = mail
        self.faults = mail.faults

    def kept(self) -> dict[str, Any]:
        """Return every message that was handed over."""
        return {"messages": self._mail.as_json()}


def _check_login(server: SMTP, session: object, envelope: object, mechanism: str, login: object) -> AuthResult:  # noqa: ARG001
    right = isinstance(login, LoginPassword) and login == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=login if right else None)


def main() -> None:
    """Run it alone."""
    parser = port_parser("A mail server, as a sandbox")
    parser.add_argument("--http-port", type=int, default=0, help="where /sandbox/messages can be asked for")
    parser.add_argument("--security", choices=("starttls", "tls", "none"), default="starttls")
    parser.add_argument("--needs-login", action="store_true", help=f"take mail only from {USERNAME}")
    parser.add_argument("--ca-file", type=Path, help="where to write the certificate that clients must trust")
    arguments = parser.parse_args()
    mail = Mail(
        arguments.port,
        http_port=arguments.http_port,
        security=arguments.security,
        needs_login=arguments.needs_login,
    )
    if arguments.ca_file:
        arguments.ca_file.write_bytes(mail.ca_file.read_bytes())
    run_alone(
        "Mail", arguments.port, mail, lambda running: f"smtp://{running.host}:{running.port} and {running.address}"
    )


if __name__ == "__main__":
    main()
