"""A panel's query as Prometheus would get it: Grafana's variables filled in, parsed, and what is wrong with it.

``check.py`` asks for sentences, ``units.py`` for the parsed expression. Grafana's own variables:
https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables
"""

import re
from collections.abc import Collection, Iterator

import promql_parser as promql

from firebrigade.rules import lint
from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana.spec import Panel, Query
from firebrigade.rules.promql.expressions import Labels, Node, output_labels, parse, selectors, unwrapped

# What a query is judged with. They are of the right type; their size does not matter to any judgement.
BUILT_IN = {
    "__rate_interval": "5m",
    "__interval": "1m",
    "__range": "6h",
    "__range_s": "21600",
    "__interval_ms": "60000",
}
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?::\w+)?\}|(?P<plain>[A-Za-z_]\w*))")
_EXACT_MATCHER = re.compile(r'(\w+)\s*!?=\s*"\$\{?(\w+)')
_LEGEND_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def variables(text: str) -> tuple[str, ...]:
    """Return the names of the variables in a text, each once."""
    return tuple(dict.fromkeys(match["braced"] or match["plain"] for match in _VARIABLE.finditer(text)))


def filled(text: str) -> str:
    """Return a query with a value for each variable; a chosen one stands for every value."""
    return _VARIABLE.sub(lambda match: BUILT_IN.get(match["braced"] or match["plain"], ".*"), text)


def expression(query: Query) -> Node:
    """Return the parsed query.

    Raises:
        ValueError: it is not PromQL; the message says why.
    """
    return parse(filled(query.expr))


def names(query: Query) -> frozenset[str]:
    """Return the series that a query reads; none where it is not PromQL."""
    try:
        return frozenset(selector.name for selector in selectors(expression(query)))
    except ValueError:
        return frozenset()


def sentences(query: Query, panel: Panel, contract: Contract, chosen: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a query, each with the key that it is about: ``expr`` or ``legend``.

    Args:
        query: one of the panel's.
        panel: whose it is.
        contract: all series that it may read, recorded ones included.
        chosen: the names of the dashboard's variables.
    """
    for sentence in _variable_sentences(query.expr, chosen):
        yield "expr", sentence
    try:
        expr = expression(query)
    except ValueError as error:
        yield "expr", f"is not valid PromQL: {error}"
        return
    for sentence in lint.sentences(expr, contract):
        yield "expr", sentence
    labels = output_labels(expr, contract.labels_of)
    if labels is not None:
        yield from _column_sentences(panel, labels) if panel.kind == "table" else _legend_sentences(query, expr, labels)


def _variable_sentences(text: str, chosen: Collection[str]) -> Iterator[str]:
    for name in variables(text):
        if name not in BUILT_IN and name not in chosen:
            known = ", ".join(f"${one}" for one in sorted({*chosen, *BUILT_IN}))
            yield f"${name} is no variable here; there is {known}"
    for label, name in _EXACT_MATCHER.findall(text):
        if name in chosen:
            yield f'{label}="${name}" finds nothing once two values are chosen; write {label}=~"${name}"'


def _legend_sentences(query: Query, expr: Node, labels: Labels) -> Iterator[tuple[str, str]]:
    named = frozenset(_LEGEND_LABEL.findall(query.legend))
    if lost := named - labels:
        kept = ", ".join(sorted(labels)) or "none"
        yield "legend", f"names {', '.join(sorted(lost))}, which the query does not keep; it keeps {kept}"
    if not named and (by := _grouped_by(expr)):
        yield "legend", f"is the same for all series of the query; name {', '.join(sorted(by))} in it"


def _grouped_by(expr: Node) -> Labels:
    """Return the labels by which the outermost aggregation keeps series apart."""
    node = unwrapped(expr)
    if isinstance(node, promql.Call) and node.func.name == "histogram_quantile":
        return _grouped_by(node.args[1]) - {"le"}
    if not isinstance(node, promql.AggregateExpr) or node.modifier is None:
        return frozenset()
    return frozenset(node.modifier.labels) if node.modifier.type == promql.AggModifierType.By else frozenset()


def _column_sentences(panel: Panel, labels: Labels) -> Iterator[tuple[str, str]]:
    shown = frozenset(panel.columns)
    if lost := shown - labels:
        yield "expr", f"does not keep {', '.join(sorted(lost))}, which the table has a column for"
    if hidden := labels - shown:
        yield "expr", f"keeps {', '.join(sorted(hidden))}, which the table has no column for; aggregate by its columns"
