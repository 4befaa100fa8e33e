"""Quantiles that are asked to be above their largest bucket."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import Node, is_comparison, number, operator, selectors, unwrapped


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        limit = number(node.rhs)
        if limit is None or not is_comparison(node) or operator(node) not in {">", ">="} or not _is_quantile(node.lhs):
            continue
        for selector in selectors(node.lhs):
            series = query.contract.series.get(selector.name)
            # https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile: what is in the
            # +Inf bucket counts as the upper bound of the one before it.
            if series and len(series.bounds) > 1 and limit >= float(series.bounds[-2]):
                top = series.bounds[-2]
                yield f"a quantile of {selector.name} is never above its largest bucket ({top}); ask for a share"


def _is_quantile(node: Node) -> bool:
    node = unwrapped(node)
    return isinstance(node, promql.Call) and node.func.name == "histogram_quantile"


CHECK = QueryCheck(
    name="promql/quantile-top",
    severity="error",
    explains="wants a quantile to be above the largest bucket, which it never is",
    judge=_judge,
)
