"""Looks further back than Prometheus remembers."""

from collections.abc import Iterator
from datetime import timedelta

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import Node, children


def _judge(query: Query) -> Iterator[str]:
    kept = query.server.retention
    back = _back(query.expr.root)
    if back > kept.length:
        yield f"looks {promql.display_duration(back)} back, and Prometheus keeps {kept}; shorten it, or see --retention"


def _back(node: Node) -> timedelta:
    """Return how far back an expression looks at most: ranges and offsets inside of each other add up."""
    offset = getattr(node, "offset", None)
    if isinstance(node, promql.MatrixSelector):
        offset = node.vector_selector.offset
        return node.range + max(offset or timedelta(), timedelta())
    own = getattr(node, "range", None) if isinstance(node, promql.SubqueryExpr) else None
    below = max(map(_back, children(node)), default=timedelta())
    return below + (own or timedelta()) + max(offset or timedelta(), timedelta())


CHECK = QueryCheck(
    name="promql/retention",
    severity="error",
    explains="looks further back than Prometheus keeps samples (--retention), so a part of it is always missing",
    judge=_judge,
)
