"""The memory of one pod's process: its counters and histograms, added up from the time that it started.

The fleet keeps one per pod and throws it away with the pod, as a process does. Between two looks the rates hold still,
so it does not matter how often it is looked at.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.fleet.series import Counter, Gauge, Histogram, Labels, Series, number_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line of an exposition."""

    name: str
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric with its lines; ``kind`` is the exposition's TYPE."""

    name: str
    kind: str
    samples: tuple[Sample, ...]


def merged(families: Iterable[Family]) -> list[Family]:
    """Return one family per metric: what several pods said, as one exporter says it."""
    found: dict[str, Family] = {}
    for family in families:
        before = found.get(family.name)
        found[family.name] = replace(family, samples=before.samples + family.samples) if before else family
    return list(found.values())


_Key = tuple[str, tuple[tuple[str, str], ...], float | None]


class Recorder:
    """Adds up what a pod does.

    Args:
        since: when its process started: the counters were 0 then.
    """

    def __init__(self, since: datetime) -> None:
        self._at = since
        self._totals: dict[_Key, float] = {}

    def advance(self, series: Sequence[Series], now: datetime) -> None:
        """Let the time up to ``now`` pass at these rates. A clock that went back adds nothing."""
        seconds = max((now - self._at).total_seconds(), 0)
        self._at = max(self._at, now)
        for one in series:
            if isinstance(one, Counter):
                self._add(one, None, one.per_second * seconds)
            elif isinstance(one, Histogram):
                for bound in one.bounds:
                    self._add(one, bound, one.per_second * seconds * one.spread.share_below(bound))
                self._add(one, math.inf, one.per_second * seconds)
                self._add(one, None, one.per_second * seconds * one.spread.mean)

    def count(self, counter: Counter, amount: float) -> None:
        """Add something that happened at once."""
        self._add(counter, None, amount)

    def families(self, series: Sequence[Series]) -> list[Family]:
        """Return what a scrape reads now, by metric in the order of ``series``."""
        grouped: dict[str, list[Series]] = {}
        for one in series:
            grouped.setdefault(one.name, []).append(one)
        return [self._family(name, members) for name, members in grouped.items()]

    def _add(self, one: Counter | Histogram, bound: float | None, amount: float) -> None:
        key = _key(one, bound)
        self._totals[key] = self._totals.get(key, 0.0) + amount

    def _total(self, one: Counter | Histogram, bound: float | None) -> float:
        return self._totals.get(_key(one, bound), 0.0)

    def _family(self, name: str, members: Sequence[Series]) -> Family:
        samples = [sample for member in members for sample in self._samples(member)]
        return Family(name=name, kind=type(members[0]).__name__.lower(), samples=tuple(samples))

    def _samples(self, one: Series) -> list[Sample]:
        if isinstance(one, Gauge):
            return [Sample(name=one.name, labels=one.labels, value=one.value)]
        if isinstance(one, Counter):
            # Requests come whole; seconds do not.
            total = one.counted_elsewhere + self._total(one, None)
            value = total if "seconds" in one.name else math.floor(total + _ROUNDING)
            return [Sample(name=one.name, labels=one.labels, value=value)]
        return self._histogram_samples(one)

    def _histogram_samples(self, one: Histogram) -> list[Sample]:
        buckets = [
            Sample(
                name=f"{one.name}_bucket",
                labels={**one.labels, "le": number_text(bound)},
                value=math.floor(self._total(one, bound) + _ROUNDING),
            )
            for bound in (*one.bounds, math.inf)
        ]
        count = Sample(name=f"{one.name}_count", labels=one.labels, value=buckets[-1].value)
        total = Sample(name=f"{one.name}_sum", labels=one.labels, value=self._total(one, None))
        return [*buckets, count, total]


# Ten tenths are one, whatever floating point makes of them.
_ROUNDING = 1e-6


def _key(one: Counter | Histogram, bound: float | None) -> _Key:
    return one.name, tuple(sorted(one.labels.items())), bound
