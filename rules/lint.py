"""What is wrong with one expression, judged by the metric contract: sentences, without a place.

``check.py`` calls ``sentences`` and says where. Each judgement is a small function in ``_JUDGEMENTS``; the mistakes
that they look for are ones that load, run, and never fire.
"""

import re
from collections.abc import Callable, Iterator

import promql_parser as promql

from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.expressions import Node, is_comparison, nodes, operator, output_labels, selectors, unwrapped

_RATES = frozenset({"rate", "increase", "irate"})
_GAUGE_FUNCTIONS = frozenset({"delta", "idelta", "deriv", "predict_linear"})


def sentences(expr: Node, contract: Contract) -> tuple[str, ...]:
    """Return what is wrong with an expression, each once."""
    found = (sentence for judge in _JUDGEMENTS for sentence in judge(expr, contract))
    return tuple(dict.fromkeys(found))


def _unknown_series(expr: Node, contract: Contract) -> Iterator[str]:
    for selector in selectors(expr):
        if not selector.name:
            yield "selects series by labels only; name the metric"
        elif selector.name not in contract.series:
            yield f"{selector.name} is not in the metric contract; correct the name or add it to metrics.yaml"


def _wrong_matchers(expr: Node, contract: Contract) -> Iterator[str]:
    for selector in selectors(expr):
        series = contract.series.get(selector.name)
        for matcher in selector.matchers if series else ():
            if series and matcher.name not in series.labels:
                yield f"{selector.name} has no label {matcher.name}; it has {_listed(series.labels)}"
            elif series:
                yield from _wrong_value(series, matcher)


def _wrong_value(series: Series, matcher: promql.Matcher) -> Iterator[str]:
    values = series.values.get(matcher.name)
    if values is None or matcher.value == "" or any(_matches(matcher, value) for value in values):
        return
    yield f"{series.name} never has {matcher}; {matcher.name} is one of {', '.join(values)}"


def _matches(matcher: promql.Matcher, value: str) -> bool:
    """Say whether a matcher names a value, whichever way it then selects."""
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        return value == matcher.value
    try:
        return re.fullmatch(matcher.value, value) is not None
    except re.error:
        return True  # Go's regular expressions know a few things that Python's don't; promtool judges those


def _lost_labels(expr: Node, contract: Contract) -> Iterator[str]:
    for node in nodes(expr):
        for word, wanted, inner in _groupings(node, contract):
            if inner is not None and (lost := wanted - inner):
                yield f"{word} ({_listed(wanted)}): there is no {_listed(lost)}, there is {_listed(inner)}"


def _groupings(node: Node, contract: Contract) -> Iterator[tuple[str, frozenset[str], frozenset[str] | None]]:
    if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
        word = "by" if node.modifier.type == promql.AggModifierType.By else "without"
        yield word, frozenset(node.modifier.labels), output_labels(node.expr, contract.labels_of)
    if isinstance(node, promql.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
        matching = node.modifier.matching
        word = "on" if matching.type == promql.LabelModifierType.Include else "ignoring"
        for side in (node.lhs, node.rhs) if word == "on" else ():
            yield word, frozenset(matching.labels), output_labels(side, contract.labels_of)


def _wrong_type(expr: Node, contract: Contract) -> Iterator[str]:
    for node in nodes(expr):
        if not isinstance(node, promql.Call) or node.func.name not in _RATES | _GAUGE_FUNCTIONS:
            continue
        wanted = "counter" if node.func.name in _RATES else "gauge"
        for selector in selectors(node.args[0]):
            series = contract.series.get(selector.name)
            if series and series.kind not in {wanted, "recorded"}:
                yield f"{node.func.name}({selector.name}) needs a {wanted}, and it is a {series.kind}"


def _unusable_quantile(expr: Node, contract: Contract) -> Iterator[str]:
    for node in nodes(expr):
        if isinstance(node, promql.Call) and node.func.name == "histogram_quantile":
            inner = output_labels(node.args[1], contract.labels_of)
            if inner is not None and "le" not in inner:
                yield "histogram_quantile needs rate(..._bucket[...]) and the label le; keep le in the aggregation"


def _quantile_above_the_top(expr: Node, contract: Contract) -> Iterator[str]:
    for node in nodes(expr):
        if not is_comparison(node) or operator(node) not in {">", ">="}:
            continue
        quantile, limit = unwrapped(node.lhs), unwrapped(node.rhs)
        if not isinstance(limit, promql.NumberLiteral) or not _is_quantile(quantile):
            continue
        for selector in selectors(quantile):
            bounds = contract.series[selector.name].bounds if selector.name in contract.series else ()
            if len(bounds) > 1 and limit.val >= float(bounds[-2]):
                yield f"a quantile of {selector.name} is never above its largest bucket ({bounds[-2]}); ask for a share"


def _is_quantile(node: Node) -> bool:
    return isinstance(node, promql.Call) and node.func.name == "histogram_quantile"


def _listed(labels: frozenset[str]) -> str:
    return ", ".join(sorted(labels)) or "none"


_JUDGEMENTS: tuple[Callable[[Node, Contract], Iterator[str]], ...] = (
    _unknown_series,
    _wrong_matchers,
    _lost_labels,
    _wrong_type,
    _unusable_quantile,
    _quantile_above_the_top,
)
