"""The cluster's API without a socket: what the client sends is decided in the same thread, at the clock's time.

So a request that times out takes no time, and a test can stop at any request. It stands where the official client has
its pool of connections.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ProtocolError

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster
from sandbox.cluster.access import User
from sandbox.cluster.errors import ApiError
from sandbox.cluster.faults import Fault
from sandbox.cluster.routes import Call, understood

NO_ANSWER_WITHIN = timedelta(seconds=10)
OURS = User(name="firebrigade")

Moment = Callable[[], None]
Look = Callable[[Call], Callable[[str], None]]


class Wire:
    """One replica's connections.

    Args:
        cluster: whose API it is.
        clock: moved by as long as a request waits for an answer that never comes.
        moment: called before each request and after it, when its effect is made and its answer not yet read.
        look: called before each request that could change something; what it returns is told the effect.
    """

    def __init__(self, cluster: Cluster, clock: ManualClock, moment: Moment, look: Look) -> None:
        self._server = cluster._server
        self._clock = clock
        self._moment = moment
        self._look = look

    def request(
        self, method: str, url: str, *, body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> HTTPResponse:
        """Stand in for ``urllib3.PoolManager.request``."""
        self._moment()
        found = self._sent(method, url, body, headers or {})
        self._moment()
        if isinstance(found, HTTPError):
            raise found
        return found

    def clear(self) -> None:
        """Stand in for closing the connections."""

    def _sent(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> HTTPResponse | HTTPError:
        split = urlsplit(url)
        data = body if isinstance(body, bytes) else (body or "").encode()
        try:
            call = understood(method, f"{split.path}?{split.query}", headers.get("Content-Type", ""), data)
            told = self._look(call) if call.mutating else lambda _: None
            reply, fault = self._server.decide(OURS, call)
            told(reply.effect)
        except ApiError as refusal:
            return _response(refusal.code, refusal.status(), refusal.headers)
        return _response(reply.code, reply.body) if fault is None else self._lost(fault)

    def _lost(self, fault: Fault) -> HTTPError:
        if not str(fault.answer).startswith("hang"):
            return ProtocolError("Connection aborted.")
        self._clock.advance(NO_ANSWER_WITHIN)
        return HTTPError("Read timed out.")


def _response(code: int, body: Any, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    return HTTPResponse(body=text.encode(), status=code, headers=dict(headers or {}))
