"""The look that notices a storm of pages before its incidents are advanced, and that it is over.

The sweep calls it. A storm is recorded as an alert of our own, so that it is routed, told, acknowledged and escalated
as any other incident; there is one at a time, whoever looks and however often. What it holds back is decided by
``stages/hold.py``, incident by incident; this only sees to it that they are looked at again.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from firebrigade.responder import storms
from firebrigade.responder.case import Case, Lookup
from firebrigade.responder.clock import Clock
from firebrigade.responder.model import AlertStatus, Incident
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.responder.stages.suppress import suppression
from firebrigade.responder.store.store import Store
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

    def look(self, due: Collection[int]) -> None:
        """Begin a storm, follow it or end it, and have what it no longer holds looked at.

        Args:
            due: the incidents that are about to be advanced; only they can make a storm.
        """
        now = self._clock.now()
        latest = self._store.storms.latest()
        if latest is not None and latest.incident.open:
            self._follow(latest, now)
        elif due and self._lookup.storms.holds_pages_for:
            self._begin(latest, due, now)
        if latest is None or not storms.heard(latest, self._lookup.reach, now):
            self._store.storms.let_go(now)

    def _begin(self, before: StormIncident | None, due: Collection[int], now: datetime) -> None:
        limit = self._lookup.storms.incidents
        # What an earlier storm was about makes no new one, or its end would begin it.
        ended_at = before.incident.resolved_at if before is not None else None
        recent = [one for one in self._recent(now, ended_at) if ended_at is None or one.opened_at > ended_at]
        found = [one for one in recent if one.routed_at is not None and storms.counts(one)]
        fresh = (one for one in recent if one.routed_at is None and one.id in due)
        found += [one for one in fresh if self._store.storms.ask(one.id, now, self._would_page)]
        if len(found) > limit:
            self._store.storms.tell(storms.alert(self._lookup.storms, found, now).group(AlertStatus.FIRING, now), now)
            _log.warning("storm_begun", incidents=len(found))

    def _follow(self, storm: StormIncident, now: datetime) -> None:
        settings = self._lookup.storms
        if settings.holds_pages_for and timedelta() <= now - storm.seen_at < SAY_AGAIN_AFTER:
            return  # there can be thousands of incidents to count
        found = [one for one in self._recent(now) if storms.counts(one)]
        alert = storms.alert(settings, found, storm.incident.opened_at)
        blowing = len(found) > settings.incidents // 2
        ahead = storm.seen_at > now  # the clock went back: it is seen by the new time
        if not settings.holds_pages_for or (not blowing and not ahead and now - storm.seen_at >= settings.calm):
            over = replace(alert, annotations=storm.incident.annotations)
            self._store.storms.tell(over.group(AlertStatus.RESOLVED, now), now)
            _log.info("storm_over", incident_id=storm.incident.id)
        elif ahead or (blowing and now - storm.seen_at >= SAY_AGAIN_AFTER):
            self._store.storms.tell(alert.group(AlertStatus.FIRING, now), now)

    def _recent(self, now: datetime, not_before: datetime | None = None) -> list[Incident]:
        settings = self._lookup.storms
        since = now - settings.within
        opened = self._store.storms.opened_since(max(since, not_before or since))
        return [one for one in opened if one.source != SOURCE and storms.recent(settings, one.opened_at, now)]

    def _would_page(self, case: Case) -> bool:
        """Whether an incident that is new pages somebody as soon as it is routed."""
        if not case.incident.open or suppression(case, self._lookup) is not None:
            return False
        found = self._lookup.route({**case.incident.labels, "severity": case.incident.severity})
        return found is not None and found.policy in self._lookup.policies
