"""The clauses of a condition: what is joined by ``and``, and which of them limit what.

Checks ask whether a comparison is guarded by another one, or contradicts it. Nothing here judges.
"""

from collections.abc import Iterator

from firebrigade.rules.promql.expressions import Node, is_filter, nodes, number, operator, selectors, unwrapped

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def clauses(expr: Node) -> Iterator[Node]:
    """Yield what must all be so: the sides of each ``and`` at the top, from left to right."""
    node = unwrapped(expr)
    if hasattr(node, "rhs") and operator(node) == "and":
        yield from clauses(node.lhs)
        yield from clauses(node.rhs)
    else:
        yield node


def limits(expr: Node) -> Iterator[tuple[Node, str, float]]:
    """Yield each comparison with a number that filters, as what is limited, the operator and the number."""
    for node in nodes(expr):
        if is_filter(node):
            left, right = number(node.lhs), number(node.rhs)
            if right is not None:
                yield node.lhs, operator(node), right
            elif left is not None:
                yield node.rhs, _TURNED[operator(node)], left


def asks_for_more(expr: Node) -> Iterator[Node]:
    """Yield what must be above a number: a minimum of something."""
    return (node for node, sign, limit in limits(expr) if sign in {">", ">="} and limit >= 0)


def names(expr: Node) -> frozenset[str]:
    """Return the series that an expression reads."""
    return frozenset(selector.name for selector in selectors(expr))
