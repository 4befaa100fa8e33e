"""Which values a label of an expression's result can only have: those that its matchers and its rules fix.

The check of vector matching asks whether two sides can meet. What is not fixed is left out.
"""

from collections.abc import Collection, Mapping

import promql_parser as promql

from firebrigade.rules.contract import Contract
from firebrigade.rules.promql.expressions import (
    SET_OPERATORS,
    Node,
    children,
    is_scalar,
    operator,
    output_labels,
    selectors,
    unwrapped,
)

Fixed = Mapping[str, Collection[str]]


def values(expr: Node, contract: Contract) -> Fixed:
    """Return the possible values of labels that an expression's result is sure to carry."""
    node = unwrapped(expr)
    if isinstance(node, promql.VectorSelector):
        return _selected(node, contract)
    if isinstance(node, promql.AggregateExpr):
        kept = output_labels(node, contract.labels_of)
        return {} if kept is None else _only(values(node.expr, contract), kept)
    if isinstance(node, promql.BinaryExpr):
        return _combined(node, contract)
    if isinstance(node, promql.Call):
        changes = node.func.name in {"label_replace", "label_join", "absent", "absent_over_time", "vector"}
        return {} if changes or not list(selectors(node)) else _first(node, contract)
    below = children(node)
    return values(below[0], contract) if below else {}


def _first(call: Node, contract: Contract) -> Fixed:
    vectors = (one for one in call.args if list(selectors(one)))
    return values(next(vectors), contract)


def _selected(node: Node, contract: Contract) -> Fixed:
    (selector,) = selectors(node)
    series = contract.series.get(selector.name)
    # A metric's listed values say what is possible, and a recorded one's what its rules set: it always has the label.
    found: dict[str, Collection[str]] = dict(series.values) if series is not None and series.kind == "recorded" else {}
    equal = {m.name: (m.value,) for m in selector.matchers if m.op == promql.MatchOp.Equal and m.value}
    return {**found, **equal}


def _combined(node: Node, contract: Contract) -> Fixed:
    sign = operator(node)
    if is_scalar(node.lhs):
        return values(node.rhs, contract)
    if sign == "or":
        return {}
    if sign in SET_OPERATORS or is_scalar(node.rhs):
        return values(node.lhs, contract)
    kept = output_labels(node, contract.labels_of) or frozenset()
    return _only({**values(node.rhs, contract), **values(node.lhs, contract)}, kept)


def _only(found: Fixed, labels: Collection[str]) -> Fixed:
    return {label: possible for label, possible in found.items() if label in labels}
