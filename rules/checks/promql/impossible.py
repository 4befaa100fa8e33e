"""Comparisons that are never true."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql import bounds
from firebrigade.rules.promql.bounds import Bounds
from firebrigade.rules.promql.conditions import clauses, limits
from firebrigade.rules.promql.expressions import Node, is_comparison, is_filter, operator, unwrapped


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        if is_comparison(node):
            left, right = (bounds.of(side, query.contract) for side in (node.lhs, node.rhs))
            if not left.can(operator(node), right):
                yield f"{_short(node)} is never true: the left side {_within(left)}"
    yield from _contradictions(query.expr.root)


def _contradictions(expr: Node) -> Iterator[str]:
    """Yield pairs of clauses that limit one thing to nothing: ``x > 5 and x < 3``."""
    seen: dict[str, list[tuple[str, float]]] = {}
    for clause in clauses(expr):
        for node, sign, limit in limits(clause) if is_filter(clause) else ():
            text = unwrapped(node).prettify()
            for other, bound in seen.get(text, ()):
                if not _range(sign, limit).can("==", _range(other, bound)) or _touch(sign, limit, other, bound):
                    yield f"nothing is both {other} {bound:g} and {sign} {limit:g}; join them by or, or correct one"
            seen.setdefault(text, []).append((sign, limit))
            break  # limits within limits are about other things


def _range(sign: str, limit: float) -> Bounds:
    if sign in {">", ">="}:
        return Bounds(low=limit)
    if sign in {"<", "<="}:
        return Bounds(high=limit)
    return Bounds(limit, limit) if sign == "==" else Bounds()


def _touch(sign: str, limit: float, other: str, bound: float) -> bool:
    """Say whether two ranges meet in one number that one of them leaves out."""
    return limit == bound and "=" not in sign + other and {sign, other} == {">", "<"}


def _within(found: Bounds) -> str:
    if found.low == found.high:
        return f"is always {found.low:g}"
    words = (f"never below {found.low:g}", f"never above {found.high:g}")
    known = [text for text, bound in zip(words, (found.low, found.high), strict=True) if abs(bound) != float("inf")]
    return f"is {' and '.join(known)}"


def _short(node: Node) -> str:
    text = " ".join(node.prettify().split())
    return text if len(text) < 80 else f"a comparison by {operator(node)} ({text[-40:]})"


CHECK = QueryCheck(
    name="promql/impossible",
    severity="error",
    explains="compares what can never compare so, such as a count with 0, so the rule never has a result",
    judge=_judge,
)
