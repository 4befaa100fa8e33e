"""An expression as a tree whose parts can be replaced: promql_parser's own nodes can't be made from Python.

``reading.py`` makes trees, ``writing.py`` prints them, the families of mutations change them. Knows no rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

SET_OPERATORS = ("and", "or", "unless")
COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    written: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; ``operator`` is ``=``, ``!=``, ``=~`` or ``!~``."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A selection of series; ``range`` is None for an instant one, ``at`` empty or what follows ``@``."""

    name: str
    matchers: tuple[Matcher, ...] = ()
    range: timedelta | None = None
    offset: timedelta = timedelta()
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery:
    """An expression evaluated over a range; ``step`` None means the default resolution."""

    expr: "Tree"
    range: timedelta
    step: timedelta | None = None
    offset: timedelta = timedelta()
    at: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call."""

    function: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """An aggregation; ``grouping`` is ``by``, ``without`` or empty."""

    operator: str
    expr: "Tree"
    parameter: "Tree | None" = None
    grouping: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Two sides; ``matching`` is ``on``, ``ignoring`` or empty, ``side`` ``group_left``, ``group_right`` or empty."""

    operator: str
    left: "Tree"
    right: "Tree"
    returns_bool: bool = False
    matching: str = ""
    labels: tuple[str, ...] = ()
    side: str = ""
    included: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negation:
    """A minus before an expression."""

    expr: "Tree"


Tree = Number | Text | Selector | Subquery | Call | Aggregation | Binary | Negation


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return the expressions directly inside another, from left to right."""
    if isinstance(tree, Binary):
        return (tree.left, tree.right)
    if isinstance(tree, Call):
        return tree.arguments
    if isinstance(tree, Aggregation):
        return (tree.expr,) if tree.parameter is None else (tree.parameter, tree.expr)
    return (tree.expr,) if isinstance(tree, Subquery | Negation) else ()


def with_child(tree: Tree, number: int, child: Tree) -> Tree:
    """Return an expression with another one in the place of one of its children."""
    if isinstance(tree, Binary):
        return replace(tree, left=child) if number == 0 else replace(tree, right=child)
    if isinstance(tree, Call):
        return replace(tree, arguments=(*tree.arguments[:number], child, *tree.arguments[number + 1 :]))
    if isinstance(tree, Aggregation) and tree.parameter is not None and number == 0:
        return replace(tree, parameter=child)
    assert isinstance(tree, Aggregation | Subquery | Negation)  # noqa: S101 (the others have no children)
    return replace(tree, expr=child)


def everywhere(tree: Tree, changes: Callable[[Tree], Iterator[tuple[str, Tree]]]) -> Iterator[tuple[str, Tree]]:
    """Yield each change of each part, with what the whole expression becomes; outermost first."""
    yield from changes(tree)
    for number, child in enumerate(children(tree)):
        for sentence, changed in everywhere(child, changes):
            yield sentence, with_child(tree, number, changed)
