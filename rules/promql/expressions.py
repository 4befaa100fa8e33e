"""What a PromQL expression reads and which labels its result carries, from the parsed expression.

The checks, ``units.py`` and ``bounds.py`` ask. Knows PromQL, and no metric: what a series carries is passed in as
``labels_of``.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser as promql

Labels = frozenset[str]
LabelsOf = Callable[[str], Labels | None]
Node = Any  # one of promql_parser's expression classes

RATES = frozenset({"rate", "increase", "irate"})
SET_OPERATORS = frozenset({"and", "or", "unless"})
_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One selection of series; ``range`` is None for an instant one, ``name`` empty where only labels select."""

    name: str
    matchers: tuple[promql.Matcher, ...]
    range: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression with everything inside it, found once.

    Attributes:
        nodes: the expression and all its parts, outermost first.
        selectors: what it selects, from left to right.
    """

    root: Node
    nodes: tuple[Node, ...]
    selectors: tuple[Selector, ...]

    @classmethod
    def of(cls, root: Node) -> "Expression":
        """Look through a parsed expression."""
        return cls(root, tuple(nodes(root)), tuple(selectors(root)))

    def calls(self, names: Container[str]) -> Iterator[Node]:
        """Yield the calls of some functions."""
        return (node for node in self.nodes if isinstance(node, promql.Call) and node.func.name in names)

    def binaries(self) -> Iterator[Node]:
        """Yield what has an operator between two sides."""
        return (node for node in self.nodes if isinstance(node, promql.BinaryExpr))


def parse(text: str) -> Node:
    """Parse an expression.

    Raises:
        ValueError: it is not PromQL; the message says why.
    """
    return promql.parse(text)


def nodes(expr: Node) -> Iterator[Node]:
    """Yield an expression and everything inside it, outermost first."""
    found: list[Node] = []
    promql.walk(expr, lambda node: found.append(node))
    yield from found


def selectors(expr: Node) -> Iterator[Selector]:
    """Yield what an expression selects, from left to right."""
    ranges: list[timedelta] = []
    for node in nodes(expr):
        if isinstance(node, promql.MatrixSelector):
            ranges.append(node.range)  # its vector selector is walked next
        elif isinstance(node, promql.VectorSelector):
            yield _selector(node, ranges.pop() if ranges else None)


def operator(node: Node) -> str:
    """Return an operator's text, such as ``>`` or ``sum``."""
    return str(node.op)


def is_comparison(node: Node) -> bool:
    """Say whether a node compares."""
    return isinstance(node, promql.BinaryExpr) and operator(node) in _COMPARISONS


def is_filter(node: Node) -> bool:
    """Say whether a node compares and drops what is not so: without ``bool``."""
    return is_comparison(node) and not (node.modifier is not None and node.modifier.return_bool)


