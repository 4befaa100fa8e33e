"""A storm of pages: when there is one, what its own incident says, and whether that incident was heard.

Pure. ``engine/storm_watch.py`` opens and ends the storm's incident by it, ``stages/hold.py`` holds pages back by it.
What keeps the machine from acting in a storm is another count, of incidents that want a runbook: ``restraints.py``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firebrigade.receivers.contract import Reach, Reason
from firebrigade.responder.durations import format_duration
from firebrigade.responder.model import Delivery, DeliveryStatus, Incident, IncidentStatus
from firebrigade.responder.own_alerts import INCIDENT_STORM, SOURCE, OwnAlert

HEARD_WITHIN = timedelta(minutes=1)  # a receiver answers within 30 s, and the first retry comes a few seconds later
NAMES_SHOWN = 5
IDS_SHOWN = 20
NAME_LENGTH = 60
_PAGES = {Reason.TRIGGERED, Reason.ESCALATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storms:
    """When many incidents are a storm.

    Attributes:
        incidents: more than so many that page, opened within ``within`` and still open, are one.
        holds_pages_for: how long an incident's own pages are held back at most, altogether; nothing: none ever are.
    """

    incidents: int = 10
    within: timedelta = timedelta(minutes=10)
    holds_pages_for: timedelta = timedelta()

    @property
    def calm(self) -> timedelta:
        """For how long there must be half as many at most before a storm is over."""
        return self.within / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StormIncident:
    """The storm's own incident, with what was sent about it; ``seen_at`` is when it was still blowing."""

    incident: Incident
    deliveries: tuple[Delivery, ...]
    seen_at: datetime


def counts(incident: Incident) -> bool:
    """Return whether a routed incident pages somebody: open, not ours, not held back, and with a policy."""
    return incident.open and incident.source != SOURCE and not incident.suppressed_by and incident.policy is not None


def recent(storms: Storms, opened_at: datetime, now: datetime) -> bool:
    """Return whether an incident is of the window; what seems to come from the future is of a clock that went back."""
    return abs(now - opened_at) < storms.within


def part_of(storms: Storms, storm: StormIncident, incident: Incident) -> bool:
    """Return whether an incident was opened in a storm, or just before it; who has to be paged by now, and is not."""
    return (
        counts(incident)
        and incident.status is IncidentStatus.TRIGGERED
        and incident.opened_at > storm.incident.opened_at - storms.within
    )


def heard(storm: StormIncident, reach: Mapping[str, Reach], now: datetime) -> bool:
    """Return whether somebody surely knows of a storm, or will within moments: then it speaks for its incidents.

    Heard is what the loudest of its receivers have delivered. It is not, where it is in maintenance, pages nobody, or
    called its last level and nobody came.
    """
    incident = storm.incident
    if not incident.open or incident.suppressed_by:
        return False
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return True
    young = timedelta() <= now - incident.opened_at < HEARD_WITHIN
    if incident.routed_at is None:
        return young
    if incident.policy is None or (incident.level and incident.level_since is None):
        return False
    pages = [delivery for delivery in storm.deliveries if delivery.reason in _PAGES]
    if not pages:
        return young
    loudest = max(_reach(delivery, reach) for delivery in pages)
    loud = [delivery.status for delivery in pages if _reach(delivery, reach) == loudest]
    if loudest is Reach.NOBODY or all(status is DeliveryStatus.FAILED for status in loud):
        return False
    return young or DeliveryStatus.DELIVERED in loud


def alert(storms: Storms, incidents: Sequence[Incident], since: datetime) -> OwnAlert:
    """Return the storm's own alert: how many, which, and what becomes of their pages."""
    names = Counter(_name(incident) for incident in incidents).most_common()
    shown = ", ".join(f"{name} {count}" for name, count in names[:NAMES_SHOWN])
    ids = [str(incident.id) for incident in incidents]
    text = (
        f"One cause is behind them: look for it. Incidents {_some(ids)}. While this one is open, their own pages and "
        f"escalations are held back, each for at most {format_duration(storms.holds_pages_for)}; resolve it to have "
        "them page by themselves."
    )
    rest = sum(count for _, count in names[NAMES_SHOWN:])
    summary = f"{len(incidents)} incidents opened within {format_duration(storms.within)}: {shown}"
    return OwnAlert(
        name=INCIDENT_STORM,
        key=INCIDENT_STORM,
        labels={},
        annotations={"summary": f"{summary}, and {rest} more" if rest else summary, "description": text},
        starts_at=since,
    )


def _name(incident: Incident) -> str:
    return (incident.labels.get("alertname") or incident.title)[:NAME_LENGTH]


def _some(ids: Sequence[str]) -> str:
    more = len(ids) - IDS_SHOWN
    return ", ".join(ids[:IDS_SHOWN]) + (f", and {more} more" if more > 0 else "")


def _reach(delivery: Delivery, reach: Mapping[str, Reach]) -> Reach:
    return reach.get(delivery.receiver, Reach.NOBODY)
