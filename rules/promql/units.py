"""In which unit the result of an expression is, as far as the metric contract tells: seconds, bytes, a share of 1.

Checks ask, to tell percent from 0-1 and seconds from milliseconds. None always means that nobody can say.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import promql_parser as promql

from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.promql.expressions import (
    SET_OPERATORS,
    Node,
    children,
    is_comparison,
    number,
    operator,
    selectors,
    unwrapped,
)

_SAME_CALLS = frozenset(
    """
    abs ceil floor round clamp clamp_min clamp_max sort sort_desc scalar vector label_replace label_join
    increase delta idelta avg_over_time min_over_time max_over_time sum_over_time last_over_time
    quantile_over_time stddev_over_time first_over_time
    """.split()  # noqa: SIM905 (a line for each would be a page)
)
_PER_SECOND_CALLS = frozenset({"rate", "irate", "deriv"})
_COUNTING_CALLS = frozenset({"count_over_time", "changes", "resets"})
_SAME_AGGREGATIONS = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "quantile", "stddev"})
_COUNTING_AGGREGATIONS = frozenset({"count", "count_values"})
# What the contract's words mean in the units that can be mistaken for each other.
_SCALES = {
    "seconds": ("seconds", Fraction(1)),
    "milliseconds": ("seconds", Fraction(1, 1000)),
    "bytes": ("bytes", Fraction(1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a value of 1 means.

    Attributes:
        of: ``seconds``, ``bytes`` or, without a dimension, empty.
        scale: how many of them: milliseconds are a thousandth of a second, percent a hundredth of a share.
        per_second: whether it is of something that happens in a second.
        share: whether it is the quotient of two amounts of one kind, such as a part of a whole.
        name: how the contract calls it; empty for what was calculated.
    """

    of: str = ""
    scale: Fraction = Fraction(1)
    per_second: bool = False
    share: bool = False
    name: str = ""

    def __str__(self) -> str:
        known = {("seconds", Fraction(1)): "seconds", ("seconds", Fraction(1, 1000)): "milliseconds"}
        if self.share:
            return "percent" if self.scale == Fraction(1, 100) else "a share of 1"
        return known.get((self.of, self.scale), self.of or self.name or "a number") + self.per_second * " per second"

    def fits(self, other: "Unit") -> bool:
        """Say whether values of both may be added or compared."""
        return (self.of, self.scale, self.per_second) == (other.of, other.scale, other.per_second)


def of_contract(series: Series) -> Unit | None:
    """Return the unit of a metric's series as it is stored."""
    if series.part in {"count", "bucket"}:
        return Unit(name="observations")
    words = series.unit.lower()
    if words in _SCALES:
        of, scale = _SCALES[words]
        return Unit(of=of, scale=scale, name=words)
    if words.startswith("percent"):
        return Unit(scale=Fraction(1, 100), share=True, name=words)
    if words.startswith("ratio") and "0-1" in words:
        return Unit(share=True, name=words)
    if "cents" in words or "dollars" in words:
        return Unit(of=series.unit, name=series.unit)
    # A state, a code or a sentence about several of them is no amount of anything.
    return Unit(name=series.unit) if words.replace(" ", "").isalpha() else None


