"""Quotients of two metrics that fire at once: after a start, one side is scraped before the other."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.conditions import names
from firebrigade.rules.promql.expressions import Node, nodes, operator


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries() if query.alert and not query.hold else ():
        if operator(node) == "/" and _aggregates(node.lhs) and _aggregates(node.rhs) and _differ(node):
            yield "divides what two metrics sum up to, without for: after a start one side is scraped first; add for"


def _aggregates(node: Node) -> bool:
    return any(isinstance(one, promql.AggregateExpr) for one in nodes(node))


def _differ(node: Node) -> bool:
    left, right = names(node.lhs), names(node.rhs)
    return bool(left) and bool(right) and left != right


CHECK = QueryCheck(
    name="alert/fragile",
    severity="warning",
    explains="divides sums of two metrics without for, so it fires while not all targets have been scraped yet",
    judge=_judge,
)
