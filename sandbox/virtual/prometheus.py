"""Prometheus' instant query over HTTP, answered from samples of virtual time at the clock's time or an earlier one.

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

from datetime import UTC, datetime

from firebrigade.responder.clock import Clock
from sandbox.http_server import Answer, HttpServer, Request
from sandbox.virtual.promql import Evaluator, UnsupportedQueryError
from sandbox.virtual.series import Samples


class Prometheus(HttpServer):
    """A Prometheus of one world; use it with ``with``."""

    def __init__(self, samples: Samples, clock: Clock) -> None:
        super().__init__()
        self._evaluator = Evaluator(samples)
        self._clock = clock

    def answer(self, request: Request) -> Answer:
        """Answer a query; what is asked beyond that does not exist here."""
        if request.path != "/api/v1/query":
            return Answer(status=404, body="404 page not found")
        form, now = request.form(), self._clock.now()
        if "time" in form:
            now = datetime.fromtimestamp(float(form["time"]), tz=UTC)
        try:
            found = self._evaluator.evaluate(form.get("query", ""), now)
        except UnsupportedQueryError as error:
            return Answer(status=400, body={"status": "error", "errorType": "bad_data", "error": str(error)})
        result = [{"metric": dict(labels), "value": [now.timestamp(), str(value)]} for labels, value in found.items()]
        return Answer(body={"status": "success", "data": {"resultType": "vector", "result": result}})
