"""Trees into PromQL: promql_parser's own text loses the backslashes of regular expressions. Knows no rule."""

import json
from datetime import timedelta
from decimal import Decimal

import promql_parser as promql

from firebrigade.rules.mutation.tree import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Matcher,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
    Tree,
    children,
)

# From the loosest to the tightest (https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence).
_PRECEDENCE = (("or",), ("and", "unless"), COMPARISONS, ("+", "-"), ("*", "/", "%", "atan2"), ("^",))
_TIGHTNESS = {operator: level for level, operators in enumerate(_PRECEDENCE) for operator in operators}


def text(tree: Tree) -> str:
    """Return the expression in one line, with the parentheses that it needs."""
    if isinstance(tree, Number):
        return tree.written
    if isinstance(tree, Text):
        return _quoted(tree.value)
    if isinstance(tree, Call):
        return f"{tree.function}({', '.join(map(text, tree.arguments))})"
    if isinstance(tree, Negation):
        return f"-{_inside(tree.expr, isinstance(tree.expr, Binary | Negation))}"
    if isinstance(tree, Binary):
        return _binary_text(tree)
    if isinstance(tree, Aggregation):
        grouping = f" {tree.grouping} ({', '.join(tree.labels)}) " if tree.grouping else ""
        return f"{tree.operator}{grouping}({', '.join(map(text, children(tree)))})"
    return _selected_text(tree)


def matcher(one: Matcher) -> str:
    """Return one label matcher."""
    return f"{one.label}{one.operator}{_quoted(one.value)}"


def duration(length: timedelta) -> str:
    """Return a length of time as Prometheus writes it."""
    return promql.display_duration(length) if length else "0s"


def number(value: Decimal) -> str:
    """Return a number without exponent and without zeros at its end."""
    return f"{value.normalize():f}" if value.is_finite() else str(value).replace("Infinity", "Inf")


def _binary_text(tree: Binary) -> str:
    modifiers = " bool" if tree.returns_bool else ""
    modifiers += f" {tree.matching} ({', '.join(tree.labels)})" if tree.matching else ""
    modifiers += f" {tree.side} ({', '.join(tree.included)})" if tree.side else ""
    to_the_right = tree.operator == "^"  # the only one that is
    left = _inside(tree.left, _looser(tree, tree.left, or_equal=to_the_right))
    right = _inside(tree.right, _looser(tree, tree.right, or_equal=not to_the_right))
    return f"{left} {tree.operator}{modifiers} {right}"


def _looser(outer: Binary, inner: Tree, *, or_equal: bool) -> bool:
    if isinstance(inner, Negation) or (isinstance(inner, Number) and inner.written.startswith("-")):
        return True
    if not isinstance(inner, Binary):
        return False
    return _TIGHTNESS[inner.operator] - or_equal < _TIGHTNESS[outer.operator]


def _selected_text(tree: Selector | Subquery) -> str:
    if isinstance(tree, Subquery):
        selected = _inside(tree.expr, isinstance(tree.expr, Binary | Negation | Number | Text))
        selected += f"[{duration(tree.range)}:{duration(tree.step) if tree.step else ''}]"
    else:
        matchers = ", ".join(map(matcher, tree.matchers))
        selected = tree.name + (f"{{{matchers}}}" if matchers or not tree.name else "")
        selected += f"[{duration(tree.range)}]" if tree.range else ""
    sign = "-" if tree.offset < timedelta() else ""
    selected += f" offset {sign}{duration(abs(tree.offset))}" if tree.offset else ""
    return selected + (f" @ {tree.at}" if tree.at else "")


def _inside(tree: Tree, parentheses: bool) -> str:
    return f"({text(tree)})" if parentheses else text(tree)


def _quoted(value: str) -> str:
    # The escapes of JSON are those of Go's strings, which PromQL's are.
    return json.dumps(value, ensure_ascii=False)
