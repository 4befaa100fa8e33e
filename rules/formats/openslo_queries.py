"""OpenSLO's queries as rules need them: with ``{{.window}}`` where a range stands.

OpenSLO asks for the value of a metric and leaves the range to whoever computes the SLO. The readers of its versions
call ``windowed``, which works on the parsed expression. A query that has ``{{.window}}`` already, as people write it
for Sloth, is left as it is.
"""

from datetime import timedelta
from typing import Literal

import promql_parser as promql

from firebrigade.rules.formats import fields
from firebrigade.rules.slo.objectives import PLACEHOLDER

Kind = Literal["counter", "gauge", "ratio"]
"""What an instant selector selects: something that only grows, something that goes up and down, or a share."""

_OVER: dict[Kind, str] = {"counter": "rate", "gauge": "sum_over_time", "ratio": "avg_over_time"}
# Ranges of more than 31 years stand for the window while an expression is a tree; nobody writes such a range.
_STAND_IN = 987_654_321
_NAMED = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})


def windowed(text: str, kind: Kind | None) -> str:
    """Return a query over a window.

    The range of a query is the window's, whatever was written. A query without any range asks for the latest value of
    its series, which becomes their rate, sum or mean over the window. What is not aggregated becomes one number.

    Args:
        text: as written.
        kind: of the series that are selected without a range; None where the spec does not say.

    Raises:
        ValueError: it is not PromQL, selects nothing, or needs a kind that is not known; the message says so.
    """
    written = fields.promql(text)
    if PLACEHOLDER.search(written):
        return written
    expr = promql.parse(written)
    ranged, ranges = _ranges(expr)
    if not ranges:
        ranged = _instants(expr, kind)
    query = ranged.prettify().strip()
    for number in range(max(1, len(ranges))):
        query = query.replace(f"[{_stand_in(number)}", "[{{.window}}")
    if is_one_number(ranged):
        return query
    return f"avg({query})" if kind == "ratio" else f"sum({query})"


def remaining(total: str, good: str) -> str:
    """Return all events without the good ones, also where there is no series of good ones at all."""
    none = "vector(0)" if _is_plain_sum(total) else f"0 * ({total})"
    return f"({total}) - (({good}) or {none})"


def is_one_number(expr: promql.Expr) -> bool:
    """Say whether an expression aggregates what it selects."""
    if isinstance(expr, promql.AggregateExpr):
        return str(expr.op) not in _NAMED
    if isinstance(expr, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return is_one_number(expr.expr)
    if isinstance(expr, promql.BinaryExpr):
        return is_one_number(expr.lhs) and is_one_number(expr.rhs)
    if isinstance(expr, promql.Call):
        return expr.func.name == "scalar" or all(map(is_one_number, expr.args))
    return isinstance(expr, promql.NumberLiteral | promql.StringLiteral)


def _is_plain_sum(text: str) -> bool:
    expr = promql.parse(PLACEHOLDER.sub("5m", text))
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    return isinstance(expr, promql.AggregateExpr) and expr.modifier is None and is_one_number(expr)


def _ranges(expr: promql.Expr) -> tuple[promql.Expr, list[str]]:
    """Return an expression with stand-ins for its outermost ranges, and what they stand for."""
    originals: list[str] = []

    def replaced(node: promql.Expr) -> promql.Expr | None:
        if not isinstance(node, promql.MatrixSelector | promql.SubqueryExpr):
            return None
        text = node.prettify()
        if isinstance(node, promql.SubqueryExpr):  # what is inside of it keeps the ranges that were written
            for number, original in enumerate(originals):
                text = text.replace(f"[{_stand_in(number)}", f"[{original}")
        written = str(promql.display_duration(node.range or timedelta()))
        before, _, after = text.rpartition(f"[{written}")
        originals.append(written)
        return promql.parse(f"{before}[{_stand_in(len(originals) - 1)}{after}")

    return promql.transform(expr, None, replaced), originals


def _instants(expr: promql.Expr, kind: Kind | None) -> promql.Expr:
    """Return an expression whose instant selectors are taken over a stand-in for the window."""
    found = 0

    def replaced(node: promql.Expr) -> promql.Expr | None:
        nonlocal found
        if not isinstance(node, promql.VectorSelector):
            return None
        found += 1
        selector, modifiers = _split(node.prettify())
        return promql.parse(f"{_OVER[kind or 'counter']}({selector}[{_stand_in(0)}]{modifiers})")

    made = promql.transform(expr, None, replaced)
    if not found:
        raise ValueError("selects no series; name the metric that counts the events")
    if kind is None:
        raise ValueError("has no range, and nobody says what it selects; add counter: true to ratioMetric, or false")
    return made


def _split(selector: str) -> tuple[str, str]:
    """Return a selector and its modifiers, such as `` offset 5m``."""
    braced, brace, modifiers = selector.rpartition("}")
    if brace:
        return braced + brace, modifiers
    name, space, modifiers = selector.partition(" ")
    return name, space + modifiers


def _stand_in(number: int) -> str:
    return str(promql.display_duration(timedelta(seconds=_STAND_IN + number)))
