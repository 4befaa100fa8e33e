"""The reconciler: a tick that compares open incidents with Alertmanager, and asks it for what webhooks left out."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.clock import Clock
from firebrigade.responder.conclusion import Conclusion, conclude
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.model import Incident
from firebrigade.responder.reconcile import ReconcilePolicy, View, look, reconcile
from firebrigade.responder.store.store import Store
from firebrigade.responder.truncation import complete_group

_log = structlog.get_logger(__name__)


class Reconciler:
    """Compares.

    Args:
        store: the incidents.
        alertmanagers: by the source that their webhooks name; one that is missing can't be asked.
        policy: when absence is proof; its heartbeat counts only once one has come, since not everybody sends one.
        interval: how often it ticks.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        alertmanagers: Mapping[str, Alertmanager],
        policy: ReconcilePolicy,
        interval: timedelta,
        clock: Clock,
    ) -> None:
        self._store = store
        self._alertmanagers = alertmanagers
        self._policy = policy
        self._interval = interval
        self._clock = clock

    def tick(self) -> None:
        """Compare every open incident with the Alertmanager of its source."""
        by_source: dict[str, list[Incident]] = defaultdict(list)
        for incident in self._store.open_incidents():
            by_source[incident.source].append(incident)
        for source, incidents in by_source.items():
            self._compare(source, incidents)

    def _compare(self, source: str, incidents: list[Incident]) -> None:
        alertmanager = self._alertmanagers.get(source)
        asked_at = self._clock.now()
        views = look([alertmanager], asked_at) if alertmanager is not None else ()
        for view in views:
            if view.failure:
                _log.warning("reconcile_delayed", source=source, error=view.failure)
        for incident in incidents:
            if incident.incomplete and alertmanager is not None:
                self._complete(incident, alertmanager)
            self._conclude(incident.id, views, asked_at)

    def _conclude(self, incident_id: int, views: tuple[View, ...], asked_at: datetime) -> None:
        policy = self._policy if self._store.heartbeats() else replace(self._policy, heartbeat=())
        conclusion = self._store.reconcile(
            incident_id,
            asked_at,
            lambda case: (
                conclude(case, reconcile(case.alerts, views, policy, asked_at), 2 * self._interval, policy.expire_after)
                if case.incident.open
                else Conclusion()
            ),
        )
        for entry in conclusion.entries:
            _log.info("reconciled", incident_id=incident_id, kind=entry.kind, detail=entry.detail)

    def _complete(self, incident: Incident, alertmanager: Alertmanager) -> None:
        for group in self._store.groups(incident.id):
            try:
                completion = complete_group(group, alertmanager)
            except AlertmanagerError as error:
                _log.warning("group_incomplete", incident_id=incident.id, error=str(error))
                return
            self._store.complete(incident.id, completion.alerts, self._clock.now())
