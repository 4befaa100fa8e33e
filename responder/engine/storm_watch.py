"""The look that notices a storm of pages before its incidents are advanced, and that it is over.

The sweep calls it. A storm is recorded as an alert of our own, so that it is routed, told, acknowledged and escalated
as any other incident; there is one at a time, whoever looks and however often. What it holds back is decided by
``stages/hold.py``, incident by incident; this only sees to it that they are looked at again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from firebrigade.receivers.contract import Reach
from firebrigade.responder import storms
from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import Clock
from firebrigade.responder.model import AlertStatus, Incident, IncidentAlert, IncidentStatus
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.responder.stages.suppress import suppression_of
from firebrigade.responder.store.store import Store
from firebrigade.responder.storm_rings import lasts, ring_again
from firebrigade.responder.storm_text import alert
from firebrigade.responder.storms import StormIncident

SAY_AGAIN_AFTER = timedelta(seconds=30)  # how old what a storm's incident says may be while it grows

_log = structlog.get_logger(__name__)


class StormWatch:
    """Watches how many incidents page.

    Args:
        store: the incidents.
        lookup: the configuration, for incidents that were not routed yet.
        clock: tells the time.
    """

    def __init__(self, store: Store, lookup: Lookup, clock: Clock) -> None:
        self._store = store
        self._lookup = lookup
        self._clock = clock

    def look(self, due: Collection[int]) -> tuple[int, ...]:
        """Begin a storm, follow it or end it, and have what it no longer holds looked at.

        Args:
            due: the incidents that are about to be advanced; only they can make a storm.

        Returns:
            The storm's own incident if it is to be advanced, before any other.
        """
        now = self._clock.now()
        latest = self._store.storms.latest()
        if latest is not None and latest.incident.open:
            self._ask_again(latest.incident, now)
            self._follow(latest, now)
        elif due and self._lookup.storms.holds_pages_for:
            self._begin(latest, due, now)
        if latest is None or storms.heard(latest, self._lookup.reach, now) is Reach.NOBODY:
            self._store.storms.let_go(now)
        first = self._store.storms.due(now)
        return () if first is None else (first,)

    def _begin(self, before: StormIncident | None, due: Collection[int], now: datetime) -> None:
        settings = self._lookup.storms
        # What an earlier storm was about makes no new one, or its end would begin it.
        ended_at = before.incident.resolved_at if before is not None else None
        since = max(now - settings.within, ended_at or now - settings.within)
        found = [one for one in self._store.storms.paging_since(since, due) if one.source != SOURCE]
        paging = [one for one in found if _settled(one) and self._recent(one, now) and one.pages_from >= since]
        about_to = [one for one in found if not _settled(one) and one.id in due]
        if len(paging) + len(about_to) <= settings.incidents:
            return
        alerts = self._store.storms.alerts([one.id for one in about_to])
        paging = [one for one in paging if storms.counts(one) and one.pages_from != ended_at]
        paging += [one for one in about_to if self._would_page(one, alerts[one.id], now)]
        if len(paging) > settings.incidents:
            self._store.storms.tell(alert(settings, paging, now).group(AlertStatus.FIRING, now), now)
            # What has paged before there were too many is looked at now, not when it would escalate.
            self._store.storms.make_due([one.id for one in paging], now)
            _log.warning("storm_begun", incidents=len(paging))

    def _ask_again(self, storm: Incident, now: datetime) -> None:
        settings = self._lookup.storms
        if lasts(settings, storm, now) and self._store.storms.holds_any(storm.id):
            self._store.decide(storm.id, now, lambda case: ring_again(case, settings))
            _log.warning("storm_asks_again", incident_id=storm.id)

    def _follow(self, storm: StormIncident, now: datetime) -> None:
        settings, own = self._lookup.storms, storm.incident
        said_lately = timedelta() <= now - storm.seen_at < SAY_AGAIN_AFTER
        changed = own.next_due_at is not None and own.next_due_at <= now
        if settings.holds_pages_for and said_lately and not changed:
            return  # there can be thousands of incidents to count
        since = min(now, own.opened_at) - settings.within
        found = self._store.storms.paging_since(since, held_by=own.id)
        self._look_again(storm, found, now, anew=changed)
        found = [one for one in found if storms.counts(one)]
        self._tell(storm, [one for one in found if self._recent(one, now) or storms.held(own, one)], now)

    def _tell(self, storm: StormIncident, found: Sequence[Incident], now: datetime) -> None:
        settings, own = self._lookup.storms, storm.incident
        counted = sum(self._recent(one, now) for one in found), sum(storms.held(own, one) for one in found)
        blowing = max(counted) > settings.few
        ahead = storm.seen_at > now  # the clock went back: it is seen by the new time
        said = alert(settings, found, own.opened_at, own)
        if not settings.holds_pages_for or (not blowing and not ahead and now - storm.seen_at >= settings.calm):
            over = replace(said, annotations=own.annotations)
            self._store.storms.tell(over.group(AlertStatus.RESOLVED, now), now)
            _log.info("storm_over", incident_id=own.id)
        elif ahead or (blowing and now - storm.seen_at >= SAY_AGAIN_AFTER):
            self._store.storms.tell(said.group(AlertStatus.FIRING, now), now)

    def _look_again(self, storm: StormIncident, found: Sequence[Incident], now: datetime, *, anew: bool) -> None:
        """Have looked at what the storm does not hold any more, and after a change at what it holds anew."""
        settings, reach, own = self._lookup.storms, self._lookup.reach, storm.incident
        wanted = [one for one in found if storms.held(own, one) or (anew and one.held_by != own.id)]
        holds = {one.id: storms.held_until(settings, storm, one, reach, now) is not None for one in wanted}
        other = [one.id for one in wanted if holds[one.id] is not storms.held(own, one)]
        self._store.storms.make_due(other, now)

    def _recent(self, incident: Incident, now: datetime) -> bool:
        return storms.recent(self._lookup.storms, incident.pages_from, now)

    def _would_page(self, incident: Incident, alerts: Sequence[IncidentAlert], now: datetime) -> bool:
        """Whether an incident that is new, or was kept quiet, pages somebody as soon as it is looked at."""
        quiet = suppression_of(incident, alerts, self._lookup, now) is not None
        if quiet or incident.status is not IncidentStatus.TRIGGERED:
            return False
        if incident.routed_at is not None:
            return incident.policy is not None
        found = self._lookup.route({**incident.labels, "severity": incident.severity})
        return found is not None and found.policy in self._lookup.policies


def _settled(incident: Incident) -> bool:
    """Whether it was looked at, and is not kept quiet: what it would do by itself is known."""
    return incident.routed_at is not None and not incident.suppressed_by
