"""What the demo tells: the timeline of its incident as it grows, and in the end the seconds between the steps.

Everything that it prints was read from Prometheus, from the responder's API and from the vendors' servers.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.installation import Installation

POLL_SECONDS = 0.25
QUIET_WITHIN_SECONDS = 60
SETTLED_AFTER = timedelta(seconds=2)  # several threads write the timeline, each with the time that it began at


class DemoError(Exception):
    """The main job did not come to its end; the message says where it stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the story."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(slots=True)
class Story:
    """Follows one incident from the fault to its end.

    Args:
        installation: where it happens.
        alertname: the alert that is waited for.
        patience_seconds: how long until the story is given up.
        tell: prints an event.
    """

    installation: Installation
    alertname: str
    patience_seconds: float
    tell: Callable[[Event], None]
    events: list[Event] = field(default_factory=list)

    def happen(self, what: str, detail: str = "", at: datetime | None = None) -> None:
        """Add an event to the story and tell it."""
        event = Event(at=at or datetime.now(UTC), what=what, detail=detail)
        self.events.append(event)
        self.tell(event)

    def wait_for_quiet(self) -> None:
        """Wait until Prometheus has scraped everything and nothing else can fire meanwhile, so that the fault is alone.

        Raises:
            DemoError: something else is wrong in the sandbox.
        """
        deadline = time.monotonic() + QUIET_WITHIN_SECONDS
        while True:
            scraped = self._query("count(up)") > 0 and self._query("min(up)") == 1
            noisy = noise(self._rules(), self.patience_seconds)
            if scraped and not noisy:
                return
            self._wait(deadline, f"everything is quiet ({', '.join(sorted(noisy)) or 'not everything is scraped'})")

    def follow(self) -> Mapping[str, Any]:
        """Tell everything until the incident is resolved and everybody knows, and return the incident.

        Raises:
            DemoError: it took too long.
        """
        deadline = time.monotonic() + self.patience_seconds
        self._until(deadline, "the rule is pending in Prometheus", lambda: "pending" in self._rule_states())
        self.happen("rule pending", f"{self.alertname}: the condition holds, `for: 1m` is running")
        self._until(deadline, "the rule fires", lambda: "firing" in self._rule_states())
        self.happen("rule fires", f"{self.alertname} in Prometheus")
        told = 0
        while True:
            found = self._incident()
            if found is not None:
                over = self._is_over(found)
                told += self._tell_timeline(found, told, datetime.now(UTC) - (timedelta() if over else SETTLED_AFTER))
                if over:
                    return found
            self._wait(deadline, "the repair is verified, the incident resolved and everybody told")

    def _tell_timeline(self, found: Mapping[str, Any], told: int, until: datetime) -> int:
        """Tell what happened until then and was not told yet, in the order of the times; return how much it was."""
        timeline = sorted(found["timeline"], key=lambda entry: datetime.fromisoformat(entry["at"]))
        new = [entry for entry in timeline[told:] if datetime.fromisoformat(entry["at"]) <= until]
        for entry in new:
            self.happen(entry["kind"].replace("_", " "), entry["detail"], datetime.fromisoformat(entry["at"]))
        return len(new)

    def _is_over(self, found: Mapping[str, Any]) -> bool:
        waiting = [one for one in found["deliveries"] if one["status"] in {"pending", "sending"}]
        verified = any(step["status"] == "verified" for step in found["steps"])
        resolved = found["incident"]["status"] == "resolved"
        return resolved and verified and not waiting and self._told_everybody(found)

    def _told_everybody(self, found: Mapping[str, Any]) -> bool:
        told = {one["receiver"] for one in found["deliveries"] if one["reason"] == "resolved"}
        return set(found["incident"]["receivers"]) <= told

    def _incident(self) -> Mapping[str, Any] | None:
        for incident in self.installation.get("/api/v1/incidents?limit=20")["incidents"]:
            if incident["labels"].get("alertname") == self.alertname:
                found: Mapping[str, Any] = self.installation.get(f"/api/v1/incidents/{incident['id']}")
                return found
        return None

    def _rule_states(self) -> set[str]:
        return {rule["state"] for rule in self._rules() if rule["name"] == self.alertname}

    def _rules(self) -> list[Mapping[str, Any]]:
        url = f"{self.installation.prometheus.url}/api/v1/rules"
        answer = requests.get(url, params={"type": "alert"}, timeout=10).json()
        return [rule for group in answer["data"]["groups"] for rule in group["rules"]]

    def _query(self, query: str) -> float:
        url = f"{self.installation.prometheus.url}/api/v1/query"
        result = requests.get(url, params={"query": query}, timeout=10).json()["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0

    def _until(self, deadline: float, what: str, holds: Callable[[], bool]) -> None:
        while not holds():
            self._wait(deadline, what)

    def _wait(self, deadline: float, what: str) -> None:
        if time.monotonic() > deadline:
            raise DemoError(f"gave up waiting until {what}")
        time.sleep(POLL_SECONDS)


def noise(rules: Iterable[Mapping[str, Any]], patience_seconds: float) -> set[str]:
    """Return the names of the alerts, the Watchdog apart, that fire or could fire before the patience is over.

    What was pending when Prometheus began, since nothing had been scraped yet, holds for longer than that: groups that
    are evaluated once a minute see only then that all is well.

    Args:
        rules: the alerting rules as Prometheus's ``/api/v1/rules`` gives them, ``duration`` being their ``for``.
        patience_seconds: for how long nothing else may fire.
    """
    return {
        rule["name"]
        for rule in rules
        if rule["state"] == "firing" or (rule["state"] == "pending" and rule["duration"] <= patience_seconds)
    } - {"Watchdog"}


MILESTONES = (
    ("fault on", "rule pending", "the condition holds at the next scrape and evaluation"),
    ("rule pending", "rule fires", "the rule's `for`"),
    ("rule fires", "opened", "Alertmanager's group_wait, the webhook, the commit"),
    ("opened", "notified", "the first receiver has it"),
    ("opened", "planned", "the runbook's first step is planned"),
    ("planned", "applied", "the change is made"),
    ("applied", "verified", "Kubernetes and Prometheus say that it helped"),
    ("applied", "resolved", "Prometheus sees it, Alertmanager says so (group_interval)"),
    ("fault on", "resolved", "from the fault to the end"),
)


def summary(events: list[Event]) -> Iterator[tuple[float, str, str]]:
    """Yield the seconds between the milestones: seconds, from → to, what passes in between.

    Raises:
        DemoError: a milestone is missing: the main job was not done.
    """
    first: dict[str, datetime] = {}
    for event in events:
        first.setdefault(event.what, event.at)
    missing = sorted({name for pair in MILESTONES for name in pair[:2]} - first.keys())
    if missing:
        raise DemoError(f"the timeline has no {', no '.join(missing)}")
    for start, end, meaning in MILESTONES:
        yield (first[end] - first[start]).total_seconds(), f"{start} → {end}", meaning
