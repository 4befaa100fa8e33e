"""A storm of pages: when there is one, how loudly its own incident was heard, and until when it holds which incident.

Pure. ``engine/storm_watch.py`` opens and ends the storm's incident by it, ``stages/hold.py`` holds pages back by it;
what the storm's incident says is in ``storm_text.py``, and when it rings again in ``storm_rings.py``. What keeps the
machine from acting in a storm is another count, of incidents that want a runbook: ``restraints.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from firebrigade.receivers.contract import Reach
from firebrigade.responder.model import Delivery, DeliveryStatus, EscalationPolicy, Incident, IncidentStatus
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.responder.pages import PAGES

HEARD_WITHIN = timedelta(minutes=1)  # a receiver answers within 30 s, and the first retry comes a few seconds later


@dataclass(frozen=True, slots=True, kw_only=True)
class Storms:
    """When many incidents are a storm.

    Attributes:
        incidents: more than so many that page, since less than ``within``, and are still open, are one.
        holds_pages_for: how long pages are held back before somebody has to acknowledge the storm, and then after each
            acknowledgement; nothing: none ever are.
    """

    incidents: int = 10
    within: timedelta = timedelta(minutes=10)
    holds_pages_for: timedelta = timedelta()

    @property
    def calm(self) -> timedelta:
        """For how long it must not blow before a storm is over."""
        return self.within / 2

    @property
    def few(self) -> int:
        """No storm blows with so many: half as many as there may be without one."""
        return self.incidents // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StormIncident:
    """The storm's own incident, with the pages that were sent about it; ``seen_at`` is when it was still blowing."""

    incident: Incident
    deliveries: tuple[Delivery, ...]
    seen_at: datetime


def counts(incident: Incident) -> bool:
    """Return whether a routed incident pages somebody: open, not ours, not held back, and with a policy."""
    return incident.open and incident.source != SOURCE and not incident.suppressed_by and incident.policy is not None


def recent(storms: Storms, pages_from: datetime, now: datetime) -> bool:
    """Return whether an incident is of the window; what seems to come from the future is of a clock that went back."""
    return abs(now - pages_from) < storms.within


def held(storm: Incident, incident: Incident) -> bool:
    """Return whether an incident that nobody has acknowledged is held by a storm."""
    return incident.held_by == storm.id and incident.status is IncidentStatus.TRIGGERED


def part_of(storms: Storms, storm: StormIncident, incident: Incident) -> bool:
    """Return whether an incident pages since a storm began, or just before it, and nobody has acknowledged it."""
    return (
        counts(incident)
        and incident.status is IncidentStatus.TRIGGERED
        and incident.pages_from > storm.incident.opened_at - storms.within
    )


def heard(storm: StormIncident, reach: Mapping[str, Reach], now: datetime) -> Reach:
    """Return whom word of a storm has surely reached, or will within moments: for no more than that it speaks.

    That is the loudest of its receivers that have delivered. It is nobody where the storm's incident is in maintenance,
    pages nobody, or called its last level and nobody came.
    """
    incident = storm.incident
    if not incident.open or incident.suppressed_by:
        return Reach.NOBODY
    young = timedelta() <= now - incident.opened_at < HEARD_WITHIN
    if incident.routed_at is None:
        return max(Reach) if young else Reach.NOBODY
    nobody_came = incident.status is IncidentStatus.TRIGGERED and incident.level and incident.level_since is None
    if incident.policy is None or nobody_came:
        return Reach.NOBODY
    pages = [delivery for delivery in storm.deliveries if delivery.reason in PAGES]
    if not pages and young:
        return max(Reach)
    lost = {DeliveryStatus.FAILED, DeliveryStatus.SUPERSEDED}
    told = (one for one in pages if one.status is DeliveryStatus.DELIVERED or (young and one.status not in lost))
    return max((reach.get(one.receiver, Reach.NOBODY) for one in told), default=Reach.NOBODY)


def loudness(receivers: tuple[str, ...], policy: EscalationPolicy | None, reach: Mapping[str, Reach]) -> Reach:
    """Return whom an incident's receivers and the targets of its first level reach for sure."""
    targets = policy.steps[0].targets if policy and policy.steps else ()
    return max((reach.get(name, Reach.NOBODY) for name in (*receivers, *targets)), default=Reach.NOBODY)


def held_until(
    storms: Storms, storm: StormIncident, incident: Incident, reach: Mapping[str, Reach], now: datetime
) -> datetime | None:
    """Return until when a storm holds an incident at the latest; None: it does not.

    What an incident would do by itself is held only where the storm was heard as loudly.
    """
    if not storms.holds_pages_for or not part_of(storms, storm, incident):
        return None
    told = heard(storm, reach, now)
    if told is Reach.NOBODY or told < loudness(incident.receivers, incident.policy, reach):
        return None
    since, within = _term(storms, storm.incident, incident, now)
    # Never by a clock that went back to before that.
    return since + within if timedelta() <= now - since < within else None


def _term(storms: Storms, storm: Incident, incident: Incident, now: datetime) -> tuple[datetime, timedelta]:
    """Return since when and for how long: after an acknowledgement until nobody has answered the question after it.

    Without one, each incident has its own time, once, however many storms there are.
    """
    answer = time_to_answer(storm)
    if storm.acknowledged_at is not None:
        return storm.acknowledged_at, storms.holds_pages_for + answer
    if storm.asked_again_at is not None:
        return storm.asked_again_at, answer
    return incident.held_since or now, storms.holds_pages_for


def time_to_answer(storm: Incident) -> timedelta:
    """Return how long the first level of a storm's incident has to acknowledge it."""
    return storm.policy.steps[0].acknowledge_within if storm.policy and storm.policy.steps else timedelta()
