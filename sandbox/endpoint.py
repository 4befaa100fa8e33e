"""A service that takes requests with an idempotency key, as ``http_request`` sends them; tests use it.

``POST``, ``PUT`` and ``DELETE`` do their work once for a key: 202 the first time, then 200 with
``Idempotency-Replayed: true``. ``GET /runs/<key>`` answers 404 before, 202 while it is at work, and 200 afterwards.
``/elsewhere`` redirects to another host, ``/refused`` answers 422. Faults match on ``method`` and ``path``.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from firebrigade.responder.clock import Clock, SystemClock
from sandbox.http_server import Answer, HttpServer, Request

WORKS_FOR = timedelta(seconds=30)


class Endpoint(HttpServer):
    """The service.

    Attributes:
        stuck: what it begins is never done.
        requests: every request that was not a look, with its effect or not.
    """

    def __init__(self, port: int = 0, clock: Clock | None = None) -> None:
        super().__init__(port)
        self.stuck = False
        self.requests: list[Request] = []
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._begun: dict[str, datetime] = {}

    @property
    def effects(self) -> int:
        """How often it has begun to work."""
        return len(self._begun)

    def answer(self, request: Request) -> Answer:
        """Answer as the module says."""
        with self._lock:
            if request.method == "GET":
                return self._status(request.path.rpartition("/")[2])
            self.requests.append(request)
            if request.path == "/elsewhere":
                return Answer(status=307, headers={"Location": "http://169.254.169.254/"})
            if request.path == "/refused":
                return Answer(status=422, body="x" * 5_000)
            key = request.headers.get("idempotency-key", "")
            if key in self._begun:
                return Answer(headers={"Idempotency-Replayed": "true"})
            self._begun[key] = self._clock.now()
            return Answer(status=202)

    def kept(self) -> Mapping[str, Any]:
        """Return the keys by which it has begun to work."""
        return {"keys": sorted(self._begun)}

    def _status(self, key: str) -> Answer:
        begun = self._begun.get(key)
        if begun is None:
            return Answer(status=404)
        return Answer(status=202 if self.stuck or self._clock.now() < begun + WORKS_FOR else 200)
