"""The tick that keeps one Alertmanager's silences equal to the maintenance windows; ``silences.py`` decides which."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.clock import Clock
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.silences import keep_silences

AHEAD = timedelta(hours=24)

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
