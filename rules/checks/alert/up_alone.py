"""Alerts on up that are silent about a target that is gone."""

from collections.abc import Iterator, Mapping

import promql_parser as promql

from firebrigade.rules.checks.kinds import SetCheck
from firebrigade.rules.checks.subjects import Entry, RuleSet
from firebrigade.rules.document import KeyPath
from firebrigade.rules.promql import expressions
from firebrigade.rules.promql.conditions import limits
from firebrigade.rules.promql.expressions import Node, Selector, is_absence, nodes, operator, selectors

_Labels = Mapping[str, str]


def _judge(rules: RuleSet) -> Iterator[tuple[Entry, KeyPath, str]]:
    parsed = [(entry, expressions.parse(entry.rule.expr)) for entry in _about(rules)]
    asked = [wanted for _, expr in parsed for wanted in _absences(expr)]
    for entry, expr in parsed:
        down = list(_down(expr))
        if down and not _vanishes(expr) and not any(_covers(down[0], wanted) for wanted in asked):
            message = "is silent about a target that is gone; add an alert with absent(up{...})"
            yield entry, ("expr",), message


def _about(rules: RuleSet) -> Iterator[Entry]:
    """Yield the alerts that ask whether something is up or absent; what is asked is the same for all of one shape."""
    known: dict[int, bool] = {}
    for entry in rules.entries:
        if entry.rule.alert and entry.facts is not None and "up" in entry.facts.names:
            root, key = entry.facts.query.expr.root, id(entry.facts)
            if key not in known:
                known[key] = any(_down(root)) or any(_absences(root))
            if known[key]:
                yield entry


def _down(expr: Node) -> Iterator[Selector]:
    """Yield what is asked to be down: ``up == 0``, also of a minimum."""
    for node, sign, limit in limits(expr):
        found = list(selectors(node))
        if (sign, limit) in {("==", 0), ("<", 1)} and [selector.name for selector in found] == ["up"]:
            yield found[0]


def _absences(expr: Node) -> Iterator[_Labels]:
    for node in nodes(expr):
        if is_absence(node):
            yield from (_equal(selector) for selector in selectors(node) if selector.name == "up")


def _vanishes(expr: Node) -> bool:
    """Say whether the expression looks by itself for what is not there."""
    return any(is_absence(node) or _is_unless(node) for node in nodes(expr))


def _is_unless(node: Node) -> bool:
    return isinstance(node, promql.BinaryExpr) and operator(node) == "unless"


def _covers(down: Selector, wanted: _Labels) -> bool:
    """Say whether targets can be among those that are asked for."""
    return all(wanted.get(label, value) == value for label, value in _equal(down).items() if value)


def _equal(selector: Selector) -> _Labels:
    return {matcher.name: matcher.value for matcher in selector.matchers if matcher.op == promql.MatchOp.Equal}


CHECK = SetCheck(
    name="alert/up-alone",
    severity="warning",
    explains="compares up with 0, which is silent about a target that is gone altogether",
    judge=_judge,
)
