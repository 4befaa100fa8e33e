"""When an alert would have fired, from the moments at which its condition held. Pure.

As Prometheus does it: pending from the first evaluation at which the condition holds, firing from the first that is at
least ``for`` later, over at the first at which it holds no more, or ``keep_firing_for`` after that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One time that an alert fires: from its first to its last evaluation, in seconds since 1970."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


def firings(times: Sequence[float], step: float, hold: float, keep: float = 0) -> Iterator[Firing]:
    """Yield each time that an alert fires.

    Args:
        times: the evaluations at which the condition held, ascending.
        step: seconds between two evaluations.
        hold: the alert's ``for``, in seconds.
        keep: its ``keep_firing_for``, in seconds.
    """
    current: Firing | None = None
    for first, last in _stretches(times, step):
        # While it is kept firing, a condition that comes back need not hold for long once more. That is counted from
        # the first evaluation at which the condition did not hold.
        if current is not None and keep and first - current.end - 2 * step < keep:
            current = Firing(start=current.start, end=last)
            continue
        if current is not None:
            yield current
            current = None
        if last - first >= hold:
            current = Firing(start=first + hold, end=last)
    if current is not None:
        yield current


def _stretches(times: Sequence[float], step: float) -> Iterator[tuple[float, float]]:
    """Yield the first and the last moment of each stretch without a gap."""
    first = last = None
    for time in times:
        if first is None or last is None:
            first = time
        elif time - last > step * 1.5:  # times are on a grid: a gap is two steps or more
            yield first, last
            first = time
        last = time
    if first is not None and last is not None:
        yield first, last
