"""Sums over quotients of which one can be no number."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql import bounds
from firebrigade.rules.promql.conditions import asks_for_more
from firebrigade.rules.promql.expressions import Node, nodes, number, operator

_SPOILED = frozenset({"sum", "avg", "stddev", "stdvar"})


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.nodes:
        spoiled = isinstance(node, promql.AggregateExpr) and operator(node) in _SPOILED
        if spoiled and any(_may_be_none(inner, query.contract) for inner in nodes(node.expr)):
            yield f"takes the {operator(node)} of quotients: one 0 / 0 makes all of it NaN; divide by (... > 0)"


def _may_be_none(node: Node, contract: Contract) -> bool:
    if not isinstance(node, promql.BinaryExpr) or operator(node) not in {"/", "%"} or number(node.rhs) is not None:
        return False
    return bounds.of(node.rhs, contract).low <= 0 and not any(asks_for_more(node.rhs))


CHECK = QueryCheck(
    name="promql/nan",
    severity="warning",
    explains="adds up quotients, of which a single 0 / 0 spoils the sum",
    judge=_judge,
)
