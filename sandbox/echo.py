"""Servers that answer with everything that they were sent, headers and body, the way careless proxies do.

Tests find out with them whether a client tells what it should keep to itself. They can also do the right thing, so that
a client gets far enough to send its secrets.
"""

import base64
import json
import socketserver
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sandbox.http_server import Answer, HttpServer, Request


class Echo(HttpServer):
    """Speaks HTTP.

    Args:
        rightly: what answers in the mode ``right``.

    Attributes:
        mode: an HTTP status, ``text 500`` (no JSON), ``redirect``, ``drop``, or ``right``.
    """

    mode = "right"

    def __init__(self, rightly: Callable[[Request], Answer] = lambda _: Answer()) -> None:
        super().__init__()
        self._rightly = rightly

    def go_wrong(self, mode: str) -> None:
        """Answer in another mode from now on."""
        self.mode = mode
        self.faults.clear()

    def answer(self, request: Request) -> Answer:
        """Answer with the request, its credentials first, because messages are cut."""
        if self.mode == "right":
            return self._rightly(request)
        auth = request.headers.get("authorization", "none")
        dump = " ".join([auth, request.body.decode("utf-8", "replace"), json.dumps(dict(request.headers))])
        headers = {"X-Auth": auth, "Set-Cookie": f"a={quote(auth)}"}
        if self.mode == "redirect":
            return Answer(status=302, body=dump, headers=headers | {"Location": f"{self.address}/?{quote(auth)}"})
        if self.mode.startswith("text"):
            return Answer(status=int(self.mode.split()[1]), body=dump, headers=headers)
        body = dict.fromkeys(("error", "message", "reason", "detail"), dump)
        said = {"ok": False, "kind": "Status", "status": "Failure", "errors": [dump]}
        return Answer(status=int(self.mode), body={**said, **body}, headers=headers)

    def facts(self, request: Request) -> dict[str, str]:
        """Switch on what drops this very request, if it is to be dropped."""
        if self.mode == "drop":
            self.faults.add("drop-before")
        return super().facts(request)


class EchoSupervisor(Echo):
    """Recovers the agents with an odd number, so that their repair is verified elsewhere; echoes for the others."""

    def __init__(self) -> None:
        super().__init__()
        self._recovered: set[str] = set()

    def answer(self, request: Request) -> Answer:
        """Answer as the supervisor's contract says, for half of the agents."""
        agent_id = request.path.split("/")[2]
        if agent_id[-1:] not in set("13579"):
            return super().answer(request)
        now = datetime.now(UTC)
        state = "healthy" if agent_id in self._recovered else "failed"
        agent = {"agent_id": agent_id, "state": state, "restarts": 1, "last_heartbeat_at": now.isoformat()}
        if request.method == "GET":
            return Answer(body={**agent, "recovery_requested_at": (now - timedelta(seconds=1)).isoformat()})
        self._recovered.add(agent_id)
        return Answer(status=202, body={**agent, "requested_at": now.isoformat(), "repeated": False})


class EchoMail(socketserver.ThreadingTCPServer):
    """Speaks SMTP; refuses each login in its own words, also decoded. Each kind of login spells the password anew."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.mode = "right"
        self.logins = b"PLAIN"

    def go_wrong(self, mode: str) -> None:
        """Answer in another mode from now on, and offer the other kind of login."""
        self.mode = mode
        self.logins = b"LOGIN" if self.logins == b"PLAIN" else b"PLAIN"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _MailHandler(socketserver.StreamRequestHandler):
    server: EchoMail

    def handle(self) -> None:
        self.wfile.write(b"220 echo\r\n")
        for line in iter(self.rfile.readline, b""):
            word = line[:4].upper()
            self.wfile.write(self._reply(word, line.strip()) + b"\r\n")
            if word == b"QUIT":
                return

    def _reply(self, word: bytes, line: bytes) -> bytes:
        if word == b"EHLO":
            return b"250-echo\r\n250 AUTH " + self.server.logins
        if word == b"QUIT":
            return b"221 bye"
        if self.server.mode != "right":
            decoded = base64.b64decode(line.split()[-1] + b"===") if word == b"AUTH" else b""
            return b"535 5.7.8 you sent " + line + b" " + decoded.replace(b"\0", b" ")
        if word == b"DATA":
            self._read_message()
        return b"235 welcome" if word == b"AUTH" else b"250 ok"

    def _read_message(self) -> None:
        self.wfile.write(b"354 go on\r\n")
        while self.rfile.readline() not in {b".\r\n", b""}:
            pass
