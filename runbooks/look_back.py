"""How far into the past a query looks, and whether a value that must not rise can be compared by it. Pure.

The loader checks ``verify.worse`` with it. https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import promql_parser

from firebrigade.runbooks.promql import check_instant, filters

_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_NOTHING = timedelta()


def check_comparable(query: str) -> str | None:
    """Return why two answers of a query, at different moments, would not tell whether something rose, or None."""
    if problem := check_instant(query):
        return problem
    expression = promql_parser.parse(query)
    if filters(expression):
        return (
            "leaves out what is below a limit, so that it can't be compared: take the limit out, rises_by is the limit"
        )
    if not any(_selectors(expression)):
        return "asks for no series, so that it never rises"
    if any(node.at is not None or (node.offset or _NOTHING) < _NOTHING for node in _moved(expression)):
        return "looks at a fixed moment or into the future: take @ and the negative offset out"
    bare = next(filter(None, (_bare_counter(node) for node in _nodes(expression))), None)
    if bare:
        return f"asks for the counter {bare} itself, which always rises: write rate({bare}[1m])"
    return None


def looks_back(query: str) -> timedelta:
    """Return how far a query looks into the past by its ranges, subqueries and offsets."""
    return _looks_back(promql_parser.parse(query))


def recorded(query: str) -> str:
    """Return the name of a series that a rule recorded (``level:metric:operation``), or nothing.

    How far such a rule looks back, the query does not say. https://prometheus.io/docs/practices/rules/
    """
    return next((_name(node) for node in _selectors(promql_parser.parse(query)) if ":" in _name(node)), "")


def _looks_back(node: Any) -> timedelta:
    below = max((_looks_back(child) for child in _children(node)), default=_NOTHING)
    if isinstance(node, promql_parser.MatrixSelector):
        return (node.range or _NOTHING) + _offset(node.vector_selector)
    if isinstance(node, promql_parser.SubqueryExpr):
        return (node.range or _NOTHING) + _offset(node) + below
    if isinstance(node, promql_parser.VectorSelector):
        return _offset(node)
    return below


def _offset(node: Any) -> timedelta:
    offset: timedelta | None = node.offset
    return offset or _NOTHING


def _moved(expression: Any) -> Iterator[Any]:
    """Yield whatever can carry an offset or ``@``."""
    yield from _selectors(expression)
    yield from (node for node in _nodes(expression) if isinstance(node, promql_parser.SubqueryExpr))


def _selectors(expression: Any) -> Iterator[Any]:
    for node in _nodes(expression):
        if isinstance(node, promql_parser.MatrixSelector):
            yield node.vector_selector
        elif isinstance(node, promql_parser.VectorSelector):
            yield node


def _nodes(expression: Any) -> Iterator[Any]:
    yield expression
    for child in _children(expression):
        yield from _nodes(child)


def _bare_counter(node: Any) -> str:
    """Return the counter that is asked for as it stands, now or within a range; empty for anything else."""
    name = ""
    if isinstance(node, promql_parser.VectorSelector):
        name = _name(node)
    elif isinstance(node, promql_parser.Call) and node.func.name.endswith("_over_time"):
        ranges = (one.vector_selector for one in node.args if isinstance(one, promql_parser.MatrixSelector))
        name = next(map(_name, ranges), "")
    return name if name.endswith(_COUNTERS) else ""


def _name(selector: Any) -> str:
    matchers = (one.value for one in selector.matchers.matchers if one.name == "__name__")
    return str(selector.name or next(matchers, ""))


def _children(node: Any) -> tuple[Any, ...]:
    match node:
        case promql_parser.BinaryExpr():
            return (node.lhs, node.rhs)
        case promql_parser.Call():
            return tuple(node.args)
        case promql_parser.AggregateExpr():
            return (node.expr,) if node.param is None else (node.expr, node.param)
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return (node.expr,)
        case _:
            return ()
