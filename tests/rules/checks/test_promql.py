"""Expressions that load, run and mislead: a mistake that is told, and what is nearly the same and right."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]

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
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: str, right: str, says: str, told_of_alert: Told
) -> None:
    assert [says in message for message in told_of_alert(check, wrong)] == [True], told_of_alert(check, wrong)
    assert told_of_alert(check, right) == []
