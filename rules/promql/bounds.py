"""Between which numbers the result of an expression always is: a rate is never below 0, a count never below 1.

Checks ask, to tell comparisons that are never true. What nobody can say is between minus and plus infinity.
"""

import math
import re
from dataclasses import dataclass

import promql_parser as promql

from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.promql.expressions import (
    Node,
    children,
    is_comparison,
    is_filter,
    number,
    operator,
    selectors,
    unwrapped,
)

_SAME_CALLS = frozenset(
    """
    abs ceil floor round sort sort_desc scalar vector label_replace label_join avg_over_time min_over_time
    max_over_time last_over_time first_over_time quantile_over_time
    """.split()  # noqa: SIM905 (a line for each would be a page)
)
_COUNTING_CALLS = frozenset(
    """
    rate increase irate changes resets time timestamp stddev_over_time stdvar_over_time
    """.split()  # noqa: SIM905 (a line for each would be a page)
)
_ONES = frozenset({"absent", "absent_over_time", "present_over_time"})
_SAME_AGGREGATIONS = frozenset({"avg", "min", "max", "topk", "bottomk", "quantile"})
_MATCHERS = re.compile(r"\{[^{}]*\}")
_STATES = re.compile(r"(?:state: |, )(\d+) ")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest that a value can be."""

    low: float = -math.inf
    high: float = math.inf

    def around(self, other: "Bounds") -> "Bounds":
        """Return the bounds of values that are one or the other."""
        return Bounds(min(self.low, other.low), max(self.high, other.high))

    def can(self, sign: str, limit: "Bounds") -> bool:
        """Say whether a value can compare so with one within other bounds."""
        return {
            ">": self.high > limit.low,
            ">=": self.high >= limit.low,
            "<": self.low < limit.high,
            "<=": self.low <= limit.high,
            "==": self.low <= limit.high and limit.low <= self.high,
        }.get(sign, True)


_ANY, _NOT_NEGATIVE, _ONE, _SHARE = Bounds(), Bounds(0), Bounds(1, 1), Bounds(0, 1)


def of_contract(series: Series) -> Bounds:
    """Return what a metric's own values are between, by its type and unit."""
    if series.kind == "counter":
        return _NOT_NEGATIVE
    if series.kind == "gauge" and series.unit.startswith("ratio") and "0-1" in series.unit:
        return _SHARE
    if series.kind == "gauge" and series.unit.startswith("1 "):
        return _SHARE  # 1 where the sentence is true, 0 where it is not
    states = [float(state) for state in _STATES.findall(series.unit)] if series.unit.startswith("state: ") else []
    return Bounds(min(states), max(states)) if states else _ANY


def of(expr: Node, contract: Contract) -> Bounds:
    """Return what an expression's result is between."""
    node = unwrapped(expr)
    if (value := number(node)) is not None:
        return Bounds(value, value)
    if isinstance(node, promql.VectorSelector):
        series = contract.series.get(next(selectors(node)).name)
        return of_contract(series) if series else _ANY
    if isinstance(node, promql.AggregateExpr):
        return _aggregated(node, contract)
    if isinstance(node, promql.Call):
        return _called(node, contract)
    if isinstance(node, promql.BinaryExpr):
        return _combined(node, contract)
    if isinstance(node, promql.UnaryExpr):
        inner = of(node.expr, contract)
        return Bounds(-inner.high, -inner.low)
    below = children(node)
    return of(below[0], contract) if below else _ANY


def is_part(part: Node, whole: Node) -> bool:
    """Say whether one side is a part of the other: the same with more matchers, or a bucket of the same histogram."""
    inner, outer = (_unfiltered(side) for side in (part, whole))
    read = [list(selectors(side)) for side in (inner, outer)]
    if [len(side) for side in read] != [1, 1]:
        return False
    ours, theirs = read[0][0], read[1][0]
    family = ours.name.removesuffix("_bucket")
    names = {ours.name} | ({f"{family}_count"} if family != ours.name else set())
    sides = ((inner, ours.name), (outer, theirs.name))
    texts = {_MATCHERS.sub("", side.prettify()).replace(name, "") for side, name in sides}
    fewer, more = (set(map(str, one.matchers)) for one in (theirs, ours))
    return theirs.name in names and len(texts) == 1 and fewer <= more


def _unfiltered(node: Node) -> Node:
    """Return a node without a limit around it: ``x > 0`` has the values of ``x``."""
    node = unwrapped(node)
    return _unfiltered(node.lhs) if is_filter(node) and number(node.rhs) is not None else node


def _aggregated(node: Node, contract: Contract) -> Bounds:
    sign, inner = operator(node), of(node.expr, contract)
    if sign == "count":
        return Bounds(1)  # nothing to count is no result, and not 0
    if sign == "group":
        return _ONE
    if sign in _SAME_AGGREGATIONS:
        return inner
    if sign == "sum":
        return Bounds(inner.low if inner.low >= 0 else -math.inf)
    return _ANY


def _called(node: Node, contract: Contract) -> Bounds:
    name, arguments = node.func.name, list(node.args)
    if name in _ONES:
        return _ONE
    if name in _COUNTING_CALLS:
        return _NOT_NEGATIVE
    if name == "count_over_time":
        return Bounds(1)
    if name == "sum_over_time":
        inner = of(arguments[0], contract)
        return Bounds(inner.low if inner.low >= 0 else -math.inf)
    if name not in _SAME_CALLS or not arguments:
        return _ANY
    inner = of(arguments[-1] if name == "quantile_over_time" else arguments[0], contract)
    if name == "abs":
        return Bounds(max(inner.low, 0), max(inner.high, -inner.low))
    rounds = name in {"ceil", "floor", "round"}
    return Bounds(math.floor(inner.low), math.ceil(inner.high)) if rounds and _finite(inner) else inner


def _finite(bounds: Bounds) -> bool:
    return math.isfinite(bounds.low) and math.isfinite(bounds.high)


def _combined(node: Node, contract: Contract) -> Bounds:
    sign = operator(node)
    left, right = of(node.lhs, contract), of(node.rhs, contract)
    if is_comparison(node):
        returns_bool = node.modifier is not None and node.modifier.return_bool
        return _SHARE if returns_bool else left
    if sign in {"and", "unless"}:
        return left
    if sign == "or":
        return left.around(right)
    if sign == "+":
        return Bounds(left.low + right.low, left.high + right.high)
    if sign == "-":
        # What is left of a whole without a part of it is not below 0.
        return Bounds(0 if is_part(node.rhs, node.lhs) else left.low - right.high, left.high - right.low)
    if sign == "/" and is_part(node.lhs, node.rhs) and left.low >= 0:
        return _SHARE
    positive = left.low >= 0 and right.low >= 0
    return _NOT_NEGATIVE if sign in {"*", "/"} and positive else _ANY
