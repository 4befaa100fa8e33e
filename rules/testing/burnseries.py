"""The series of burns.yaml as promtool's input: which events each one counts, through stretches of time.

``burncases.py`` calls ``series``. It knows no SLO and no alert.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

EVENTS = 1_000_000  # a minute: enough that a share of a share of 99.99 % is a whole number
_FLOOD = 7 * EVENTS  # of what must not be counted

_POD, _SERVICE = re.compile(r'\bpod="(?P<name>[^"]*)"'), re.compile(r'\bservice="[^"]*"')
_Counts = Literal["good", "bad", "all", "none", "half of the bad", "all but half of the bad", "something else"]
_COUNTED: Mapping[str, Callable[[int, int], int]] = {
    "good": lambda total, bad: total - bad,
    "bad": lambda _, bad: bad,
    "all": lambda total, _: total,
    "none": lambda _total, _bad: 0,
    "half of the bad": lambda _, bad: bad // 2,
    "all but half of the bad": lambda total, bad: total - bad // 2,
    "something else": lambda _total, _bad: _FLOOD,
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
    """Return each series with its values, one a minute, from minute 0 to the end of the last stretch.

    The events are those of two pods, so that a maximum is no sum. Another service has series of the same name and seven
    times as many events: a query that does not say whose events it counts is far off.
    """
    minutes = sum(stretch.minutes for stretch in stretches)
    return [written for one in counted for written in (*_of_pods(one, stretches), *_of_others(one, minutes))]


def _of_pods(one: Counting, stretches: Sequence[Stretch]) -> Iterator[Mapping[str, str]]:
    if not (pod := _POD.search(one.series)):
        yield _written_series(one.series, _values(one, stretches))
        return
    for name, half in (("1", _smaller), ("2", _larger)):
        own = f'pod="{pod["name"]}-{name}"'
        yield _written_series(one.series.replace(pod[0], own), _values(one, stretches, half))


def _of_others(one: Counting, minutes: int) -> Iterator[Mapping[str, str]]:
    if service := _SERVICE.search(one.series):
        yield _written_series(one.series.replace(service[0], 'service="another"'), f"0+{_FLOOD}x{minutes}")


def _written_series(name: str, values: str) -> Mapping[str, str]:
    return {"series": name, "values": values}


def _smaller(events: int) -> int:
    return events // 3


def _larger(events: int) -> int:
    return events - events // 3


def _values(counting: Counting, stretches: Sequence[Stretch], part: Callable[[int], int] = int) -> str:
    written: list[str] = []
    value = 0
    for number, stretch in enumerate(stretches):
        step = 0 if stretch.gone else part(_COUNTED[counting.counts](stretch.total, stretch.bad))
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
