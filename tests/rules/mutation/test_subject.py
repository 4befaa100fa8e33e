"""Which cases look at a rule, and what is left of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules.mutation.mutant import mutations
from firebrigade.rules.mutation.subject import Subject, subjects
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing import cases

Write = Callable[[str, str], Path]

RULES = """\
groups:
  - name: shop
    rules:
      - {record: shop:orders, expr: sum(shop_orders)}
      - {record: shop:orders:half, expr: shop:orders / 2}
      - {record: shop:unread, expr: sum(shop_others)}
      - alert: FewOrders
        expr: shop:orders:half < 5
        for: 2m
      - {alert: ManyOrders, expr: shop_orders > 100}
  - name: meta
    rules:
      - {alert: AnyAlert, expr: 'count(ALERTS{alertname="FewOrders"}) > 0'}
"""
TESTS = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [shop, meta]
tests:
  - name: a long one
    interval: 1m
    input_series: [{series: shop_orders, values: 1x100}]
    alert_rule_test:
      - {eval_time: 90m, alertname: FewOrders}
      - {eval_time: 90m, alertname: ManyOrders}
  - name: a short one
    interval: 1m
    input_series: [{series: shop_orders, values: 1x100}]
    alert_rule_test: [{eval_time: 1m, alertname: FewOrders}]
  - name: only records
    interval: 1m
    input_series: [{series: shop_orders, values: 1x100}]
    promql_expr_test: [{expr: 'shop:orders + 1', eval_time: 1m, exp_samples: []}]
"""


@pytest.fixture
def found(write: Write) -> dict[str, Subject]:
    write("rules.yaml", RULES)
    return {subject.name: subject for subject in subjects([cases.load(write("tests.yaml", TESTS))])}


def _needed(subject: Subject, case: str) -> list[str]:
    (cut,) = (cut for cut in subject.cases if cut.name == case)
    rules = [cut.rules.by_place[place] for place in sorted(cut.needed)]
    return [str(rule.get("alert") or rule.get("record")) for rule in rules]


def test_every_alert_and_what_it_reads_is_a_subject(found: dict[str, Subject]) -> None:
    assert {name: subject.read_by for name, subject in found.items()} == {
        "shop:orders": ("FewOrders", "AnyAlert"),
        "shop:orders:half": ("FewOrders", "AnyAlert"),
        "FewOrders": ("FewOrders", "AnyAlert"),
        "ManyOrders": ("ManyOrders",),
        "AnyAlert": ("AnyAlert",),
    }


def test_the_quick_cases_come_first(found: dict[str, Subject]) -> None:
    assert [cut.name for cut in found["FewOrders"].cases] == ["a short one", "a long one"]


def test_a_record_has_the_cases_of_the_alerts_that_read_it_and_its_own(found: dict[str, Subject]) -> None:
    names = [cut.name for cut in found["shop:orders"].cases]
    assert names == ["only records", "a short one", "a long one"]


def test_a_case_keeps_what_depends_on_the_rule_and_no_more(found: dict[str, Subject]) -> None:
    (cut,) = found["ManyOrders"].cases
    assert [look["alertname"] for look in cut.content["tests"][0]["alert_rule_test"]] == ["ManyOrders"]
    assert _needed(found["ManyOrders"], "a long one") == ["ManyOrders"]
    assert _needed(found["FewOrders"], "a long one") == ["shop:orders", "shop:orders:half", "FewOrders"]


def test_a_rule_without_any_case_is_a_subject_too(found: dict[str, Subject]) -> None:
    assert found["AnyAlert"].cases == ()


def test_a_mutant_has_the_line_of_the_key_that_it_changes(found: dict[str, Subject]) -> None:
    subject = found["FewOrders"]
    lines = {mutant.key: subject.line(mutant) for mutant in mutations(subject.rule)}
    assert lines == {"expr": 8, "for": 9}


def test_an_expression_that_can_not_be_changed_is_told_with_its_line(write: Write) -> None:
    write("rules.yaml", RULES.replace("expr: shop_orders > 100", 'expr: \'shop_orders{a="1" or b="1"}\''))
    (subject,) = (s for s in subjects([cases.load(write("tests.yaml", TESTS))]) if s.name == "ManyOrders")
    with pytest.raises(RulesError, match=r"rules.yaml:10: .*joins matchers by `or`"):
        subject.mutants()
