"""Grouping and matching by labels that are not there any more."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql.expressions import Labels, Node, output_labels


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.nodes:
        for word, wanted, inner in _groupings(node, query.contract):
            if inner is not None and (lost := wanted - inner):
                yield f"{word} ({_listed(wanted)}): there is no {_listed(lost)}, there is {_listed(inner)}"


def _groupings(node: Node, contract: Contract) -> Iterator[tuple[str, Labels, Labels | None]]:
    if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
        word = "by" if node.modifier.type == promql.AggModifierType.By else "without"
        yield word, frozenset(node.modifier.labels), output_labels(node.expr, contract.labels_of)
    if isinstance(node, promql.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
        matching = node.modifier.matching
        word = "on" if matching.type == promql.LabelModifierType.Include else "ignoring"
        for side in (node.lhs, node.rhs) if word == "on" else ():
            yield word, frozenset(matching.labels), output_labels(side, contract.labels_of)


def _listed(labels: Labels) -> str:
    return ", ".join(sorted(labels)) or "none"


CHECK = QueryCheck(
    name="promql/lost-label",
    severity="error",
    explains="groups or matches by a label that the series does not have or that was aggregated away",
    judge=_judge,
)
