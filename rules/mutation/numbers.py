"""Numbers that are a little or a lot different: limits, quantiles, factors."""

from collections.abc import Iterator
from decimal import Decimal

from firebrigade.rules.mutation import writing
from firebrigade.rules.mutation.tree import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Number,
    Tree,
    children,
    with_child,
)

_LIMIT_FACTORS = (Decimal("0.9"), Decimal("1.1"), Decimal(2))
_OTHER_FACTORS = (Decimal("0.5"), Decimal(2))
# Within these 10 % of a whole number is less than one.
_FEW = 10
_WHOLE_FUNCTIONS = frozenset({"round", "changes", "resets", "count_over_time", "present_over_time", "absent", "ceil"})
_KEEP_WHOLE = frozenset({"abs", "label_replace", "max_over_time", "min_over_time", "last_over_time", "sum_over_time"})
_QUANTILES = frozenset({"histogram_quantile", "quantile_over_time", "quantile"})


def changes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield what becomes of an expression when one of the numbers directly inside it changes."""
    for place, child in enumerate(children(tree)):
        if isinstance(child, Number) and Decimal(child.written).is_finite():
            what, others = _others(tree, place, Decimal(child.written))
            for other in dict.fromkeys(map(writing.number, others)):
                yield f"{what} {child.written} becomes {other}", with_child(tree, place, Number(other))


def _others(outer: Tree, place: int, value: Decimal) -> tuple[str, tuple[Decimal, ...]]:
    if isinstance(outer, Binary) and outer.operator in COMPARISONS:
        whole = is_whole(outer.right if place == 0 else outer.left)
        return f"limit {outer.operator}", _limits(value, whole or outer.operator in {"==", "!="})
    if _name(outer) in _QUANTILES and place == 0 and 0 < value < 1:
        return "quantile", tuple(1 - (1 - value) * factor for factor in _OTHER_FACTORS)
    return "number", tuple(value * factor for factor in _OTHER_FACTORS) if value else (Decimal(1),)


def _limits(value: Decimal, whole: bool) -> tuple[Decimal, ...]:
    if not value:
        return (Decimal(1),)
    if whole and value == int(value) and abs(value) < _FEW:
        return (value - 1, value + 1, value * 2)
    return tuple(value * factor for factor in _LIMIT_FACTORS)


def is_whole(tree: Tree) -> bool:
    """Say whether an expression only ever has whole numbers, as far as its form tells."""
    if isinstance(tree, Number):
        return Decimal(tree.written) % 1 == 0
    if isinstance(tree, Aggregation):
        return tree.operator in {"count", "group"} or (tree.operator in {"sum", "max", "min"} and is_whole(tree.expr))
    if isinstance(tree, Call):
        return tree.function in _WHOLE_FUNCTIONS or (tree.function in _KEEP_WHOLE and is_whole(tree.arguments[0]))
    if not isinstance(tree, Binary):
        return False
    if tree.operator in COMPARISONS:
        return tree.returns_bool or is_whole(tree.left)
    if tree.operator in {"and", "unless"}:
        return is_whole(tree.left)
    return tree.operator in {*SET_OPERATORS, "+", "-", "*"} and is_whole(tree.left) and is_whole(tree.right)


def _name(tree: Tree) -> str:
    if isinstance(tree, Call):
        return tree.function
    return tree.operator if isinstance(tree, Aggregation) else ""
