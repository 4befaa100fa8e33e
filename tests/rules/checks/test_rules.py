"""Rules beside each other and in their groups: a mistake that is told, and what is nearly the same and right."""

from collections.abc import Callable

Told = Callable[..., list[str]]

RECORD = {"record": "shop:queue:sum", "expr": "sum by (service) (shop_queue)"}


def test_a_record_that_no_rule_makes_is_told_with_the_name_that_was_meant(told: Told) -> None:
    reader = {"record": "shop:queue:twice", "expr": "2 * shop:queue:summ"}
    assert told("rule/unknown-record", [RECORD, reader]) == [
        "shop:queue:summ is recorded by no rule; did you mean shop:queue:sum?"
    ]
    assert told("rule/unknown-record", [{**reader, "expr": "2 * shop:queue:sum"}], [RECORD]) == []


def test_a_group_with_holes_is_told(told: Told) -> None:
    assert told("group/interval", [RECORD], interval="6m") == ["the group g0 is evaluated every 6m; choose 5m at most"]
    assert told("group/interval", [RECORD], interval="5m") == []
