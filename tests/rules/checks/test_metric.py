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
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: str, right: str, says: str, told_of_alert: Told
) -> None:
    assert [says in message for message in told_of_alert(check, wrong)] == [True], told_of_alert(check, wrong)
    assert told_of_alert(check, right) == []
