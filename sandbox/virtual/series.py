"""Samples over virtual time, as Prometheus keeps them: what a scrape found, and that a series has ended.

https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Labels = tuple[tuple[str, str], ...]
LOOKBACK = timedelta(minutes=5)
KEPT = 200  # samples of one series: with a scrape each 15 seconds, more than half an hour


def labels_of(name: str, **labels: str) -> Labels:
    """Return a series' identity."""
    return (("__name__", name), *sorted(labels.items()))


@dataclass(slots=True)
class Series:
    """One series' samples, oldest first."""

    labels: Mapping[str, str]
    samples: deque[tuple[datetime, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    ended_at: datetime | None = None

    def latest(self, now: datetime) -> tuple[datetime, float] | None:
        """Return the latest sample of a moment; None where the series was over, or had not begun."""
        if self.ended_at is not None and self.ended_at <= now:
            return None
        return next((sample for sample in reversed(self.samples) if sample[0] <= now), None)


class Samples:
    """All series of one world."""

    def __init__(self) -> None:
        self._series: dict[Labels, Series] = {}

    def scrape(self, found: Mapping[Labels, float], now: datetime) -> None:
        """Keep what a scrape has found; a series that it has not found has ended."""
        for labels, series in self._series.items():
            series.ended_at = None if labels in found else series.ended_at or now
        for labels, value in found.items():
            self._series.setdefault(labels, Series(labels=dict(labels))).samples.append((now, value))

    def instant(self, meets: Callable[[Mapping[str, str]], bool], now: datetime) -> Iterator[tuple[Series, float]]:
        """Yield each series that is not over, with its latest value."""
        for series in self._series.values():
            latest = series.latest(now) if meets(series.labels) else None
            if latest is not None and latest[0] > now - LOOKBACK:
                yield series, latest[1]

    def ranges(
        self, meets: Callable[[Mapping[str, str]], bool], now: datetime, over: timedelta
    ) -> Iterator[tuple[Series, list[tuple[datetime, float]]]]:
        """Yield each series with its samples of the time before now, those that are over too."""
        for series in self._series.values():
            if meets(series.labels):
                samples = [sample for sample in series.samples if now - over < sample[0] <= now]
                if samples:
                    yield series, samples
