"""``or`` where a sum was meant."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.conditions import names
from firebrigade.rules.promql.expressions import RATES, Node, is_comparison, nodes, operator, output_labels, unwrapped


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        if operator(node) != "or":
            continue
        if _is_rate(node.lhs) and _is_rate(node.rhs) and names(node.lhs) != names(node.rhs):
            listed = f"{_listed(node.lhs)} or {_listed(node.rhs)}"
            yield f"{listed}: where the first has a result, the second is dropped; add them"
        elif _without_labels(node.lhs, query) and _without_labels(node.rhs, query):
            yield "has no labels on either side of or, so only one is ever kept; give each a label of its own"


def _without_labels(node: Node, query: Query) -> bool:
    """Say whether a side is one series without labels, and no fallback such as ``vector(0)`` or ``0 * x``."""
    reads = names(node) and not any(_is_zero(one) for one in nodes(node) if one is not unwrapped(node))
    return bool(reads) and output_labels(node, query.contract.labels_of) == frozenset()


def _is_rate(node: Node) -> bool:
    """Say whether a side is a rate with nothing that limits or replaces it."""
    inside = list(nodes(node))
    rates = any(isinstance(one, promql.Call) and one.func.name in RATES for one in inside)
    return rates and not any(is_comparison(one) or _is_zero(one) for one in inside)


def _is_zero(node: Node) -> bool:
    return isinstance(node, promql.NumberLiteral) and node.val == 0


def _listed(node: Node) -> str:
    return ", ".join(sorted(names(node)))


CHECK = QueryCheck(
    name="promql/or-drops",
    severity="warning",
    explains="joins by or what has the same labels, which drops the second side wherever the first has a result",
    judge=_judge,
)
