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


def alert(name: str, expr: str, **labels: str) -> dict[str, object]:
    return {"alert": name, "expr": expr, "for": "5m", "labels": {"severity": "info", **labels}}


DOWN = alert("Down", 'min by (service) (up{service!=""}) == 0')


def test_up_alone_is_told_until_somebody_asks_whether_the_target_is_there(told: Told) -> None:
    assert told("alert/up-alone", [DOWN]) == [
        "is silent about a target that is gone; add an alert with absent(up{...})"
    ]
    assert told("alert/up-alone", [DOWN], [alert("Gone", 'absent(up{service="shop"})')]) == []
    assert told("alert/up-alone", [alert("Up", "up == 1")]) == []


def test_an_absence_of_other_targets_does_not_help(told: Told) -> None:
    down = alert("Down", 'up{service="shop"} < 1')
    assert told("alert/up-alone", [down, alert("Gone", 'absent(up{service="bank"})')]) != []
    assert told("alert/up-alone", [down, alert("Gone", 'absent(up{service="shop", job="x"})')]) == []
    assert told("alert/up-alone", [alert("Down", 'up{service="shop"} == 0 or absent(up{service="shop"})')]) == []


def test_a_rule_with_the_name_and_the_labels_of_another_is_told(told: Told) -> None:
    one, other = alert("Busy", "shop_queue > 9", tier="a"), alert("Busy", "shop_queue > 99", tier="a")
    assert ["with another expression" in message for message in told("rule/duplicate", [one], [other])] == [True]
    assert ["here again" in message for message in told("rule/duplicate", [one, one])] == [True]
    assert told("rule/duplicate", [one, {**other, "labels": {"severity": "info", "tier": "b"}}]) == []


def test_a_record_that_nothing_reads_is_told(told: Told) -> None:
    assert told("rule/unused-record", [RECORD]) == [
        "shop:queue:sum is read by no rule and no dashboard here; remove it, or say who does"
    ]
    assert told("rule/unused-record", [RECORD], [alert("Busy", "shop:queue:sum > 9")]) == []


def test_records_for_the_dashboards_of_slos_are_read_elsewhere(told: Told) -> None:
    assert told("rule/unused-record", [{"record": "slo:objective:ratio", "expr": "vector(0.99)"}]) == []


MEAN = {"record": "shop:queue:mean", "expr": "shop:queue:sum / 2"}
BUSY = alert("Busy", "shop:queue:mean > 9")


def test_a_record_of_another_groups_record_is_late_for_an_alert(told: Told) -> None:
    assert told("rule/lag", [RECORD], [MEAN, BUSY]) == [
        "reads shop:queue:sum, which the group g0 records, so it is up to one interval old, "
        "and an alert sees it later still; record both in one group"
    ]


def test_what_is_not_late_or_nobody_waits_for_is_not_told(told: Told) -> None:
    assert told("rule/lag", [RECORD, MEAN], [BUSY]) == [], "in one group"
    assert told("rule/lag", [RECORD], [MEAN]) == [], "no alert"
    over_a_range = {**MEAN, "expr": "avg_over_time(shop:queue:sum[1h])"}
    assert told("rule/lag", [RECORD], [over_a_range, BUSY]) == [], "over a range"


def test_a_record_with_the_name_of_a_metric_is_told(told: Told) -> None:
    wrong = {"record": "shop_seconds_count", "expr": "sum(shop_queue)"}
    assert ["is a metric already" in message for message in told("rule/hides-metric", [wrong])] == [True]
    assert told("rule/hides-metric", [{**wrong, "record": "shop_seconds"}]) == []
