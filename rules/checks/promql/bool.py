"""Comparisons in the middle of a calculation."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import Node, is_filter, number, operator, unwrapped


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        sign = operator(node)
        sides = {"+": (node.lhs, node.rhs), "-": (node.lhs, node.rhs), "/": (node.lhs,)}.get(sign, ())
        if any(_filtered(side) for side in sides):
            yield f"compares without bool inside of {sign}: where it is not so, there is no result; add bool"
    root = unwrapped(query.expr.root)
    if not query.alert and is_filter(root) and not _drops_nan(root):
        yield "records a comparison without bool: the series ends exactly when it is not so; add bool"


def _drops_nan(node: Node) -> bool:
    """Say whether a filter is ``x >= 0``: what is never negative loses only what is not a number."""
    return operator(node) == ">=" and number(node.rhs) == 0


def _filtered(node: Node) -> bool:
    node = unwrapped(node)
    while isinstance(node, promql.AggregateExpr) and operator(node) in {"count", "sum"}:
        node = unwrapped(node.expr)
    return is_filter(node)


CHECK = QueryCheck(
    name="promql/bool",
    severity="warning",
    explains="compares without bool inside of a calculation, so the result vanishes where it should be 0",
    judge=_judge,
)
