"""What a rule reads, by the metric contract: a mistake that is told, and what is nearly the same and right."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("check", "wrong", "right", "says"),
    [
        pytest.param("metric/unknown", "shop_queu > 1", "shop_queue > 1", "not in the metric contract", id="a name"),
        pytest.param("metric/unnamed", '{job="x"} > 1', '{__name__="shop_queue"} > 1', "name the metric", id="no name"),
        pytest.param(
            "metric/label", 'shop_queue{pods="x"} > 1', 'shop_queue{pod="x"} > 1', "no label pods", id="a label"
        ),
        pytest.param(
            "metric/value",
            'rate(shop_orders_total{kind="old"}[5m]) > 1',
            'rate(shop_orders_total{kind="new"}[5m]) > 1',
            'never has kind="old"; kind is one of new, again',
            id="a value",
        ),
        pytest.param(
            "metric/value",
            'rate(shop_orders_total{kind=~"new|agian"}[5m]) > 1',
            'rate(shop_orders_total{kind=~"new|again"}[5m]) > 1',
            "never has kind agian;",
            id="one of several values",
        ),
        pytest.param(
            "metric/value",
            'rate(shop_orders_total{kind!~"old.*"}[5m]) > 1',
            'rate(shop_orders_total{kind!~"a.*", status=~"5.."}[5m]) > 1',
            "never has",
            id="a pattern that leaves nothing out",
        ),
        pytest.param(
            "metric/bucket",
            'rate(shop_seconds_bucket{le="5"}[5m]) > 1',
            'rate(shop_seconds_bucket{le="5.0"}[5m]) > 1',
            'the client writes le="5.0"',
            id="a bucket as nobody writes it",
        ),
        pytest.param(
            "metric/bucket",
            'rate(shop_seconds_bucket{le="2.0"}[5m]) > 1',
            'rate(shop_seconds_bucket{le=~"1|1[.]0"}[5m]) > 1',
            "le is one of 0.1, 1.0, 5.0, +Inf",
            id="a bucket that is not there",
        ),
        pytest.param("metric/type", "rate(shop_queue[5m]) > 1", "delta(shop_queue[5m]) > 1", "a counter", id="a rate"),
        pytest.param(
            "metric/type",
            "deriv(shop_orders_total[5m]) > 1",
            "deriv(shop_queue[5m]) > 1",
            "needs a gauge",
            id="the slope of a counter",
        ),
        pytest.param(
            "metric/unit",
            "shop_load > 80",
            "shop_load > 0.8",
            "as if it were percent; write 0.8",
            id="percent of a ratio",
        ),
        pytest.param(
            "metric/unit", "shop_percent > 0.8", "shop_percent > 80", "write 80", id="a share of what is in percent"
        ),
        pytest.param(
            "metric/unit",
            "rate(shop_seconds_sum[5m]) / rate(shop_seconds_count[5m]) > 500",
            "rate(shop_seconds_sum[5m]) / rate(shop_seconds_count[5m]) > 5",
            "as if they were milliseconds; write 0.5",
            id="milliseconds of what is in seconds",
        ),
        pytest.param(
            "metric/unit",
            "shop_wait > shop_delay",
            "shop_wait > shop_delay / 1000",
            "puts seconds and milliseconds together",
            id="seconds above milliseconds",
        ),
        pytest.param(
            "metric/unit",
            "shop_free_bytes + shop_wait > 9",
            "shop_free_bytes + shop_size_bytes > 9",
            "puts bytes and seconds together",
            id="bytes and seconds",
        ),
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: str, right: str, says: str, told_of_alert: Told
) -> None:
    assert [says in message for message in told_of_alert(check, wrong)] == [True], told_of_alert(check, wrong)
    assert told_of_alert(check, right) == []


def test_a_value_that_no_rule_records_is_told(told: Told) -> None:
    records = [
        {"record": "shop:queue:sum", "expr": "sum(shop_queue)", "labels": {"id": one}} for one in ("north", "south")
    ]
    read = {"record": "shop:queue:twice", "expr": '2 * shop:queue:sum{id="nroth"}'}
    assert told("metric/value", [*records, read]) == ['shop:queue:sum never has id="nroth"; id is one of north, south']
    assert told("metric/value", [*records, {**read, "expr": '2 * shop:queue:sum{id="north"}'}]) == []
