"""The series of burns.yaml as promtool's input: which events each one counts, through stretches of time.

``burncases.py`` calls ``series``. It knows no SLO and no alert.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

EVENTS = 1_000_000  # a minute: enough that a share of a share of 99.99 % is a whole number

_Counts = Literal["good", "bad", "all", "none", "half of the bad", "all but half of the bad"]
_COUNTED: Mapping[str, Callable[[int, int], int]] = {
    "good": lambda total, bad: total - bad,
    "bad": lambda _, bad: bad,
    "all": lambda total, _: total,
    "none": lambda _total, _bad: 0,
    "half of the bad": lambda _, bad: bad // 2,
    "all but half of the bad": lambda total, bad: total - bad // 2,
}


class Counting(BaseModel):
    """A series, and the events that it counts; a gauge says how many there are now instead of counting them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    series: str
    counts: _Counts
    gauge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some minutes with the same traffic.

    Attributes:
        minutes: how long.
        total, bad: events a minute, and bad ones of them.
        gone: nothing is scraped.
        restarted: the counters begin at 0 again.
    """

    minutes: int
    total: int = EVENTS
    bad: int = 0
    gone: bool = False
    restarted: bool = False


def series(counted: Sequence[Counting], stretches: Sequence[Stretch]) -> list[Mapping[str, str]]:
    """Return each series with its values, one a minute, from minute 0 to the end of the last stretch."""
    return [{"series": one.series, "values": _values(one, stretches)} for one in counted]


def _values(counting: Counting, stretches: Sequence[Stretch]) -> str:
    written: list[str] = []
    value = 0
    for number, stretch in enumerate(stretches):
        step = 0 if stretch.gone else _COUNTED[counting.counts](stretch.total, stretch.bad)
        if counting.gauge or stretch.restarted:
            value = 0
        if number == 0:
            written.append(str(step if counting.gauge else 0))
        written.append(_written(counting, stretch, value, step))
        value += step * stretch.minutes
    return " ".join(written)


def _written(counting: Counting, stretch: Stretch, value: int, step: int) -> str:
    more = stretch.minutes - 1
    if stretch.gone:
        return f"stale _x{more}"
    return f"{step}+0x{more}" if counting.gauge else f"{value + step}+{step}x{more}"
