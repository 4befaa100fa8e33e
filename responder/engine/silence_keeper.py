"""The ticks that keep one Alertmanager's silences: those of maintenance, and those of runs that have ended.

``silences.py`` and ``run_silences.py`` decide which.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.automation import current
from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import NotFoundError
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.run_silences import step_of, surplus
from firebrigade.responder.silences import Silencer, keep_silences
from firebrigade.responder.store.store import Store

AHEAD = timedelta(hours=24)
LATEST = 500  # incidents; a silence of an earlier one has ended by itself

_log = structlog.get_logger(__name__)


class SilenceKeeper:
    """Keeps the silences of one Alertmanager."""

    def __init__(self, windows: Sequence[MaintenanceWindow], alertmanager: Alertmanager, clock: Clock) -> None:
        self._windows = windows
        self._alertmanager = alertmanager
        self._clock = clock

    def tick(self) -> None:
        """Create what is missing and withdraw what is too much."""
        changes = keep_silences(self._windows, self._clock.now(), AHEAD, self._alertmanager)
        for key in changes.created:
            _log.info("silence_created", occurrence=key, alertmanager=self._alertmanager.url)
        for silence_id in changes.withdrawn:
            _log.info("silence_withdrawn", silence_id=silence_id, alertmanager=self._alertmanager.url)
        for name, reason in changes.refused.items():
            _log.error("silence_refused", silence=name, reason=reason, alertmanager=self._alertmanager.url)


class RunSilenceKeeper:
    """Ends the silences of runs that are over in one Alertmanager."""

    def __init__(self, store: Store, alertmanager: Silencer) -> None:
        self._store = store
        self._alertmanager = alertmanager

    def tick(self) -> None:
        """End what no run needs any more; asked only while there is such a silence.

        Raises:
            AlertmanagerError: Alertmanager can't be asked now; the next tick finds the rest.
        """
        silences = self._alertmanager.silences()
        if not any(step_of(silence) for silence in silences):
            return
        for silence in surplus(silences, self._over()):
            with suppress(NotFoundError):
                self._alertmanager.expire_silence(silence.id)
            _log.info("silence_withdrawn", silence_id=silence.id, step_id=step_of(silence))

    def _over(self) -> dict[str, bool]:
        """Return of the open incidents, and of the latest others, whether their runs are over."""
        latest = {incident.incident_key: True for incident in self._store.incidents(limit=LATEST)}
        open_ones = self._store.open_incidents()
        return latest | {one.incident_key: current(self._store.steps(one.id)) is None for one in open_ones}
