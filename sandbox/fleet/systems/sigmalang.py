"""sigmalang: semantic compression."""

from collections.abc import Sequence

from sandbox.fleet.conditions import Conditions, Situation
from sandbox.fleet.series import Histogram, Series, Spread, outcomes

RATIO_BOUNDS = (5, 10, 15, 20, 25, 30, 50)
DURATION_BOUNDS = (0.001, 0.01, 0.1, 1, 10)
SIZE_BOUNDS = (1e3, 1e4, 1e5, 1e6, 1e7)
_REQUESTS_PER_SECOND = 3.0
_RATIO = Spread(median=20, sigma=0.3)
_ORIGINAL_BYTES = Spread(median=2e5, sigma=0.8)


def series(situation: Situation) -> Sequence[Series]:
    """Return what one pod of sigmalang says of itself."""
    rate = situation.rate(_REQUESTS_PER_SECOND)
    failures = {"error": situation.conditions.error_share(0.0005)}
    return [
        *outcomes("sigmalang_compression_requests_total", rate, failures, "success"),
        *outcomes("sigmalang_decompression_requests_total", rate / 2, failures, "success"),
        *measures("sigmalang", rate, situation.conditions),
    ]


def measures(prefix: str, rate: float, conditions: Conditions) -> Sequence[Series]:
    """Return the histograms of compression, as the service or as its caller measures them.

    Args:
        prefix: how the metrics' names begin.
        rate: compressions per second.
        conditions: of the service.
    """
    duration = Spread(median=conditions.median_seconds(0.02))
    compressed = Spread(median=_ORIGINAL_BYTES.median / _RATIO.median, sigma=_ORIGINAL_BYTES.sigma)
    kinds = (
        ("compression_ratio", _RATIO, RATIO_BOUNDS),
        ("compression_duration_seconds", duration, DURATION_BOUNDS),
        ("original_size_bytes", _ORIGINAL_BYTES, SIZE_BOUNDS),
        ("compressed_size_bytes", compressed, SIZE_BOUNDS),
    )
    return [
        Histogram(name=f"{prefix}_{name}", per_second=rate, spread=spread, bounds=bounds)
        for name, spread, bounds in kinds
    ]
