"""Counters compared as they are."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.conditions import limits
from firebrigade.rules.promql.expressions import SET_OPERATORS, Node, children, operator, selectors

_CHANGES = frozenset(
    """
    rate irate increase delta idelta deriv resets changes absent absent_over_time present_over_time
    count_over_time timestamp histogram_quantile
    """.split()  # noqa: SIM905 (a line for each would be a page)
)


def _judge(query: Query) -> Iterator[str]:
    for node, sign, limit in limits(query.expr.root):
        for name in _plain(node):
            series = query.contract.series.get(name)
            if series is not None and series.kind == "counter":
                yield (
                    f"compares the counter {name} with {sign} {limit:g}: it counts from the last restart on; "
                    "compare its rate or increase"
                )


def _plain(node: Node) -> Iterator[str]:
    """Yield the names of series whose own values are compared; what set operators choose is chosen on purpose."""
    if isinstance(node, promql.VectorSelector):
        yield next(selectors(node)).name
        return
    if isinstance(node, promql.Call) and node.func.name in _CHANGES:
        return
    if isinstance(node, promql.BinaryExpr) and operator(node) in SET_OPERATORS:
        return
    if isinstance(node, promql.AggregateExpr) and operator(node) in {"count", "group"}:
        return
    for below in children(node):
        yield from _plain(below)


CHECK = QueryCheck(
    name="promql/counter",
    severity="error",
    explains="compares a counter's own value, which only says how much there was since the last restart",
    judge=_judge,
)
