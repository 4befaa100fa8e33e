"""Cases that say what each window of an SLO must record, under traffic that differs from one window to the next.

``burncases.py`` calls ``cases``. A window that is too short, too long or counts something else records another number.
Long windows are asked after days that are given as recorded, so a few evaluations are enough. No alert is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.testing import burnexpected
from firebrigade.rules.testing.burnseries import Counting, Stretch, series

_GRID_SECONDS = 6 * 3600
GRID = "6h"  # between two evaluations

_STEP, _BASE = 5, 300  # seconds between two samples of events, and of what was recorded
_NOW = 12 * 3600
_DAY, _HOUR, _MINUTE = 86400, 3600, 60
_SHORT = {"2m": 120, "5m": 300, "12m": 720, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600}
_LONG = {"1d": _DAY, "3d": 3 * _DAY}
_PERIOD, _PERIOD_SECONDS = "30d", 30 * _DAY
# Older traffic is heavier and worse. It changes a sample before a window begins, where promtool 2 and 3 agree.
_CHANGES = (60, *(seconds + _STEP for seconds in _SHORT.values()), _NOW)
_DAYS = (6 * _HOUR, 18 * _HOUR, _DAY, 36 * _HOUR, 2 * _DAY, 3 * _DAY, 6 * _DAY, 7 * _DAY)
TOLERANCE = Decimal("0.03")

_Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What happened until now, from the latest to the oldest.

    Attributes:
        until: the age in seconds at which each part ends.
        total, bad: events per step of each part.
    """

    until: Sequence[int]
    total: Sequence[int]
    bad: Sequence[int]

    def mean(self, events: Sequence[int], window: int) -> Decimal:
        """Return the mean of the events per step over the latest seconds."""
        starts = [0, *self.until[:-1]]
        covered = (max(0, min(end, window) - start) for start, end in zip(starts, self.until, strict=True))
        return Decimal(sum(seconds * each for seconds, each in zip(covered, events, strict=True))) / window

    def share(self, window: int) -> Decimal:
        """Return the share of the bad events over the latest seconds."""
        return self.mean(self.bad, window) / self.mean(self.total, window)


_PARTS = range(1, len(_CHANGES) + 1)
HOURS = Traffic(until=_CHANGES, total=[30_000 * n for n in _PARTS], bad=[1_800 * n * n for n in _PARTS])
# Nothing was recorded from 6 to 18 hours ago.
DAYS = Traffic(until=_DAYS, total=[20, 0, 40, 60, 90, 130, 180, 240], bad=[1, 0, 4, 9, 18, 39, 72, 120])


def cases(objective: Objective, counted: Sequence[Counting]) -> Iterator[_Written]:
    """Yield the cases of one SLO.

    Args:
        objective: the SLO; its tiers say which windows there are.
        counted: the series of its events.
    """
    yield _short_windows(objective, counted)
    yield from _long_windows(objective, counted)
    if isinstance(objective.sli, Events):
        nothing, little = Stretch(minutes=720, total=0), Stretch(minutes=720, total=12, bad=4)
        name = "without traffic no window records an error, and none is missing"
        yield _steady(name, objective, counted, nothing, Decimal(0))
        name = "an event every five seconds is enough to record how many of them are bad"
        yield _steady(name, objective, counted, little, Decimal(4) / 12)
    else:
        yield _steady("while all is well each window says so", objective, counted, Stretch(minutes=720), Decimal(0))


