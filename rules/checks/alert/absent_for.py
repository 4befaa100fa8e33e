"""Absence that fires at once."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import is_absence


def _judge(query: Query) -> Iterator[str]:
    if query.alert and not query.hold and any(map(is_absence, query.expr.nodes)):
        yield "asks for absence without for, so a restart of Prometheus fires it; add for: 2m or more"


CHECK = QueryCheck(
    name="alert/absent-for",
    severity="warning",
    explains="asks for absence without for, so that every restart of Prometheus fires it",
    judge=_judge,
)
