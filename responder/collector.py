"""The engine's metrics, counted from the rows at each scrape: what was told, done, left waiting, and is trusted.

``composition.py`` registers them beside the web's own metrics. A database that can't answer leaves these series out of
the scrape, and ``/-/ready`` says so.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.store.counting import WAITING_DELIVERIES, WAITING_STEPS
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel
from firebrigade.responder.trusting import Trusting

Counted = Mapping[tuple[str, str], int]
_log = structlog.get_logger(__name__)


class TrustCollector(Collector):
    """Says at each scrape where every runbook stands in each environment; nothing where trust is not configured.

    A set of states: one series for each level, 1 for the one that holds and 0 for the others, so that a level can be
    summed, and joined by its label, without anybody knowing numbers for levels.
    """

    def __init__(self, trusting: Trusting, registry: CollectorRegistry) -> None:
        self._trusting = trusting
        registry.register(self)

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering asks nothing of the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the levels; called by prometheus_client."""
        try:
            standings = self._trusting.standings()
        except StoreUnavailableError as error:
            _log.warning("metrics_incomplete", error=str(error))
            return
        family = GaugeMetricFamily(
            "firebrigade_trust_level",
            "Levels of trust: 1 for the one at which a runbook is.",
            labels=["runbook", "environment", "level"],
        )
        for one in standings:
            for level in TrustLevel:
                family.add_metric([one.runbook, one.environment, level.value], float(level is one.level))
        if standings:
            yield family


class StoreCollector(Collector):
    """Counts at each scrape."""

    def __init__(self, store: Store, clock: Clock, registry: CollectorRegistry) -> None:
        self._store = store
        self._clock = clock
        registry.register(self)

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering asks nothing of the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; called by prometheus_client."""
        try:
            counts = self._store.count()
        except StoreUnavailableError as error:
            _log.warning("metrics_incomplete", error=str(error))
            return
        incidents = GaugeMetricFamily("firebrigade_incidents", "Incidents by status.", labels=["status"])
        for status, number in counts.incidents.items():
            incidents.add_metric([status], number)
        yield incidents
        # A counter never falls: what still moves from one status to the next is a gauge.
        waiting, ended = _split(counts.deliveries, WAITING_DELIVERIES)
        yield _counter("deliveries", "Deliveries that are over, by receiver.", ["receiver", "status"], ended)
        yield _gauge("deliveries_waiting", "Deliveries that are not.", ["receiver", "status"], waiting)
        yield _counter("delivery_attempts", "Attempts to deliver, by receiver.", ["receiver"], counts.attempts)
        waiting, ended = _split(counts.steps, WAITING_STEPS)
        yield _counter("steps", "Runbook steps that are over, by action.", ["action", "status"], ended)
        yield _gauge("steps_waiting", "Runbook steps that are not.", ["action", "status"], waiting)
        due_at, now = counts.longest_due_at, self._clock.now()
        overdue = max((now - due_at).total_seconds(), 0.0) if due_at else 0.0
        yield GaugeMetricFamily("firebrigade_overdue_seconds", "How long the longest due work waits.", value=overdue)


def _split(counts: Counted, statuses: Collection[str]) -> tuple[Counted, Counted]:
    """Return the counts with one of some statuses, and the others."""
    chosen = {key: number for key, number in counts.items() if key[1] in statuses}
    return chosen, {key: number for key, number in counts.items() if key not in chosen}


def _gauge(name: str, documentation: str, labels: list[str], counts: Counted) -> Metric:
    family = GaugeMetricFamily(f"firebrigade_{name}", documentation, labels=labels)
    for values, number in counts.items():
        family.add_metric(list(values), number)
    return family


def _counter(name: str, documentation: str, labels: list[str], counts: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(f"firebrigade_{name}", documentation, labels=labels)
    for values, number in counts.items():
        family.add_metric([values] if isinstance(values, str) else list(values), number)
    return family