def _short_windows(objective: Objective, counted: Sequence[Counting]) -> _Written:
    parts = zip([0, *HOURS.until], HOURS.until, HOURS.total, HOURS.bad, strict=False)
    stretches = [
        Stretch(minutes=(end - start) // _STEP, total=total, bad=bad) for start, end, total, bad in reversed([*parts])
    ]
    return {
        "name": "each short window records what happened in it, and no more",
        "interval": f"{_STEP}s",
        "input_series": [*series(counted, stretches), *_others(objective, _SHORT, _NOW // _STEP)],
        "promql_expr_test": [
            look
            for window, seconds in _windows(objective, _SHORT).items()
            for look in _recorded(objective, window, HOURS, seconds, "12h", per_second=Decimal(1) / _STEP)
        ],
    }


def _long_windows(objective: Objective, counted: Sequence[Counting]) -> Iterator[_Written]:
    windows = _windows(objective, _LONG)
    days = [look for window, seconds in windows.items() for look in _recorded(objective, window, DAYS, seconds, "7d")]
    history = [look for window, seconds in windows.items() for look in _history(objective, window, seconds)]
    name = "each long window records the days before, and for how much of it there is any history"
    if isinstance(objective.sli, Events):
        period = [*_recorded(objective, _PERIOD, DAYS, _PERIOD_SECONDS, "7d")]
        given = [*_base(objective), *_others(objective, {"5m": _BASE, **_LONG, _PERIOD: 0}, _DAYS[-1] // _BASE)]
        yield _week(name, given, [*days, *history, *period])
        return
    gauges = [one for one in counted if one.counts in {"all", "bad"}]
    values = {"all": DAYS.total, "bad": DAYS.bad}
    yield _week(
        "each long window records the days before",
        [{"series": one.series, "values": _days(values[one.counts])} for one in gauges],
        days,
    )
    given = [*_base(objective), *_others(objective, {"5m": _BASE}, _DAYS[-1] // _BASE)]
    yield _week("each long window records for how much of it there is any history", given, history)


def _week(name: str, given: Sequence[_Written], looks: Sequence[_Written]) -> _Written:
    return {"name": name, "interval": f"{_BASE}s", "input_series": [*given], "promql_expr_test": [*looks]}


def _steady(name: str, objective: Objective, counted: Sequence[Counting], traffic: Stretch, share: Decimal) -> _Written:
    """Return half a day with the same traffic, of which each window records the same share."""
    windows = _windows(objective, {**_SHORT, **_LONG, _PERIOD: _PERIOD_SECONDS})
    return {
        "name": name,
        "interval": "1m",
        "input_series": series(counted, [traffic]),
        "promql_expr_test": [
            _look(objective, f"slo:sli_error:ratio_rate{window}", window, "12h", share) for window in windows
        ],
    }


def _windows(objective: Objective, among: Mapping[str, int]) -> Mapping[str, int]:
    has = {"5m", _PERIOD, *(window.text for tier in objective.tiers for window in (tier.long, tier.short))}
    return {window: seconds for window, seconds in among.items() if window in has}


def _others(objective: Objective, windows: Mapping[str, int], steps: int) -> list[_Written]:
    return burnexpected.others(objective, dict.fromkeys(_windows(objective, windows), 0.5), steps)


def _base(objective: Objective) -> list[_Written]:
    """Return a week as the base window has recorded it."""
    labels = burnexpected.labels(objective, "5m")
    if not isinstance(objective.sli, Events):
        there = [1 if total else 0 for total in DAYS.total]
        return [{"series": f"slo:sli_error:ratio_rate5m{labels}", "values": _days(there)}]
    return [
        {"series": f"slo:sli_error:rate5m{labels}", "values": _days(DAYS.bad)},
        {"series": f"slo:sli_total:rate5m{labels}", "values": _days(DAYS.total)},
    ]


def _days(values: Sequence[int]) -> str:
    """Return a week of samples, without those at the evaluations: a rule may record something there itself."""
    parts = reversed([*zip([0, *DAYS.until], DAYS.until, values, strict=False)])
    grid = (value for start, end, value in parts for _ in range((end - start) // _GRID_SECONDS))
    between = _GRID_SECONDS // _BASE - 1
    return " ".join(("_", *(f"{value}x{between - 1} _" if value else f"_x{between + 1}" for value in grid)))


def _recorded(
    objective: Objective, window: str, traffic: Traffic, seconds: int, at: str, per_second: Decimal = Decimal(1)
) -> Iterator[_Written]:
    """Yield what a window says of the events, and of their share."""
    if isinstance(objective.sli, Events):
        for what, events in (("error", traffic.bad), ("total", traffic.total)):
            mean = traffic.mean(events, seconds) * per_second
            yield _look(objective, f"slo:sli_{what}:rate{window}", window, at, mean)
    yield _look(objective, f"slo:sli_error:ratio_rate{window}", window, at, traffic.share(seconds))


def _history(objective: Objective, window: str, seconds: int) -> Iterator[_Written]:
    gap = 12 * _HOUR
    for at, share in (("6d", Decimal(1)), ("7d", Decimal(seconds - gap) / seconds)):
        yield _look(objective, f"slo:sli_history:ratio{window}", window, at, share)


def _look(objective: Objective, name: str, window: str, at: str, value: Decimal) -> _Written:
    """Return an assertion that a recorded series has all its labels and is near a value."""
    expected = f"{value:.6g}"
    near = f"{value * TOLERANCE:.2g}" if value else "0.000001"
    return {
        "expr": f'abs({name}{{sloth_slo!="another"}} - {expected}) < bool {near}',
        "eval_time": at,
        "exp_samples": [{"labels": burnexpected.labels(objective, window), "value": 1}],
    }
