"""Expressions that load, run and mislead: a mistake that is told, and what is nearly the same and right."""

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
            "promql/lost-label",
            "sum by (pod_name) (shop_queue) > 9",
            "sum by (pod) (shop_queue) > 9",
            "there is no pod_name",
            id="a grouping by a label that is not there",
        ),
        pytest.param(
            "promql/lost-label",
            "sum by (pod) (shop_queue) * on (service) shop_load > 9",
            "sum by (pod) (shop_queue) * on (pod) shop_load > 9",
            "there is no service",
            id="a match by a label that was aggregated away",
        ),
        pytest.param(
            "promql/quantile-le",
            "histogram_quantile(0.95, sum by (service) (rate(shop_seconds_bucket[5m]))) > 1",
            f"{P95} > 1",
            "keep le",
            id="a quantile without le",
        ),
        pytest.param(
            "promql/quantile-top", f"{P95} > 5", f"{P95} > 4.9", "largest bucket (5.0)", id="a quantile above the top"
        ),
        pytest.param(
            "promql/impossible",
            "count by (service) (shop_state == 0) == 0",
            "(count by (service) (shop_state == 0) or vector(0)) == 0",
            "the left side is never below 1",
            id="a count that is 0",
        ),
        pytest.param(
            "promql/impossible",
            "shop_load > 1",
            "shop_load >= 1",
            "is never below 0 and never above 1",
            id="a ratio above 1",
        ),
        pytest.param("promql/impossible", "up == 2", "up == 1", "never above 1", id="an up of 2"),
        pytest.param(
            "promql/impossible", "shop_state > 1", "shop_state == 1", "never above 1", id="a state there is not"
        ),
        pytest.param(
            "promql/impossible",
            'sum(rate(shop_requests_total{status="500"}[5m])) / sum(rate(shop_requests_total[5m])) > 5',
            'sum(rate(shop_requests_total{status="500"}[5m])) / sum(rate(shop_orders_total[5m])) > 5',
            "never above 1",
            id="a part that is more than the whole",
        ),
        pytest.param(
            "promql/impossible",
            '1 - sum(rate(shop_seconds_bucket{le="5.0"}[5m])) / (sum(rate(shop_seconds_count[5m])) > 0) > 2',
            '1 - sum(rate(shop_seconds_bucket{le="5.0"}[5m])) / (sum(rate(shop_seconds_count[5m])) > 0) > 0.2',
            "never above 1",
            id="the rest of a histogram that is more than all of it",
        ),
        pytest.param("promql/impossible", "absent(up) == 0", "absent(up) == 1", "is always 1", id="an absence of 0"),
        pytest.param(
            "promql/impossible", "rate(shop_orders_total[5m]) < 0", "shop_queue < 0", "never below 0", id="a rate"
        ),
        pytest.param(
            "promql/impossible",
            "shop_queue > 9 and shop_queue < 3",
            "shop_queue > 3 and shop_queue < 9",
            "nothing is both > 9 and < 3",
            id="clauses that exclude each other",
        ),
        pytest.param(
            "promql/impossible",
            "shop_queue > 9 and shop_wait > 1 and shop_queue < 9",
            "shop_queue >= 9 and shop_wait < 1 and shop_queue <= 9",
            "nothing is both > 9 and < 9",
            id="clauses that meet in a number which both leave out",
        ),
        pytest.param(
            "promql/quantile-rate",
            "histogram_quantile(0.95, sum by (service, le) (shop_seconds_bucket)) > 1",
            f"{P95} > 1",
            "take rate(shop_seconds_bucket[5m]) first",
            id="a quantile of all time",
        ),
        pytest.param(
            "promql/range",
            "rate(shop_orders_total[59s]) > 9",
            "rate(shop_orders_total[1m]) > 9",
            "take at least 60s",
            id="a range of three scrapes",
        ),
        pytest.param(
            "promql/predict-linear",
            "predict_linear(shop_free_bytes[23h], 3600) < 0",
            "predict_linear(shop_free_bytes[1d], 3600) < 0",
            "take a day or more",
            id="a prediction from a night",
        ),
        pytest.param(
            "promql/counter",
            "sum by (service) (shop_orders_total) == 0",
            "sum by (service) (increase(shop_orders_total[1h])) == 0",
            "compare its rate or increase",
            id="a counter that is 0",
        ),
        pytest.param(
            "promql/counter",
            "9 < shop_orders_total",
            "count(shop_orders_total unless shop_orders_total offset 10m) > 0 or shop_queue > 9",
            "the counter shop_orders_total with > 9",
            id="a counter above a number",
        ),
        pytest.param(
            "promql/regexp", 'shop_queue{pod=~"a"} > 1', 'shop_queue{pod=~"a.*"} > 1', "write pod=", id="plain text"
        ),
        pytest.param(
            "promql/regexp",
            'shop_queue{pod!~"a\\\\.b"} > 1',
            'shop_queue{pod!~"a\\\\d"} > 1',
            "write pod!=",
            id="plain text with a dot",
        ),
        pytest.param(
            "promql/regexp", 'shop_queue{pod=~".*"} > 1', 'shop_queue{pod=~".+"} > 1', "remove it", id="everything"
        ),
        pytest.param(
            "promql/regexp", 'shop_queue{pod!~".*"} > 1', 'shop_queue{pod!~".+"} > 1', "leaves nothing", id="nothing"
        ),
        pytest.param(
            "promql/regexp", 'shop_queue{pod=~"^a.*$"} > 1', 'shop_queue{pod=~"a.*"} > 1', "anchored", id="anchors"
        ),
        pytest.param(
            "promql/vector-matching",
            "sum by (service, pod) (shop_queue) / sum by (service) (shop_size_bytes) > 9",
            "sum by (service, pod) (shop_queue) / on (service) group_left () sum by (service) (shop_size_bytes) > 9",
            "the left side of / has pod",
            id="sides with other labels",
        ),
        pytest.param(
            "promql/vector-matching",
            'shop_queue{job="a"} > 9 and shop_wait{job="b"} > 9',
            'shop_queue{job="a"} > 9 and ignoring (job) shop_wait{job="b"} > 9',
            'have job="a" and job="b"',
            id="matchers that exclude each other",
        ),
        pytest.param(
            "promql/retention",
            "avg_over_time(shop_queue[1w] offset 26d) > 9",
            "avg_over_time(shop_queue[1w] offset 25d) > 9",
            "looks 33d back, and Prometheus keeps 32d",
            id="a range behind an offset",
        ),
        pytest.param(
            "promql/retention",
            "max_over_time(rate(shop_orders_total[3d])[30d:1h]) > 9",
            "max_over_time(rate(shop_orders_total[3d])[29d:1h]) > 9",
            "looks 33d back",
            id="a range of ranges",
        ),
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: str, right: str, says: str, told_of_alert: Told
) -> None:
    assert [says in message for message in told_of_alert(check, wrong)] == [True], told_of_alert(check, wrong)
    assert told_of_alert(check, right) == []


def test_recorded_series_of_two_windows_never_match(told: Told) -> None:
    records = [
        {
            "record": f"shop:rate{window}",
            "expr": f"sum(rate(shop_orders_total[{window}]))",
            "labels": {"window": window},
        }
        for window in ("5m", "1h")
    ]
    wrong = {"record": "shop:both", "expr": "shop:rate5m and shop:rate1h"}
    right = {"record": "shop:both", "expr": "shop:rate5m and ignoring (window) shop:rate1h"}
    assert told("promql/vector-matching", [*records, wrong]) == [
        'the sides of and have window="5m" and window="1h": they never match; ignore window, or correct one'
    ]
    assert told("promql/vector-matching", [*records, right]) == []


def test_what_is_not_promql_is_told_once(told_of_alert: Told) -> None:
    assert [message.startswith("is not valid PromQL: ") for message in told_of_alert("promql/syntax", "up == (")] == [
        True
    ]
    assert told_of_alert("promql/syntax", "up == 0") == []
