"""Burn-rate rules: exact numbers, stable names, and the same shape for every objective."""

import re
from decimal import Decimal

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.rules import library, windows
from firebrigade.rules.rulefile import Group, Rule
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Alerting, Events, Extra, Objective, Query


def _groups(objective: object, minimum_events: int = 0) -> tuple[Group, ...]:
    chosen = windows.load("30d", library.folder())
    one = Objective(
        service="shop",
        name="orders",
        description="orders that are taken.",
        percent=Decimal(str(objective)),
        minimum_events=minimum_events,
        sli=Events(error=Query(text="sum(rate(bad[{{.window}}]))"), total=Query(text="sum(rate(all[{{ .window }}]))")),
        alerting=Alerting(name="OrdersBurnRate", all=Extra(labels={"team": "web", "namespace": "shop"})),
        windows=chosen,
        tiers=chosen.usual(),
        origin=("slos", 0),
    )
    return burnrate.groups(one)


def _rules(groups: tuple[Group, ...]) -> list[Rule]:
    return [rule for group in groups for rule in group.rules]


def _burning(groups: tuple[Group, ...]) -> list[Rule]:
    return [rule for rule in _rules(groups) if rule.alert == "OrdersBurnRate"]


@pytest.mark.parametrize(
    ("objective", "thresholds"),
    [
        pytest.param(99.9, ["0.0144", "0.006", "0.003", "0.001"], id="three nines"),
        pytest.param(99.99, ["0.00144", "0.0006", "0.0003", "0.0001"], id="four nines"),
        pytest.param(95, ["0.72", "0.3", "0.15", "0.05"], id="a whole number"),
        pytest.param(99.95, ["0.0072", "0.003", "0.0015", "0.0005"], id="three and a half nines"),
    ],
)
def test_thresholds_are_exact_decimals(objective: float, thresholds: list[str]) -> None:
    alerts = _burning(_groups(objective))
    for rule, threshold in zip(alerts, thresholds, strict=True):
        assert re.findall(r"> (\S+)", rule.expr) == [threshold, threshold]


@settings(max_examples=50, deadline=None)
@given(thousandths=st.integers(93_100, 99_999))
def test_every_expression_parses_and_no_number_has_float_noise(thousandths: int) -> None:
    for rule in _rules(_groups(Decimal(thousandths) / 1000)):
        promql_parser.parse(rule.expr)
        assert "00000" not in rule.expr
        assert "99999999" not in rule.expr
        assert "E-" not in rule.expr


def test_each_tier_has_labels_that_tell_it_apart_and_find_its_target() -> None:
    alerts = _burning(_groups(99.9))
    assert {rule.alert for rule in alerts} == {"OrdersBurnRate"}
    assert [(r.labels["tier"], r.labels["severity"]) for r in alerts] == [
        ("page-fast", "critical"),
        ("page-slow", "critical"),
        ("ticket-fast", "warning"),
        ("ticket-slow", "warning"),
    ]
    for rule in alerts:
        assert {"service": "shop", "team": "web", "namespace": "shop", "slo": "orders"}.items() <= rule.labels.items()


def test_a_minimum_of_events_is_asked_of_the_long_window_only_where_it_is_set() -> None:
    guarded, free = (next(r for r in _rules(_groups(99.9, n)) if r.alert) for n in (50, 0))
    assert "slo:sli_total:rate1h" in guarded.expr
    assert guarded.expr.endswith("* 3600 >= 50")
    assert "sli_total" not in free.expr


def test_what_an_alert_reads_is_recorded_before_it_in_the_same_group() -> None:
    first = _groups(99.9, 50)[0]
    recorded: set[str] = set()
    for rule in first.rules:
        if rule.alert:
            names: list[str] = []
            promql_parser.walk(
                promql_parser.parse(rule.expr),
                lambda node, names=names: (
                    names.append(node.name)  # type: ignore[misc]
                    if isinstance(node, promql_parser.VectorSelector)
                    else None
                ),
            )
            assert set(names) <= recorded
        recorded.add(rule.record)
