"""Shares, sums and means: a mistake that is told, and what is nearly the same and right."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]

SHARE = (
    'sum by (service) (rate(shop_requests_total{status="500"}[5m])) / sum by (service) (rate(shop_requests_total[5m]))'
)
P95 = "histogram_quantile(0.95, sum by (service, le) (rate(shop_seconds_bucket[5m])))"


@pytest.mark.parametrize(
    ("check", "wrong", "right", "says"),
    [
        pytest.param(
            "promql/ratio-guard",
            f"{SHARE} > 0.05",
            f"{SHARE} > 0.05 and sum by (service) (rate(shop_requests_total[5m])) * 300 >= 10",
            "add and <events> >= <a minimum>",
            id="a share of hardly any events",
        ),
        pytest.param(
            "promql/ratio-guard",
            "shop_free_bytes / shop_size_bytes > 0.9",
            "shop_free_bytes / (shop_size_bytes > 0) > 0.9",
            "divide by (... > 0)",
            id="a gauge that may be 0",
        ),
        pytest.param(
            "promql/ratio-guard",
            f"{SHARE} > 0.05 and sum by (service) (rate(shop_orders_total[5m])) > 9",
            "rate(shop_seconds_sum[5m]) / rate(shop_seconds_count[5m]) > 3",
            "add and <events> >= <a minimum>",
            id="a minimum of something else; a mean time needs none",
        ),
        pytest.param(
            "promql/ratio-guard",
            "sum(shop_load) / sum(shop_load) > 0.5",
            "sum(shop_load == bool 1) / count(shop_load) > 0.5",
            "divide by (... > 0)",
            id="a count is never 0",
        ),
        pytest.param(
            "promql/or-drops",
            "sum(rate(shop_orders_total[5m]) or rate(shop_requests_total[5m])) > 9",
            "sum(rate(shop_orders_total[5m]) or 0 * rate(shop_requests_total[5m])) > 9",
            "shop_orders_total or shop_requests_total: where",
            id="two rates",
        ),
        pytest.param(
            "promql/or-drops",
            "sum(shop_queue) > 1 or sum(shop_wait) > 1",
            "sum by (service) (shop_queue) > 1 or sum by (service) (shop_wait) > 1",
            "only one is ever kept",
            id="sides without labels",
        ),
        pytest.param(
            "promql/or-drops",
            "sum(sum(shop_queue) or sum(shop_wait)) > 1",
            "(sum(shop_queue) or 0 * sum(shop_wait)) + (sum(shop_queue) or vector(0)) > 1",
            "only one is ever kept",
            id="a fallback is no other side",
        ),
        pytest.param(
            "promql/rate-as-share",
            'sum(rate(shop_requests_total{status="500"}[5m])) > 0.05',
            f"{SHARE} > 0.05 or sum(rate(shop_requests_total[5m])) > 5",
            "divide by all of them",
            id="errors per second",
        ),
        pytest.param(
            "promql/mean-of-ratios",
            "rate(shop_squeezed_sum[5m]) / rate(shop_squeezed_count[5m]) < 5",
            "rate(shop_seconds_sum[5m]) / rate(shop_seconds_count[5m]) > 5",
            "takes the mean of shop_squeezed",
            id="the mean of what is a quotient each",
        ),
        pytest.param(
            "promql/mean-of-ratios",
            "avg(rate(shop_orders_total[5m]) / rate(shop_requests_total[5m])) > 0.5",
            "avg(rate(shop_orders_total[5m])) / avg(rate(shop_requests_total[5m])) > 0.5",
            "divide the sums",
            id="the mean of quotients",
        ),
        pytest.param(
            "promql/sum-then-rate",
            "rate(sum(shop_orders_total)[5m:1m]) > 9",
            "sum(rate(shop_orders_total[5m])) > 9",
            "take the rate first",
            id="the rate of a sum",
        ),
        pytest.param(
            "promql/sum-then-rate",
            "increase(rate(shop_orders_total[5m])[1h:1m]) > 9",
            "max_over_time(rate(shop_orders_total[5m])[1h:1m]) > 9",
            "a rate already",
            id="the increase of a rate",
        ),
        pytest.param(
            "promql/bool",
            "count(shop_state == 0) / count(shop_state) < 0.5",
            "sum(shop_state == bool 0) / count(shop_state) < 0.5",
            "add bool",
            id="a count that vanishes",
        ),
        pytest.param(
            "promql/bool",
            "1 - (shop_load > 0.5) < 0.2",
            "1 - shop_load * (up == 1) < 0.2",
            "inside of -",
            id="a difference that vanishes; what is multiplied by a filter is chosen",
        ),
        pytest.param(
            "promql/nan",
            "sum by (service) (shop_free_bytes / shop_size_bytes) > 9",
            "sum by (service) (shop_free_bytes / (shop_size_bytes > 0)) > 9",
            "one 0 / 0 makes all of it NaN",
            id="a sum of quotients",
        ),
        pytest.param(
            "promql/nan",
            "avg(shop_queue % shop_wait) > 9",
            "max(shop_queue / shop_wait) / count(shop_queue / 2) > 9",
            "takes the avg of quotients",
            id="a mean of remainders; a maximum and a count are not spoiled",
        ),
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: str, right: str, says: str, told_of_alert: Told
) -> None:
    assert [says in message for message in told_of_alert(check, wrong)] == [True], told_of_alert(check, wrong)
    assert told_of_alert(check, right) == []


def test_a_recorded_share_of_nothing_is_not_a_number(told: Told) -> None:
    wrong = {"record": "shop:errors:ratio", "expr": SHARE}
    right = {**wrong, "expr": SHARE.replace(" / ", " / (") + " > 0)"}
    assert [message for message in told("promql/ratio-guard", [wrong]) if "0 / 0" in message]
    assert told("promql/ratio-guard", [right]) == []


def test_a_recorded_comparison_ends_where_it_should_be_0(told: Told) -> None:
    wrong = {"record": "shop:busy:bool", "expr": "shop_load > 0.5"}
    assert ["records a comparison" in message for message in told("promql/bool", [wrong])] == [True]
    assert told("promql/bool", [{**wrong, "expr": "shop_load > bool 0.5"}]) == []
    assert told("promql/bool", [{**wrong, "expr": "(shop_wait / shop_load) >= 0"}]) == [], "this drops 0 / 0"


def test_what_is_recorded_is_known_by_how_it_is_recorded(told: Told) -> None:
    records = [
        {"record": "shop:orders:sum", "expr": "sum by (service) (shop_orders_total)"},
        {"record": "shop:orders:rate5m", "expr": "sum by (service) (rate(shop_orders_total[5m]))"},
        {"record": "shop:orders:copy", "expr": "shop_orders_total"},
        {"record": "shop:orders:ratio", "expr": SHARE},
    ]
    reads = [
        {"record": f"shop:{name}:read", "expr": f"rate(shop:orders:{name}[5m])"} for name in ("sum", "rate5m", "copy")
    ]
    assert told("promql/sum-then-rate", [*records, *reads]) == [
        "takes the rate of shop:orders:sum, which is a sum; record the sum of the rates",
        "takes the rate of shop:orders:rate5m, which is a rate already; record the sum of the rates",
    ]
    means = [
        {"record": f"shop:{name}:mean", "expr": f"avg_over_time(shop:orders:{name}[1h])"}
        for name in ("rate5m", "ratio")
    ]
    assert told("promql/mean-of-ratios", [*records, *means]) == [
        "takes the mean of shop:orders:ratio, which is a quotient; record both sides and divide"
    ]
