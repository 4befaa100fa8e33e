"""sigmavault: encrypted storage."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Conditions, Situation
from sandbox.fleet.series import Gauge, Histogram, Series, Spread, outcomes

OPERATIONS = {"store": 0.3, "retrieve": 0.6, "delete": 0.1}  # their shares
DURATION_BOUNDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10)
ENCRYPTION_BOUNDS = (0.001, 0.01, 0.1, 1)
_OPERATIONS_PER_SECOND = 5.0


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of sigmavault says of itself."""
    rate = situation.rate(_OPERATIONS_PER_SECOND)
    snapshots = situation.rate(0.02)
    return [
        *operations("sigmavault", rate, situation.conditions),
        *stock("sigmavault"),
        Gauge(name="sigmavault_capacity_bytes", value=2e12),
        *outcomes("sigmavault_snapshot_operations_total", snapshots, {"error": 0.0}, "success"),
    ]


def operations(prefix: str, rate: float, conditions: Conditions) -> Sequence[Series]:
    """Return the counters and times of operations, as the service or as its caller measures them.

    Args:
        prefix: how the metrics' names begin.
        rate: operations per second, of all kinds together.
        conditions: of the service.
    """
    made: list[Series] = []
    for operation, share in OPERATIONS.items():
        # The objective is four nines: what is normal stays a tenth of the budget.
        failures = {"error": conditions.error_share(0.00001, operation)}
        made += outcomes(f"{prefix}_operations_total", rate * share, failures, "success", operation=operation)
        duration = Spread(median=conditions.median_seconds(0.012, operation))
        made.append(_duration(f"{prefix}_operation_duration_seconds", rate * share, duration, operation))
    encryption = Spread(median=0.003)
    made.append(
        Histogram(
            name=f"{prefix}_encryption_duration_seconds",
            per_second=rate * OPERATIONS["store"],
            spread=encryption,
            bounds=ENCRYPTION_BOUNDS,
        )
    )
    return made


def stock(prefix: str) -> Sequence[Series]:
    """Return how much is stored. Both are gauges, whatever their names end with."""
    return [
        Gauge(name=f"{prefix}_storage_bytes_total", value=8e11),
        Gauge(name=f"{prefix}_objects_total", value=4_200_000),
    ]


def _duration(name: str, rate: float, spread: Spread, operation: str) -> Histogram:
    labels = {"operation": operation}
    return Histogram(name=name, per_second=rate, spread=spread, bounds=DURATION_BOUNDS, labels=labels)
