"""Long windows are sums over recorded series, and say exactly what a rate over the raw counters says."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Group
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Alerting, Events, Objective, Query, Ratio
from firebrigade.rules.testing import oracle
from firebrigade.rules.testing.oracle import Question, Simulation
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.windows import Tier, Windows

TIER = {"tier": "ticket", "severity": "warning", "budget_percent": 10, "long": "1d", "short": "2h"}


def _objective() -> Objective:
    chosen = Windows(period=Duration("30d"), tiers=(Tier.model_validate(TIER),))
    return Objective(
        service="shop",
        name="orders",
        description="orders",
        percent=Decimal("99.9"),
        sli=Events(error=Query(text="sum(rate(bad[{{.window}}]))"), total=Query(text="sum(rate(all[{{.window}}]))")),
        windows=chosen,
        tiers=chosen.tiers,
        alerting=Alerting(name="OrdersBurnRate"),
    )


def _groups() -> tuple[Group, ...]:
    return burnrate.groups(_objective())


def _counter(increments: Sequence[int]) -> str:
    return " ".join(map(str, accumulate(increments, initial=0)))


def _measured(bad: Sequence[int], total: Sequence[int], *queries: str) -> list[float]:
    """Return what promtool makes of each query after the last minute."""
    simulation = Simulation(groups=_groups(), series={"bad": _counter(bad), "all": _counter(total)})
    answers = oracle.ask(Promtool(), simulation, [Question(expr=query, minute=len(total)) for query in queries])
    return [value for answer in answers for value in answer.values()]


def _hours(blocks: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return events of 25 hours by the minute: the blocks, with half an hour of nothing before and after them."""
    quiet = [(0, 0)] * 30
    minutes = [*quiet, *(block for block in blocks for _ in range(60)), *quiet]
    return [bad for _, bad in minutes], [total for total, _ in minutes]


RECORDED = "max(slo:sli_error:ratio_rate1d)"
RAW = "sum(increase(bad[1d])) / sum(increase(all[1d]))"

# Nothing happens at both ends of the day: there a sum of rates fades in and out, and a rate over counters does not.
BLOCK = st.tuples(st.integers(0, 2_000), st.integers(0, 100)).map(lambda pair: (pair[0], pair[0] * pair[1] // 100))


@settings(max_examples=6, deadline=None)
@given(blocks=st.lists(BLOCK, min_size=23, max_size=23).filter(lambda blocks: any(total for total, _ in blocks)))
def test_a_day_of_changing_traffic_has_the_same_share_as_the_raw_counters(blocks: list[tuple[int, int]]) -> None:
    bad, total = _hours(blocks)
    recorded, raw = _measured(bad, total, RECORDED, RAW)
    assert recorded == pytest.approx(sum(bad) / sum(total), rel=1e-6)
    assert recorded == pytest.approx(raw, rel=1e-6)


def test_a_busy_bad_hour_and_a_quiet_good_day_are_weighed_by_events() -> None:
    bad, total = _hours([(1_000, 0)] + [(1, 1)] * 22)
    (recorded,) = _measured(bad, total, RECORDED)
    assert recorded == pytest.approx(22 / 1_022, rel=1e-6)  # a mean of the hours' shares would be 96 %


def test_a_day_without_any_event_has_a_share_of_nothing_and_not_of_nan() -> None:
    bad, total = _hours([(0, 0)] * 23)
    assert _measured(bad, total, RECORDED, "max(slo:period_error_budget_remaining:ratio)") == [0, 1]


def test_half_a_day_of_history_is_half_a_window() -> None:
    bad, total = _hours([(100, 1)] * 11)
    (known,) = _measured(bad, total, "max(slo:sli_history:ratio1d)")
    assert known == pytest.approx(0.5, abs=0.002)


def test_the_share_of_a_ratio_is_never_nan() -> None:
    ratio = Ratio(error=Query(text="sum(rate(bad[{{.window}}])) / sum(rate(all[{{.window}}]))"))
    groups = burnrate.groups(dataclasses.replace(_objective(), sli=ratio))
    simulation = Simulation(groups=groups, series={"bad": "0x30 1+1x60", "all": "0x30 10+10x60"})
    questions = [Question(expr="max(slo:sli_error:ratio_rate5m)", minute=minute) for minute in (20, 60)]
    (idle, busy) = oracle.ask(Promtool(), simulation, questions)
    assert list(idle.values()) == []
    assert list(busy.values()) == [pytest.approx(0.1)]
    (period,) = oracle.ask(Promtool(), simulation, [Question(expr="max(slo:sli_error:ratio_rate30d)", minute=60)])
    assert list(period.values()) == [pytest.approx(0.1)]
