"""What the sandbox's vendor servers share: a real HTTP server in a thread, its faults, and a look at what it keeps.

PagerDuty, Slack and the mail server's HTTP side build on it. Paths below ``/sandbox/`` are ours and not the vendor's:
``POST`` and ``DELETE /sandbox/faults``, and ``GET /sandbox/<name>`` for each name in ``kept()``.
"""

import argparse
import json
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from sandbox.faults import Fault, Faults

S = TypeVar("S")

_BODY_LIMIT_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"

    def json(self) -> Any:
        """Read the body as JSON; raises ValueError."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """Read the body as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer; a body that is not text is sent as JSON."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpServer:
    """A server on 127.0.0.1, at a port that the kernel chooses unless one is given; use it with ``with``."""

    def __init__(self, port: int = 0) -> None:
        self.faults = Faults()
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:8080``."""
        if self._server is None:
            raise RuntimeError("the server is not running: use it with `with`")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), self)
        # A short interval, because it is how long shutdown() takes.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.faults.clear()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def answer(self, request: Request) -> Answer:
        """Answer as the vendor does."""
        raise NotImplementedError

    def fault_answer(self, status: int, fault: Fault) -> Answer:
        """Return what the vendor's body says with this status."""
        return Answer(status=status, body={"error": fault.error or f"status {status}"})

    def facts(self, request: Request) -> dict[str, str]:
        """Return what a fault can match: ``method`` and ``path``; servers add the vendor's words."""
        return {"method": request.method, "path": request.path}

    def kept(self) -> Mapping[str, Any]:
        """Return what the server keeps, as JSON, by the name under which it can be asked for."""
        return {}

    def sandbox_answer(self, request: Request) -> Answer:
        """Answer a request below ``/sandbox/``."""
        name = request.path.removeprefix("/sandbox/")
        if name == "faults":
            return self._switch(request)
        kept = self.kept()
        if request.method == "GET" and name in kept:
            return Answer(body=kept[name])
        return Answer(status=404, body={"error": f"ask for faults or one of: {', '.join(sorted(kept))}"})

    def _switch(self, request: Request) -> Answer:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self.faults.switch_on(Fault.from_json(request.json()))
            except (ValueError, TypeError) as error:
                return Answer(status=400, body={"error": str(error)})
        return Answer(body=self.faults.as_json())


class _Server(ThreadingMixIn, TCPServer):
    # Not http.server.HTTPServer: that one asks the name server for this machine's name.
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: HttpServer) -> None:
        super().__init__(address, _Handler)
        self.owner = owner


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def _handle(self) -> None:
        owner, request = self.server.owner, self._read()
        if request.path.startswith("/sandbox/"):
            self._send(owner.sandbox_answer(request))
            return
        fault = owner.faults.take(owner.facts(request))
        if fault is None:
            self._send(owner.answer(request))
        else:
            self._misbehave(fault, request)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the library's names

    def _misbehave(self, fault: Fault, request: Request) -> None:
        owner = self.server.owner
        if isinstance(fault.answer, int):
            answer = owner.fault_answer(fault.answer, fault)
            wait = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
            self._send(Answer(status=answer.status, body=answer.body, headers={**answer.headers, **wait}))
            return
        if fault.answer.endswith("-after"):
            owner.answer(request)
        if fault.answer.startswith("hang"):
            owner.faults.hang()
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client was faster

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("Content-Length") or 0), _BODY_LIMIT_BYTES)
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _send(self, answer: Answer) -> None:
        is_text = isinstance(answer.body, str)
        body = answer.body.encode() if is_text else json.dumps(answer.body).encode()
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/plain; charset=utf-8" if is_text else "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client no longer waits

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def port_parser(description: str) -> argparse.ArgumentParser:
    """Return a command line with ``--port``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; any free port if left out")
    return parser


def run_alone(name: str, port: int, server: AbstractContextManager[S], address: Callable[[S], str]) -> None:
    """Run a server until SIGTERM or SIGINT, saying first where it listens; a port that is taken ends in one sentence.

    Args:
        name: the vendor's name, for people.
        port: the one that was asked for.
        server: not yet entered.
        address: where it listens, once it does.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with server as running:
            print(f"{name} listens at {address(running)}", flush=True)
            stopped.wait()
    except OSError as error:
        raise SystemExit(f"{name} can't listen at port {port} of 127.0.0.1: {error.strerror}; choose another") from None
