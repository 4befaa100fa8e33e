"""Alerts about whoever is first at the moment."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import operator

_CHOOSING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.nodes if query.alert else ():
        if isinstance(node, promql.AggregateExpr) and operator(node) in _CHOOSING:
            yield f"chooses by {operator(node)}: whoever is first changes, each a new alert; compare with a limit"


CHECK = QueryCheck(
    name="alert/topk",
    severity="warning",
    explains="alerts by topk or the like, so that alerts come and go as the order changes",
    judge=_judge,
)
