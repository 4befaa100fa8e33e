"""What a rule costs: how many samples Prometheus reads for it at each evaluation, estimated from the metric contract.

The check ``cost/samples`` compares it with a budget, ``rules check --cost`` prints it. Nobody is asked how many series
there really are: the contract says about how many.
"""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import promql_parser as promql

from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.promql.expressions import Node, Selector, children, operator, selectors, unwrapped

_STEP_SECONDS = 60  # of a subquery without a step: Prometheus' default evaluation_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCost:
    """One rule and the samples that are read for it at each evaluation."""

    file: str
    line: int
    group: str
    name: str
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCost:
    """One group: how many rules it has, and the samples of all of them at each evaluation."""

    file: str
    group: str
    rules: int
    samples: int


def samples(expr: Node, contract: Contract) -> int:
    """Return about how many samples an evaluation of an expression reads."""
    node = unwrapped(expr)
    if isinstance(node, promql.MatrixSelector):
        (selector,) = selectors(node)
        found = contract.series.get(selector.name)
        interval = found.interval_seconds if found else _STEP_SECONDS
        return _selected(selector, contract) * max(1, math.ceil(node.range.total_seconds() / interval))
    if isinstance(node, promql.VectorSelector):
        return _selected(next(selectors(node)), contract)
    below = sum(samples(child, contract) for child in children(node))
    if isinstance(node, promql.SubqueryExpr):
        step = node.step.total_seconds() if node.step else _STEP_SECONDS
        return below * max(1, math.ceil((node.range.total_seconds() if node.range else 0) / step))
    return below


def result_series(expr: Node, contract: Contract) -> int:
    """Return how many series an expression's result has at most, as far as that can be said."""
    node = unwrapped(expr)
    if isinstance(node, promql.AggregateExpr) and node.modifier is None and operator(node) != "count_values":
        return 1
    if isinstance(node, promql.VectorSelector):
        return _selected(next(selectors(node)), contract)
    return max((result_series(child, contract) for child in children(node)), default=1)


def rules(entries: Iterable[Entry]) -> list[RuleCost]:
    """Return what each rule costs, the dearest first."""
    found = (
        RuleCost(
            file=str(entry.source.path),
            line=entry.source.line(entry.rule.origin),
            group=entry.group.name,
            name=entry.rule.name,
            samples=entry.facts.samples,
        )
        for entry in entries
        if entry.facts is not None
    )
    return sorted(found, key=lambda one: (-one.samples, one.file, one.line))


def groups(costs: Sequence[RuleCost]) -> list[GroupCost]:
    """Return what each group costs, the dearest first."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in costs:
        found.setdefault((one.file, one.group), []).append(one.samples)
    totals = (GroupCost(file=f, group=g, rules=len(each), samples=sum(each)) for (f, g), each in found.items())
    return sorted(totals, key=lambda one: (-one.samples, one.file, one.group))


def _selected(selector: Selector, contract: Contract) -> int:
    series = contract.series.get(selector.name)
    if series is None:
        return 1
    share = math.prod(_share(matcher, series) for matcher in selector.matchers)
    return max(1, math.ceil(series.count * share))


def _share(matcher: promql.Matcher, series: Series) -> float:
    """Return which part of the series a matcher leaves, where the values of its label are known."""
    values = series.values.get(matcher.name)
    if not values:
        return 1.0
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        equal = 1 / len(values) if matcher.value in values else 0.0
        return equal if matcher.op == promql.MatchOp.Equal else 1 - equal
    return _patterned(matcher, values)


def _patterned(matcher: promql.Matcher, values: Collection[str]) -> float:
    try:
        pattern = re.compile(matcher.value)
    except re.error:
        return 1.0  # Go's regular expressions know a few things that Python's don't
    share = sum(pattern.fullmatch(value) is not None for value in values) / len(values)
    return share if matcher.op == promql.MatchOp.Re else 1 - share
