"""A PagerDuty to run against: the Events API v2, with what its service does with alerts.

Tests and the demo use it. ``python -m sandbox.pagerduty --port 8081`` runs it alone. It keeps alerts by routing key and
dedup key: a trigger joins the open alert of its key and rings nobody again, and opens a new one after a resolve.
Sources: https://developer.pagerduty.com/docs/events-api-v2-overview and .../send-alert-event

Faults match on ``event_action``, ``dedup_key`` and ``path``. ``GET /sandbox/incidents``, ``/sandbox/events`` and
``/sandbox/changes`` show what it keeps.
"""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sandbox.faults import Fault
from sandbox.http_server import Answer, HttpServer, Request, port_parser, run_alone
from sandbox.pagerduty_rules import problems_of_change, problems_of_event

ROUTING_KEY = "e93facc04764012d7bfb002500d5d1a6"  # the one of the vendor's documentation
EVENT_LIMIT_BYTES = 512 * 1024


@dataclass(slots=True, kw_only=True)
class Incident:
    """One alert, from its trigger to its resolve, with the incident that PagerDuty makes for it.

    Attributes:
        rings: how often people were notified: once when it opened, whatever followed.
        log: every event that reached it, oldest first.
    """

    routing_key: str
    dedup_key: str
    summary: str
    severity: str
    status: str = "triggered"
    rings: int = 1
    log: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what ``GET /sandbox/incidents`` shows; the routing key is a secret and stays out."""
        return {
            "dedup_key": self.dedup_key,
            "summary": self.summary,
            "severity": self.severity,
            "status": self.status,
            "rings": self.rings,
            "log": self.log,
        }


class PagerDuty(HttpServer):
    """The Events API v2 for the given routing keys; events with any other are accepted and lead to nothing.

    That is what PagerDuty does: the key is only looked up after the 202.
    """

    def __init__(self, port: int = 0, *, routing_keys: tuple[str, ...] = (ROUTING_KEY,)) -> None:
        super().__init__(port)
        self._routing_keys = routing_keys
        self._lock = threading.Lock()
        self.events: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.incidents: list[Incident] = []

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return self.address

    def answer(self, request: Request) -> Answer:
        """Answer as the Events API does."""
        if request.path not in {"/v2/enqueue", "/v2/change/enqueue"}:
            return Answer(status=404, body={"status": "not found", "message": "Not found", "errors": []})
        if request.method != "POST":
            return Answer(status=405, body={"status": "method not allowed", "message": "Use POST", "errors": []})
        if len(request.body) > EVENT_LIMIT_BYTES:
            return _invalid(["Event object exceeds the maximum size of 512 KB"])
        event = _json_object(request)
        if event is None:
            return Answer(status=400, body=_refusal("Unrecognized object", "Event object format is unrecognized"))
        return self._take_change(event) if request.path == "/v2/change/enqueue" else self._take_event(event)

    def facts(self, request: Request) -> dict[str, str]:
        """Add ``event_action`` and ``dedup_key``."""
        event = _json_object(request) or {}
        said = {name: str(event[name]) for name in ("event_action", "dedup_key") if name in event}
        return super().facts(request) | said

    def fault_answer(self, status: int, fault: Fault) -> Answer:
        """Return PagerDuty's words for 429; others are short."""
        if status == 429:
            words = ("throttle exceeded", "Requests for this service are arriving too quickly. Please retry later.")
            return Answer(status=status, body={"status": words[0], "message": words[1]})
        return Answer(status=status, body=_refusal("error", fault.error or f"status {status}"))

    def kept(self) -> dict[str, Any]:
        """Return incidents, events and change events."""
        with self._lock:
            return {
                "incidents": [incident.as_json() for incident in self.incidents],
                "events": [_without_key(event) for event in self.events],
                "changes": [_without_key(change) for change in self.changes],
            }

    def incident(self, dedup_key: str) -> Incident:
        """Return the latest incident of a dedup key; raises AssertionError when there is none."""
        with self._lock:
            found = [incident for incident in self.incidents if incident.dedup_key == dedup_key]
        if not found:
            raise AssertionError(f"PagerDuty has no incident {dedup_key!r}, only {self.rung()}")
        return found[-1]

    def rung(self) -> list[str]:
        """Return the dedup keys for which people were notified, in that order."""
        with self._lock:
            return [incident.dedup_key for incident in self.incidents for _ in range(incident.rings)]

    def open_keys(self) -> list[str]:
        """Return the dedup keys of the incidents that are not resolved."""
        with self._lock:
            return [incident.dedup_key for incident in self.incidents if incident.status != "resolved"]

    def _take_change(self, change: dict[str, Any]) -> Answer:
        problems = problems_of_change(change)
        if problems:
            return _invalid(problems)
        with self._lock:
            self.changes.append(change)
        return Answer(status=202, body={"status": "success", "message": "Change event processed"})

    def _take_event(self, event: dict[str, Any]) -> Answer:
        problems = problems_of_event(event)
        if problems:
            return _invalid(problems)
        event = {**event, "dedup_key": event.get("dedup_key") or uuid4().hex}
        with self._lock:
            self.events.append(event)
            if event["routing_key"] in self._routing_keys:
                self._apply(event)
        accepted = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return Answer(status=202, body=accepted)

    def _apply(self, event: dict[str, Any]) -> None:
        incident = self._open_incident(event)
        action = event["event_action"]
        if incident is None and action == "trigger":
            incident = _opened_by(event)
            self.incidents.append(incident)
        elif incident is not None and action != "trigger":
            incident.status = {"acknowledge": "acknowledged", "resolve": "resolved"}[action]
        if incident is not None:
            incident.log.append({"at": datetime.now(UTC).isoformat(), "event_action": action})

    def _open_incident(self, event: dict[str, Any]) -> Incident | None:
        identity = (event["routing_key"], event["dedup_key"])
        same = [incident for incident in self.incidents if (incident.routing_key, incident.dedup_key) == identity]
        return same[-1] if same and same[-1].status != "resolved" else None


def _opened_by(event: dict[str, Any]) -> Incident:
    payload = event["payload"]
    return Incident(
        routing_key=event["routing_key"],
        dedup_key=event["dedup_key"],
        summary=payload["summary"],
        severity=payload["severity"],
    )


def _json_object(request: Request) -> dict[str, Any] | None:
    try:
        event = request.json()
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _refusal(status: str, message: str) -> dict[str, Any]:
    return {"status": status, "message": message, "errors": ["JSON parse error"] if "format" in message else []}


def _invalid(problems: list[str]) -> Answer:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
    return Answer(status=400, body=body)


def _without_key(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "routing_key"}


def main() -> None:
    """Run it alone."""
    arguments = port_parser("PagerDuty's Events API v2, as a sandbox").parse_args()
    run_alone("PagerDuty", arguments.port, PagerDuty(arguments.port), lambda pagerduty: pagerduty.url)


if __name__ == "__main__":
    main()
