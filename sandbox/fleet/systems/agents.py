"""One agent of the collective: each pod emits the series of its own ``agent_id``."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Histogram, Series, Spread

FAILED = 2
TASK_TYPES = ("analysis", "synthesis")
ERROR_TYPES = ("timeout", "internal")
_TASKS_PER_SECOND = 0.5
_DURATION_BOUNDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300)


def series(situation: Situation) -> Sequence[Series]:
    """Return what one agent says of itself. A failed agent is assigned nothing."""
    health = situation.conditions.agent_health
    works = 0.0 if health == FAILED else 1.0
    agent = {"agent_id": situation.pod.agent_id}
    return [
        Gauge(name="agents_health_status", value=health, labels=agent),
        Gauge(name="agents_utilization_ratio", value=_utilization(situation) * works, labels=agent),
        *(one for kind in TASK_TYPES for one in _tasks(situation, works, {**agent, "task_type": kind})),
        *(_failures(situation, works, {**agent, "error_type": kind}) for kind in ERROR_TYPES),
    ]


def _utilization(situation: Situation) -> float:
    return round(min(0.7 * situation.load * situation.conditions.traffic, 1.0), 3)


def _tasks(situation: Situation, works: float, labels: dict[str, str]) -> Sequence[Series]:
    rate = situation.rate(_TASKS_PER_SECOND) * works
    spread = Spread(median=situation.conditions.median_seconds(2.0))
    duration = "agents_task_duration_seconds"
    return [
        Counter(name="agents_tasks_assigned_total", per_second=rate, labels=labels),
        Histogram(name=duration, per_second=rate, spread=spread, bounds=_DURATION_BOUNDS, labels=labels),
    ]


def _failures(situation: Situation, works: float, labels: dict[str, str]) -> Series:
    assigned = situation.rate(_TASKS_PER_SECOND) * works * len(TASK_TYPES)
    failing = assigned * situation.conditions.error_share(0.0005) / len(ERROR_TYPES)
    return Counter(name="agents_failures_total", per_second=failing, labels=labels)
