"""Whatever is PromQL can be judged: no check fails on an expression that it did not expect."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebrigade.rules import checks, cost
from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql import bounds, expressions, fixed
from firebrigade.rules.promql.expressions import Expression
from firebrigade.rules.promql.units import Units

ODD = [
    "1",
    '"text"',
    "-1 < bool 2",
    "5m",
    "Inf",
    "shop_queue @ start()",
    "shop_queue offset -5m",
    "shop_queue[5m]",
    "shop_queue[1h:]",
    "shop_queue[1h:5m] offset 1d",
    '{__name__=~"shop_.*"}',
    '{__name__="shop_queue", pod=""}',
    '{"shop.queue", pod="a"}',
    "count_values(\"v\", shop_queue)",
    "topk(scalar(shop_queue), shop_load)",
    "quantile(0.9, shop_queue)",
    "limit_ratio(0.1, shop_queue)",
    "shop_queue atan2 shop_load",
    "2 ^ shop_queue % 3",
    "vector(1) / vector(0)",
    "vector(time()) > 5",
    "scalar(shop_queue) > bool 1",
    "histogram_quantile(scalar(shop_load), shop_seconds_bucket)",
    "absent(absent(shop_queue))",
    "absent_over_time(shop_queue[5m])",
    "day_of_week() == 0",
    "label_join(shop_queue, \"a\", \",\", \"pod\")",
    "sum without () (shop_queue)",
    "shop_queue unless on () shop_load",
    "shop_queue * on (pod) group_right (disk) shop_free_bytes",
    "predict_linear(shop_queue[5m:1m], 60)",
    'shop_queue{pod=~"(?i)a"} > 1',
    'shop_queue{kind=~"[[:alpha:]]+"} > 1',
    "sort_by_label(shop_queue, \"pod\")",
    "pi()",
]  # fmt: skip

SELECTORS = st.sampled_from(
    [
        "shop_queue",
        'shop_requests_total{status=~"5.."}',
        "shop_orders_total",
        'shop_seconds_bucket{le="5.0"}',
        "shop_seconds_sum",
        "shop_load",
        "shop_delay",
        "unknown_series",
        "some:record",
    ]
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "/", "%", "^", ">", "<", "==", "!=", ">=", "<=", "and", "or", "unless"])
    matching = st.sampled_from(["", "on (pod)", "ignoring (status)", "on ()"])
    aggregations = st.sampled_from(["sum", "avg", "count", "max", "group", "stddev"])
    groupings = st.sampled_from(["", "by (service, pod)", "without (status)"])
    functions = st.sampled_from(["abs", "round", "absent", "scalar", "sort"])
    ranged = st.sampled_from(["rate", "increase", "avg_over_time", "max_over_time", "delta"])
    return st.one_of(
        st.builds("({0}) {1} {2} ({3})".format, inner, signs, matching, inner),
        st.builds("({0}) {1} {2}".format, inner, signs, st.sampled_from(["0", "0.5", "80", "-1"])),
        st.builds("{0} {1} ({2})".format, aggregations, groupings, inner),
        st.builds("{0}({1})".format, functions, inner),
        st.builds("{0}(({1})[1h:5m])".format, ranged, inner),
        st.builds("{0}({1}[5m])".format, ranged, SELECTORS),
    )


def judge_all(text: str, contract: Contract) -> None:
    expr = Expression.of(expressions.parse(text))
    for alert in (True, False):
        query = Query(expr=expr, contract=contract, alert=alert, hold=timedelta(minutes=5 * alert))
        for check in checks.every().values():
            if isinstance(check, QueryCheck):
                assert all(sentence and "\n" not in sentence for sentence in check.judge(query)), check.name
    Units(contract).of(expr.root)
    fixed.values(expr.root, contract)
    found = bounds.of(expr.root, contract)
    assert found.low <= found.high
    assert cost.samples(expr.root, contract) >= 0


@pytest.mark.parametrize("text", ODD)
def test_an_odd_expression_is_judged(text: str, shop: Contract) -> None:
    judge_all(text, shop)


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
@given(st.recursive(SELECTORS, _combined, max_leaves=5))
def test_any_expression_is_judged(shop: Contract, text: str) -> None:
    try:
        expressions.parse(text)
    except ValueError:
        return  # such as a scalar where a vector must be
    judge_all(text, shop)