class Units:
    """Finds units.

    Args:
        contract: the series with their units; a recorded one has the unit of its expressions.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._recorded: dict[str, Unit | None] = {}

    def of(self, expr: Node) -> Unit | None:
        """Return the unit of an expression's result."""
        node = unwrapped(expr)
        if isinstance(node, promql.VectorSelector):
            return self._selected(next(selectors(node)).name)
        if isinstance(node, promql.AggregateExpr):
            return self._aggregated(node)
        if isinstance(node, promql.Call):
            return self._called(node)
        if isinstance(node, promql.BinaryExpr):
            return self._combined(node)
        below = children(node)
        return self.of(below[0]) if below else None

    def _selected(self, name: str) -> Unit | None:
        series = self._contract.series.get(name)
        if series is None:
            return None
        if series.kind != "recorded":
            return of_contract(series)
        if name not in self._recorded:
            self._recorded[name] = None  # what reads itself has no unit of its own
            units = {self.of(expr) for expr in series.made_by}
            self._recorded[name] = units.pop() if len(units) == 1 else None
        return self._recorded[name]

    def _aggregated(self, node: Node) -> Unit | None:
        if operator(node) in _COUNTING_AGGREGATIONS:
            return Unit(name="series")
        inner = self.of(node.expr) if operator(node) in _SAME_AGGREGATIONS else None
        # The sum of shares is more than one whole.
        return replace(inner, share=False) if inner and inner.share and operator(node) == "sum" else inner

    def _called(self, node: Node) -> Unit | None:
        name, arguments = node.func.name, list(node.args)
        if name in {"time", "timestamp"}:
            return Unit(of="seconds", name="seconds")
        if name in _COUNTING_CALLS:
            return Unit(name="times")
        if name == "histogram_quantile":
            return self._quantile(arguments[1])
        if not arguments:
            return None
        inner = self.of(arguments[-1] if name == "quantile_over_time" else arguments[0])
        if name in _PER_SECOND_CALLS and inner is not None:
            return replace(inner, per_second=True, share=False)
        return inner if name in _SAME_CALLS else None

    def _quantile(self, buckets: Node) -> Unit | None:
        families = [self._contract.series.get(selector.name) for selector in selectors(buckets)]
        found = {of_contract(replace(series, part="")) if series else None for series in families}
        return found.pop() if len(found) == 1 else None

    def _combined(self, node: Node) -> Unit | None:
        sign = operator(node)
        if is_comparison(node):
            returns_bool = node.modifier is not None and node.modifier.return_bool
            return None if returns_bool else self.of(node.lhs)
        if sign in {"and", "unless"}:
            return self.of(node.lhs)
        left, right = self.of(node.lhs), self.of(node.rhs)
        if sign in SET_OPERATORS or sign in "+-":
            return self._added(node, left, right)
        if sign == "*":
            return _scaled(left, number(node.rhs)) or _scaled(right, number(node.lhs))
        if sign == "/":
            return _scaled(left, _inverse(number(node.rhs))) or _divided(left, right)
        return None

    def _added(self, node: Node, left: Unit | None, right: Unit | None) -> Unit | None:
        """Return the unit of a sum: of its sides, or of the one beside a plain number such as in ``1 - x``."""
        if left is None and number(node.lhs) is not None:
            return right
        if _is_zero(node.rhs) or (right is None and not list(selectors(node.rhs))):
            return left
        return left if left is not None and right is not None and left.fits(right) else None


def _is_zero(node: Node) -> bool:
    """Say whether a node is nothing in any unit: ``0 * x`` keeps only the labels."""
    node = unwrapped(node)
    product = isinstance(node, promql.BinaryExpr) and operator(node) == "*"
    return product and 0 in (number(node.lhs), number(node.rhs))


def _inverse(value: float | None) -> float | None:
    return 1 / value if value else None


def _scaled(unit: Unit | None, factor: float | None) -> Unit | None:
    """Return the unit after a multiplication by a number, where that turns it into another known one."""
    if unit is None or factor is None or not (unit.of == "seconds" or unit.share):
        return None
    scale = unit.scale / Fraction(factor).limit_denominator(10**9) if factor else Fraction(1)
    known = {Fraction(1), Fraction(1, 100)} if unit.share else {Fraction(1), Fraction(1, 1000)}
    return replace(unit, scale=scale) if scale in known and not unit.per_second else None


def _divided(left: Unit | None, right: Unit | None) -> Unit | None:
    if left is None or right is None:
        return None
    if left.fits(right):
        return Unit(share=True)
    if not right.of and left.per_second == right.per_second:
        return replace(left, per_second=False, share=False)  # seconds of a request: sum by count
    if not right.of and not right.per_second:
        return left
    return None
