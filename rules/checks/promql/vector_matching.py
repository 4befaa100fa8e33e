"""Two sides that never meet."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql import fixed
from firebrigade.rules.promql.expressions import Labels, Node, is_scalar, nodes, operator, output_labels

_MAY_LACK = frozenset({"label_replace", "label_join", "absent", "absent_over_time", "vector"})


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        if operator(node) != "or" and not is_scalar(node.lhs) and not is_scalar(node.rhs):
            yield from _apart(node, query.contract)


def _apart(node: Node, contract: Contract) -> Iterator[str]:
    left, right = (output_labels(side, contract.labels_of) for side in (node.lhs, node.rhs))
    if left is None or right is None:
        return
    keys = _keys(node, left, right)
    for label in sorted(keys):
        if label in left and label in right:
            yield from _never_equal(node, label, contract)
    if _uses_on(node) or _may_lack(node.lhs) or _may_lack(node.rhs):
        return
    sure_left, sure_right = (output_labels(side, contract.sure_labels_of) for side in (node.lhs, node.rhs))
    for one, other, side in ((sure_left, right, "left"), (sure_right, left, "right")):
        if one and (lost := ", ".join(sorted(keys & one - other))):
            sides = f"the {side} side of {operator(node)} has {lost}, the other has not"
            yield f"{sides}: they never match; use on or ignoring"


def _keys(node: Node, left: Labels, right: Labels) -> Labels:
    matching = node.modifier.matching if node.modifier is not None else None
    if matching is None:
        return left | right
    named = frozenset(matching.labels)
    return named if matching.type == promql.LabelModifierType.Include else (left | right) - named


def _uses_on(node: Node) -> bool:
    matching = node.modifier.matching if node.modifier is not None else None
    return matching is not None and bool(matching.type == promql.LabelModifierType.Include)


def _may_lack(side: Node) -> bool:
    """Say whether a side's labels are not all sure to be there."""
    return any(
        (isinstance(one, promql.Call) and one.func.name in _MAY_LACK)
        or (isinstance(one, promql.BinaryExpr) and operator(one) == "or")
        for one in nodes(side)
    )


def _never_equal(node: Node, label: str, contract: Contract) -> Iterator[str]:
    left, right = (fixed.values(side, contract).get(label) for side in (node.lhs, node.rhs))
    if left and right and not any(value in right for value in left):
        shown = " and ".join(f'{label}="{next(iter(side))}"' for side in (left, right))
        yield f"the sides of {operator(node)} have {shown}: they never match; ignore {label}, or correct one"


CHECK = QueryCheck(
    name="promql/vector-matching",
    severity="error",
    explains="matches two sides whose labels can never be equal, so there is never a result",
    judge=_judge,
)
