"""Cases that say what each tier of an SLO makes of recorded windows: which of its parts must hold, and from where on.

``burncases.py`` calls ``cases``. What windows record is given as input, so each situation takes one evaluation. How it
comes to be recorded is in ``windowcases.py``; both together, from the events on, in ``burncases.py``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.testing import burnexpected
from firebrigade.rules.testing.burnexpected import FACTORS, TICKETS, look

GRID_MINUTES = 30  # between two evaluations

_KEPT_MINUTES = 15  # for how long the last recorded value counts
_FRESH_MINUTES = 6  # more than a query looks back, or a rule would record its own from what is given here
_JUST, _BARELY = Decimal("1.02"), Decimal("0.98")
_SECONDS = {"12m": 720, "1h": 3600, "6h": 21600, "1d": 86400, "3d": 259200}

_Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One recorded series that a tier looks at.

    Attributes:
        value: what was recorded last.
        age: how many minutes ago that was.
        before: what was recorded as long ago as counts; without it, nothing.
    """

    series: str
    value: Decimal
    age: int = _KEPT_MINUTES - 1
    before: Decimal | None = None


_Situation = tuple[Mapping[str, _Part], bool]


def cases(objective: Objective) -> Iterator[_Written]:
    """Yield the cases of one SLO."""
    for tier in objective.tiers:
        yield _tier(objective, tier.tier, tier.long.text, tier.short.text)
    if objective.minimum_events:
        yield from _traffic_low(objective)


def _tier(objective: Objective, tier: str, long: str, short: str) -> _Written:
    just = _parts(objective, tier, long, short)
    situations = list(_situations(objective, tier, just, long))
    looks = [
        burnexpected.firing(objective, _at(number), [tier] if fires else [])
        for number, (_, fires) in enumerate(situations)
    ]
    share = f"{float(just['long'].value * 100):.4g}%"
    return {
        "name": f"{tier} tells when all of its parts say so, and not when one does not",
        "interval": "1m",
        "input_series": [_series([parts[part] for parts, _ in situations]) for part in just],
        "promql_expr_test": looks,
        # Whenever the share that is told was another one shortly before.
        "alert_rule_test": [
            look(_at(number), objective.alerting.name, burnexpected.alert(objective, tier, share))
            for number, (parts, fires) in enumerate(situations)
            if number == 0 or (fires and parts["long"].before is not None)
        ],
    }


def _parts(objective: Objective, tier: str, long: str, short: str) -> Mapping[str, _Part]:
    """Return all parts of a tier just above their limits."""
    limit = _limit(objective, tier) * _JUST
    parts = {
        "long": _Part(series=_recorded(objective, "slo:sli_error:ratio_rate", long), value=limit),
        "short": _Part(series=_recorded(objective, "slo:sli_error:ratio_rate", short), value=limit),
    }
    if tier in TICKETS:
        parts["history"] = _Part(series=_recorded(objective, "slo:sli_history:ratio", long), value=Decimal(1))
    if objective.minimum_events and isinstance(objective.sli, Events):
        rate = _exact_rate(objective.minimum_events, _SECONDS[long]) * _JUST
        parts["events"] = _Part(series=_recorded(objective, "slo:sli_total:rate", long), value=rate)
    return parts


def _situations(objective: Objective, tier: str, just: Mapping[str, _Part], long: str) -> Iterator[_Situation]:
    """Yield what is recorded, and whether the tier fires."""
    limit = _limit(objective, tier)
    yield just, True
    for name, part in just.items():
        less = part.value * _BARELY / _JUST
        yield {**just, name: replace(part, value=less)}, False
        yield {**just, name: replace(part, value=less, age=_FRESH_MINUTES, before=part.value)}, False
        yield {**just, name: replace(part, age=_FRESH_MINUTES, before=less)}, True
        yield {**just, name: replace(part, age=_KEPT_MINUTES + 1)}, False
    for name in ("long", "short"):
        yield {**just, name: replace(just[name], value=limit)}, False
    yield {**just, "long": replace(just["long"], age=_FRESH_MINUTES, before=limit * 2)}, True
    if "events" in just:
        enough = _exact_rate(objective.minimum_events, _SECONDS[long])
        yield {**just, "events": replace(just["events"], value=enough)}, True
    yield just, True


def _limit(objective: Objective, tier: str) -> Decimal:
    return FACTORS[tier] * (100 - objective.percent) / 100


def _exact_rate(events: int, seconds: int) -> Decimal:
    """Return a rate that makes just that many events, also for a machine that reckons in binary."""
    rate = events / seconds
    while rate * seconds < events:
        rate = math.nextafter(rate, math.inf)
    return Decimal(repr(rate))


def _recorded(objective: Objective, name: str, window: str) -> str:
    return f"{name}{window}{burnexpected.labels(objective, window)}"


def _at(number: int) -> int:
    """Return the minute at which a situation is looked at."""
    return GRID_MINUTES * (number + 1)


def _series(situations: Sequence[_Part]) -> _Written:
    """Return what is recorded of one part: a value for each situation, and nothing in between."""
    written: list[str] = []
    last = -1
    for number, one in enumerate(situations):
        samples = {_at(number) - one.age: one.value}
        if one.before is not None:
            samples[_at(number) - _KEPT_MINUTES + 1] = one.before
        for minute, value in sorted(samples.items()):
            written += [f"_x{minute - last - 1}", f"{value.normalize():f}"]
            last = minute
    return {"series": situations[0].series, "values": " ".join(written)}


def _traffic_low(objective: Objective) -> Iterator[_Written]:
    """Yield a day with just too few events, the same for a service that is down, and a day with just enough."""
    enough, few = (int(objective.minimum_events * factor) for factor in (_JUST, _BARELY))
    low = burnexpected.traffic_low(objective, few)
    # A service is known once it has been seen for nine tenths of a day. From midnight on one of two pods is down.
    early, told, later, over, lost = 1350, 1380, 1500, 1680, 2280
    looks: Mapping[int, Sequence[_Written]] = {early: (), told: (low,), later: (low,), over: ()}
    busy, silent = f"0x23 {objective.minimum_events}x23", "_x144 0x47"
    yield _day("a day with too few events is told", objective, f"{_noon(few)} {busy}", "1", looks)
    yield _day("a day with just enough events is not told", objective, _noon(enough), "1", {later - 60: ()})
    name = "a service that is down is not told to have too few events"
    yield _day(name, objective, _noon(few), "0", {later - 60: ()})
    name = "a service of which half a day is not known is not told to have too few events"
    yield _day(name, objective, f"{_noon(few)} {silent}", "1", {lost: ()})


def _day(name: str, objective: Objective, rates: str, up: str, looks: Mapping[int, Sequence[_Written]]) -> _Written:
    series = _recorded(objective, "slo:sli_total:rate", "5m")
    return {
        "name": name,
        "interval": "5m",
        "input_series": [
            {"series": series, "values": rates},
            {"series": burnexpected.up(objective), "values": f"{up}x480"},
            {"series": burnexpected.up(objective, "b"), "values": f"{up}x288 0x190"},
            *burnexpected.others(objective, {"5m": 1}, 480),
        ],
        "alert_rule_test": [look(minute, "SloTrafficLow", *expected) for minute, expected in looks.items()],
    }


def _noon(events: int) -> str:
    """Return a day, in fives of minutes, with all of its events at noon."""
    return f"0x143 {events / 300!r} 0x143"