def children(node: Node) -> tuple[Node, ...]:
    """Return what an expression is directly made of; numbers and texts are parts, too."""
    if isinstance(node, promql.BinaryExpr):
        return (node.lhs, node.rhs)
    if isinstance(node, promql.Call):
        return tuple(node.args)
    if isinstance(node, promql.MatrixSelector):
        return (node.vector_selector,)
    if isinstance(node, promql.AggregateExpr | promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return (node.expr,)
    return ()


def number(node: Node) -> float | None:
    """Return the value of a number as it is written, or None for anything else."""
    node = unwrapped(node)
    if isinstance(node, promql.UnaryExpr) and isinstance(unwrapped(node.expr), promql.NumberLiteral):
        return -float(unwrapped(node.expr).val)
    return float(node.val) if isinstance(node, promql.NumberLiteral) else None


def unwrapped(node: Node) -> Node:
    """Return a node without the parentheses around it."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return node


def output_labels(expr: Node, labels_of: LabelsOf) -> Labels | None:
    """Return the labels that an expression's result can carry, or None where a selected series is unknown.

    Follows Prometheus' rules for aggregation and vector matching
    (https://prometheus.io/docs/prometheus/latest/querying/operators/).
    """
    node = unwrapped(expr)
    if isinstance(node, promql.VectorSelector):
        return labels_of(_selector(node, None).name)
    if isinstance(node, promql.MatrixSelector):
        return output_labels(node.vector_selector, labels_of)
    if isinstance(node, promql.SubqueryExpr | promql.UnaryExpr):
        return output_labels(node.expr, labels_of)
    if isinstance(node, promql.AggregateExpr):
        return _aggregated(node, labels_of)
    if isinstance(node, promql.Call):
        return _called(node, labels_of)
    if isinstance(node, promql.BinaryExpr):
        return _combined(node, labels_of)
    return frozenset()


def _selector(node: Node, span: timedelta | None) -> Selector:
    matchers = tuple(node.matchers.matchers)
    exact = (m.value for m in matchers if m.name == "__name__" and m.op == promql.MatchOp.Equal)
    name = node.name or next(exact, "")
    return Selector(name=name, matchers=tuple(m for m in matchers if m.name != "__name__"), range=span)


def _aggregated(node: Node, labels_of: LabelsOf) -> Labels | None:
    inner = output_labels(node.expr, labels_of)
    if operator(node) in {"topk", "bottomk", "limitk", "limit_ratio"}:
        return inner
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    if node.modifier.type == promql.AggModifierType.By:
        return named if inner is None else named & inner
    return None if inner is None else inner - named


def _called(node: Node, labels_of: LabelsOf) -> Labels | None:
    name, arguments = node.func.name, list(node.args)
    if name in {"absent", "absent_over_time"}:
        return _absent(arguments[0])
    vectors = [a for a in arguments if not isinstance(unwrapped(a), promql.NumberLiteral | promql.StringLiteral)]
    if name in {"vector", "time", "scalar"} or not vectors:
        return frozenset()
    inner = output_labels(vectors[0], labels_of)
    if inner is None:
        return None
    if name in {"label_replace", "label_join"}:
        return inner | {unwrapped(arguments[1]).val}
    return inner - {"le"} if name == "histogram_quantile" else inner


def _absent(argument: Node) -> Labels:
    found = list(selectors(argument))
    return frozenset(m.name for s in found for m in s.matchers if m.op == promql.MatchOp.Equal)


def _combined(node: Node, labels_of: LabelsOf) -> Labels | None:
    left, right = (output_labels(side, labels_of) for side in (node.lhs, node.rhs))
    if left is None or right is None:
        return None
    if operator(node) == "or":
        return left & right
    if operator(node) in SET_OPERATORS or is_scalar(node.rhs):
        return left
    return right if is_scalar(node.lhs) else _matched(node, left, right)


def _matched(node: Node, left: Labels, right: Labels) -> Labels:
    if node.modifier is None:
        return left & right
    card, matching = node.modifier.card, node.modifier.matching
    extra = frozenset(node.modifier.group_labels or ())
    if card == promql.VectorMatchCardinality.ManyToOne:
        return left | extra
    if card == promql.VectorMatchCardinality.OneToMany:
        return right | extra
    if matching is None:
        return left & right
    named = frozenset(matching.labels)
    return named & left if matching.type == promql.LabelModifierType.Include else left - named


def is_scalar(node: Node) -> bool:
    """Say whether a node is a single number without labels."""
    node = unwrapped(node)
    if isinstance(node, promql.Call):
        return node.func.name in {"scalar", "time", "pi"}
    if isinstance(node, promql.BinaryExpr):
        return is_scalar(node.lhs) and is_scalar(node.rhs)
    if isinstance(node, promql.UnaryExpr):
        return is_scalar(node.expr)
    return isinstance(node, promql.NumberLiteral)


def is_absence(node: Node) -> bool:
    """Say whether a node asks for series that are not there."""
    return isinstance(node, promql.Call) and node.func.name in {"absent", "absent_over_time"}
