"""PromQL into trees, by way of promql_parser. Knows no rule and changes nothing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import promql_parser as promql

from firebrigade.rules.mutation.tree import (
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
)
from firebrigade.rules.mutation.writing import number
from firebrigade.rules.promql import expressions

_MATCHES = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


def parse(text: str) -> Tree:
    """Parse an expression. Parentheses are not kept: ``writing.py`` writes those that are needed.

    Raises:
        ValueError: it is not PromQL, or uses a part of it that is not known here.
    """
    return _tree(expressions.parse(text))


def _tree(node: Any) -> Tree:
    node = expressions.unwrapped(node)
    if isinstance(node, promql.NumberLiteral):
        return Number(number(Decimal(repr(node.val))))
    if isinstance(node, promql.StringLiteral):
        return Text(node.val)
    if isinstance(node, promql.UnaryExpr):
        return Negation(_tree(node.expr))
    if isinstance(node, promql.Call):
        return Call(node.func.name, tuple(map(_tree, node.args)))
    if isinstance(node, promql.AggregateExpr):
        return _aggregation(node)
    if isinstance(node, promql.BinaryExpr):
        return _binary(node)
    if isinstance(node, promql.SubqueryExpr):
        return _subquery(node)
    if isinstance(node, promql.MatrixSelector):
        return _selector(node.vector_selector, node.range)
    return _selector(node, None)


def _subquery(node: Any) -> Subquery:
    offset = node.offset or timedelta()
    return Subquery(expr=_tree(node.expr), range=node.range, step=node.step, offset=offset, at=_at(node))


def _selector(node: Any, span: timedelta | None) -> Selector:
    if node.matchers.or_matchers:
        raise ValueError("joins matchers by `or`, which is not known here")
    matchers = tuple(Matcher(one.name, _MATCHES[str(one.op)], one.value) for one in node.matchers.matchers)
    offset = node.offset or timedelta()
    return Selector(name=node.name or "", matchers=matchers, range=span, offset=offset, at=_at(node))


def _at(node: Any) -> str:
    if node.at is None:
        return ""
    if node.at.type == promql.AtModifierType.At:
        return number(Decimal(repr(node.at.at.timestamp())))
    return "start()" if node.at.type == promql.AtModifierType.Start else "end()"


def _aggregation(node: Any) -> Aggregation:
    by = node.modifier and ("by" if node.modifier.type == promql.AggModifierType.By else "without")
    return Aggregation(
        operator=expressions.operator(node),
        expr=_tree(node.expr),
        parameter=None if node.param is None else _tree(node.param),
        grouping=by or "",
        labels=tuple(node.modifier.labels) if by else (),
    )


def _binary(node: Any) -> Binary:
    plain = Binary(operator=expressions.operator(node), left=_tree(node.lhs), right=_tree(node.rhs))
    modifier = node.modifier
    if modifier is None:
        return plain
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise ValueError("fills in missing series, which is not known here")
    matching, card = modifier.matching, modifier.card
    on = matching and ("on" if matching.type == promql.LabelModifierType.Include else "ignoring")
    return replace(
        plain,
        returns_bool=modifier.return_bool,
        matching=on or "",
        labels=tuple(matching.labels) if on else (),
        side=_side(card),
        included=tuple(modifier.group_labels or ()),
    )


def _side(card: Any) -> str:
    if card == promql.VectorMatchCardinality.ManyToOne:
        return "group_left"
    return "group_right" if card == promql.VectorMatchCardinality.OneToMany else ""
