"""What a rule is changed to: every kind of change, one at a time, and nothing that Prometheus would not load."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import pytest
import yaml

from firebrigade.rules import library
from firebrigade.rules.mutation.mutant import Mutant, mutations
from firebrigade.rules.testing.promtool import Promtool

Rule = Mapping[str, Any]
ALERT: Rule = {
    "alert": "Down",
    "expr": "up == 0",
    "for": "5m",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "it is down"},
}


def _changed(expr: str) -> dict[str, str]:
    mutants = mutations({"record": "a:b", "expr": expr})
    return {mutant.change: mutant.rule["expr"] for mutant in mutants}


@pytest.mark.parametrize(
    ("expr", "change", "mutated"),
    [
        pytest.param("x > 0.5", "limit > 0.5 becomes 0.45", "x > 0.45", id="a limit 10 % lower"),
        pytest.param("x > 0.5", "limit > 0.5 becomes 0.55", "x > 0.55", id="a limit 10 % higher"),
        pytest.param("x > 0.5", "limit > 0.5 becomes 1", "x > 1", id="a limit twice as high"),
        pytest.param("x > 0", "limit > 0 becomes 1", "x > 1", id="zero has no ten percent"),
        pytest.param("count(x) > 3", "limit > 3 becomes 4", "count(x) > 4", id="whole numbers are one apart"),
        pytest.param("x == 2", "limit == 2 becomes 1", "x == 1", id="states are one apart"),
        pytest.param(
            "quantile(0.95, x)", "quantile 0.95 becomes 0.975", "quantile(0.975, x)", id="half of a quantile's tail"
        ),
        pytest.param("x * 300", "number 300 becomes 150", "x * 150", id="a factor"),
        pytest.param("x > 0.5", "> 0.5 becomes >= 0.5", "x >= 0.5", id="a limit that may be met"),
        pytest.param("x > 0.5", "> 0.5 becomes != 0.5", "x != 0.5", id="a limit on both sides"),
        pytest.param("x == y", "== becomes >=", "x >= y", id="a comparison of two series"),
        pytest.param("a and b", "and becomes or", "a or b", id="and for or"),
        pytest.param("a and b", "and becomes unless", "a unless b", id="and for unless"),
        pytest.param("a or b", "what follows or is dropped", "a", id="the second clause"),
        pytest.param("a or b", "what precedes or is dropped", "b", id="the first clause"),
        pytest.param("a unless b", "what follows unless is dropped", "a", id="an exception"),
        pytest.param("rate(x[5m])", "range 5m of x becomes 2m30s", "rate(x[2m30s])", id="half the window"),
        pytest.param("rate(x[5m])", "range 5m of x becomes 10m", "rate(x[10m])", id="twice the window"),
        pytest.param(
            "max_over_time(x[1h:5m])", "range 1h of the subquery becomes 2h", "max_over_time(x[2h:5m])", id="a subquery"
        ),
        pytest.param("x offset 1w", "offset 1w of x is dropped", "x", id="an offset"),
        pytest.param("x{a='1'}", 'a="1" becomes a!="1" in x', 'x{a!="1"}', id="a matcher turned round"),
        pytest.param("x{a='1', b='2'}", 'a="1" is dropped in x', 'x{b="2"}', id="a matcher dropped"),
        pytest.param("x{a=~'1|2'}", 'a=~"1|2" becomes a=~"2" in x', 'x{a=~"2"}', id="an alternative dropped"),
        pytest.param(
            "x{a=~'/(1|2)/'}", 'a=~"/(1|2)/" becomes a=~"/(1)/" in x', 'x{a=~"/(1)/"}', id="an alternative in a group"
        ),
        pytest.param("x{a=~'bus|car'}", 'a=~"bus|car" becomes a=~"bus" in x', 'x{a=~"bus"}', id="the last alternative"),
        pytest.param("sum(x)", "sum becomes max", "max(x)", id="the largest instead of the sum"),
        pytest.param("avg(x)", "avg becomes sum", "sum(x)", id="the sum instead of the mean"),
        pytest.param("sum by (a, b) (x)", "label a of sum by is dropped", "sum by (b) (x)", id="a label of by"),
        pytest.param("a / on (c, d) b", "label d of / on is dropped", "a / on (c) b", id="a label of on"),
        pytest.param(
            "a * on (c) group_left (d) b",
            "label d of * group_left is dropped",
            "a * on (c) group_left () b",
            id="a label that is brought along",
        ),
        pytest.param("rate(x[5m])", "rate becomes irate", "irate(x[5m])", id="the last two samples"),
        pytest.param("rate(x[5m])", "rate becomes increase", "increase(x[5m])", id="all of the window"),
        pytest.param("abs(x)", "abs is dropped", "x", id="a function without which it would be another"),
    ],
)
def test_an_expression_is_changed_in_one_place(expr: str, change: str, mutated: str) -> None:
    assert _changed(expr)[change] == mutated


def test_the_same_change_in_two_places_has_two_names() -> None:
    changed = _changed("x > 1 or y > 1")
    assert changed["> 1 becomes >= 1"] == "x >= 1 or y > 1"
    assert changed["> 1 becomes >= 1 (2)"] == "x > 1 or y >= 1"


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        pytest.param("for 5m becomes 0s", "for", "0s", id="at once"),
        pytest.param("for 5m becomes 2m30s", "for", "2m30s", id="half as long"),
        pytest.param("for 5m becomes 10m", "for", "10m", id="twice as long"),
        pytest.param("label severity critical is dropped", "labels", {}, id="without a label"),
        pytest.param(
            "label severity critical becomes critical-other", "labels", {"severity": "critical-other"}, id="a label"
        ),
        pytest.param("annotation summary is dropped", "annotations", {}, id="without an annotation"),
    ],
)
def test_a_key_is_changed(change: str, key: str, value: object) -> None:
    (mutant,) = (mutant for mutant in mutations(ALERT) if mutant.change == change)
    assert (mutant.key, mutant.rule) == (key, {**ALERT, key: value})


def test_an_alert_that_fires_at_once_is_made_to_wait() -> None:
    changes = [mutant.change for mutant in mutations({"alert": "A", "expr": "x"})]
    assert changes == ["for 0s becomes 1m"]


def test_an_alert_that_fires_on_is_made_to_end() -> None:
    changes = [mutant.change for mutant in mutations({**ALERT, "keep_firing_for": "10m"})]
    assert [change for change in changes if "keep" in change] == [
        "keep_firing_for 10m becomes 0s",
        "keep_firing_for 10m becomes 5m",
        "keep_firing_for 10m becomes 20m",
    ]


def test_a_recording_rule_waits_for_nothing() -> None:
    assert not any("for" in mutant.change for mutant in mutations({"record": "a:b", "expr": "x"}))


@pytest.mark.parametrize("pattern", ["5..", "a(b|c)(d|e)", "a|(b|c)", "((a|b))"])
def test_a_regular_expression_of_another_form_keeps_its_alternatives(pattern: str) -> None:
    written = f'a=~"{pattern}"'
    assert set(_changed(f"x{{{written}}}")) == {f'{written} becomes a!~"{pattern}" in x', f"{written} is dropped in x"}


def test_what_could_not_be_loaded_is_no_mutant() -> None:
    assert _changed('{__name__="x"}') == {}


def _of_the_library() -> list[tuple[Mutant, ...]]:
    return [
        mutations(rule)
        for path in sorted(library.generated().glob("alerts-*.yaml"))
        for group in yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["groups"]
        for rule in group["rules"]
    ]


def test_every_mutant_differs_from_its_rule_and_has_a_name_of_its_own() -> None:
    for mutants in _of_the_library():
        changes = [mutant.change for mutant in mutants]
        assert len(changes) == len(set(changes)) == len({repr(mutant.rule) for mutant in mutants})


def test_prometheus_would_load_every_mutant() -> None:
    rules = [dict(mutant.rule) for mutant in chain(*_of_the_library())]
    assert len(rules) > 2000
    # A label for each, so that two mutants of one name are no duplicates.
    named = [{**rule, "labels": {**rule.get("labels", {}), "mutant": str(n)}} for n, rule in enumerate(rules)]
    text = yaml.dump({"groups": [{"name": "mutants", "rules": named}]}, Dumper=yaml.CSafeDumper)
    assert Promtool().check_rules({"mutants.yaml": text}) == {}


def test_an_expression_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match=r"."):
        mutations({"alert": "A", "expr": "sum("})
