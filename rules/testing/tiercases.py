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
from firebrigade.rules.testing.burnexpected import FACTORS, TICKETS

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
    yield _missing(objective)
    if isinstance(objective.sli, Events):
        yield _never_counted(objective)
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
            _look(_at(number), objective.alerting.name, burnexpected.alert(objective, tier, share))
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
    own = {"sloth_id": objective.id, "sloth_service": objective.service, "sloth_slo": objective.name}
    labels = ", ".join(
        f'{name}="{value}"' for name, value in {**objective.labels, **own, "sloth_window": window}.items()
    )
    return f"{name}{window}{{{labels}}}"


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


def _missing(objective: Objective) -> _Written:
    """Return the case of a service that is down and has recorded nothing, while another one is well."""
    return {
        "name": "a service that is down and has recorded nothing is told, whatever others do",
        "interval": "1m",
        "input_series": [_up(objective, 0, 60), *burnexpected.others(objective, {"5m": 1, "1d": 1}, 60)],
        "alert_rule_test": [_look(30, "SloDataMissing", burnexpected.data_missing(objective))],
    }


def _never_counted(objective: Objective) -> _Written:
    """Return the case of a service that is up and has never counted an event, while another one is idle."""
    return {
        "name": "a service that is up and has never counted an event is idle, and no other one",
        "interval": "1m",
        "input_series": [_up(objective, 1, 120), *burnexpected.others(objective, {"5m": 0, "1d": 0}, 120)],
        "alert_rule_test": [
            _look(30, "SloIdle"),
            _look(90, "SloIdle", burnexpected.idle(objective)),
            _look(90, "SloDataMissing"),
        ],
    }


def _up(objective: Objective, value: int, samples: int) -> _Written:
    return {"series": burnexpected.up(objective), "values": f"{value}x{samples}"}


def _look(minute: int, alert: str, *expected: _Written) -> _Written:
    return {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": list(expected)}


def _traffic_low(objective: Objective) -> Iterator[_Written]:
    """Yield a day with just too few events, the same for a service that is down, and a day with just enough."""
    enough, few = objective.minimum_events, int(objective.minimum_events * _BARELY)
    low = burnexpected.traffic_low(objective, few)
    # A service is known once it has been seen for nine tenths of a day.
    early, told, over = 22 * 60 + GRID_MINUTES, 23 * 60, 26 * 60
    yield _day("a day with too few events is told", objective, few, 1, {early: (), told: (low,), over: ()})
    yield _day("a service that is down is not told to have too few events", objective, few, 0, {told + 60: ()})
    yield _day("a day with just enough events is not told", objective, enough, 1, {told + 60: ()})


def _day(name: str, objective: Objective, events: int, up: int, looks: Mapping[int, Sequence[_Written]]) -> _Written:
    """Return a day whose events happen at noon, and the busy beginning of the next one."""
    series = _recorded(objective, "slo:sli_total:rate", "5m")
    return {
        "name": name,
        "interval": "5m",
        "input_series": [
            {"series": series, "values": f"0x143 {_pulse(events)!r} 0x143 {events}x24"},
            _up(objective, up, 313),
            *burnexpected.others(objective, {"5m": 1}, 313),
        ],
        "alert_rule_test": [_look(minute, "SloTrafficLow", *expected) for minute, expected in looks.items()],
    }


def _pulse(events: int) -> float:
    """Return a rate that makes that many events of a day if it is seen for five of its minutes."""
    rate = events / 300
    while rate * 5 / 1440 * 86400 < events:
        rate = math.nextafter(rate, math.inf)
    return rate
