"""What a system says of itself at one moment: how fast its counters grow, how its observations are spread, its gauges.

The systems (``systems/``) make these, ``recorder.py`` adds them up over time, ``exposition.py`` writes them. Pure data.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.utils import floatToGoString

Labels = Mapping[str, str]


def number_text(value: float) -> str:
    """Return a number as prometheus_client writes it: ``5.0``, ``1e+06``, ``+Inf``."""
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A log-normal distribution of observations, the shape that latencies and sizes have.

    Attributes:
        median: in the observations' unit; half of them are below.
        sigma: the standard deviation of the logarithm: 0.5 is narrow, 1 wide.
    """

    median: float
    sigma: float = 0.5

    def share_below(self, bound: float) -> float:
        """Return the share of observations up to ``bound``, from 0 to 1."""
        return 0.5 * (1 + math.erf((math.log(bound) - math.log(self.median)) / (self.sigma * math.sqrt(2))))

    @property
    def mean(self) -> float:
        """The mean, which is above the median."""
        return self.median * math.exp(self.sigma**2 / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter that grows by ``per_second``, on top of what somebody else counted."""

    name: str
    per_second: float
    labels: Labels = field(default_factory=dict)
    counted_elsewhere: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A gauge as it stands now."""

    name: str
    value: float
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """A histogram that gets ``per_second`` observations; ``bounds`` without the infinite one."""

    name: str
    per_second: float
    spread: Spread
    bounds: tuple[float, ...]
    labels: Labels = field(default_factory=dict)


Series = Counter | Gauge | Histogram


def outcomes(
    name: str, per_second: float, failures: Mapping[str, float], good: str, label: str = "status", **labels: str
) -> list[Counter]:
    """Return one counter per outcome of the same requests.

    Args:
        name: the metric.
        per_second: all requests together.
        failures: the share of each bad outcome, from 0 to 1.
        good: what the rest is called.
        label: the label that tells the outcomes apart.
        labels: the labels that they share.
    """
    shares = {good: 1 - sum(failures.values()), **failures}
    return [
        Counter(name=name, per_second=per_second * share, labels={**labels, label: outcome})
        for outcome, share in shares.items()
    ]
