"""HTTP/1.1 in front of the server: connections that stay open, watches in chunks, and faults that break them.

It reads and writes; what is answered is decided in ``server.py``, and ``/sandbox/…`` in ``admin.py``.
"""

import json
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from sandbox.cluster import access, admin, discovery
from sandbox.cluster.errors import ApiError, bad_request
from sandbox.cluster.faults import BEFORE, Fault
from sandbox.cluster.resources import Json
from sandbox.cluster.routes import Call, understood
from sandbox.cluster.server import Server
from sandbox.cluster.watches import Watch

LARGEST_BODY_BYTES = 3 * 1024 * 1024  # the API server's own limit
DEFAULT_WATCH_SECONDS = 1800.0


class Listener(ThreadingHTTPServer):
    """The listening socket, its connections and their threads; closing it ends all of them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, server: Server, port: int) -> None:
        self.cluster = server
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that is remembered."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._open = {known: its for known, its in self._open.items() if known.is_alive()} | {thread: request}
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of an error on standard error; a client that goes away in the middle is its own affair."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening, break the connections, wait for their threads."""
        self.cluster.stop()
        self.shutdown()
        self.server_close()
        for connection in self._open.values():
            _break(connection)
        for thread in self._open:
            thread.join(timeout=10)


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox-cluster"
    disable_nagle_algorithm = True
    server: Listener

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the journal keeps what matters."""

    def _serve(self) -> None:
        try:
            body = self._body()
            if urlsplit(self.path).path.startswith("/sandbox/"):
                code, found = admin.answer(self.server.cluster, self.command, urlsplit(self.path).path, body)
                self._send(code, found)
            else:
                self._kubernetes(body)
        except ApiError as refusal:
            self._send(refusal.code, refusal.status(), refusal.headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these names

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY_BYTES:
            self.close_connection = True
            raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {LARGEST_BODY_BYTES}")
        return self.rfile.read(length)

    def _kubernetes(self, body: bytes) -> None:
        cluster = self.server.cluster
        path = urlsplit(self.path).path
        user = access.user_of(cluster.users, self.headers.get("Authorization", ""))
        if path == access.REVIEW_PATH and self.command == "POST":
            self._send(201, access.reviewed(user, _object(body)))
            return
        about = discovery.described(path) if self.command == "GET" else None
        if about is not None:
            self._send(200, about)
            return
        call = understood(self.command, self.path, self.headers.get("Content-Type", ""), body)
        if call.verb == "watch":
            self._watch(*cluster.watch(user, call), call)
            return
        reply, fault = cluster.decide(user, call)
        if fault is not None:
            self._fail(fault)
        else:
            self._send(reply.code, reply.body)

    def _fail(self, fault: Fault) -> None:
        """Give no answer: at once, or only when the client has gone."""
        self.close_connection = True
        if str(fault.answer).startswith("hang"):
            while not self.server.cluster.stopping.is_set() and not self._client_is_gone():
                self.server.cluster.stopping.wait(0.05)
        _break(self.connection)

    def _client_is_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _watch(self, watch: Watch, fault: Fault | None, call: Call) -> None:
        if fault is not None and fault.answer in BEFORE:
            self._fail(fault)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in self._events(watch, call):
            self._chunk(json.dumps(event).encode() + b"\n")
            if fault is not None:  # it breaks in the middle
                self._fail(fault)
                return
        self.wfile.write(b"0\r\n\r\n")

    def _events(self, watch: Watch, call: Call) -> Iterator[Json]:
        """Yield events until the watch's time is over, by the machine's clock or by the cluster's."""
        cluster = self.server.cluster
        seconds = float(call.query.get("timeoutSeconds") or DEFAULT_WATCH_SECONDS)
        ends = time.monotonic() + seconds
        while not cluster.stopping.is_set():
            with cluster.changed:
                cluster.run()
                news = watch.news()
                passed = (cluster.now() - watch.began).total_seconds()
                left = min(ends - time.monotonic(), seconds - passed)
                if not news and left > 0:
                    cluster.changed.wait(min(left, 1.0))  # at most a second, to see that the client is gone
            yield from news
            if any(event["type"] == "ERROR" for event in news) or self._client_is_gone():
                return
            if not news and left <= 0:
                yield from [watch.bookmark()] if call.query.get("allowWatchBookmarks") else []
                return

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _send(self, code: int, body: Json | str | list[Json], headers: Mapping[str, str] | None = None) -> None:
        text = isinstance(body, str)
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if text else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _object(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except ValueError as unreadable:
        raise bad_request(f"invalid JSON in the request's body: {unreadable}") from unreadable
    if not isinstance(found, dict):
        raise bad_request("the request's body must be a JSON object")
    return found
