"""Selections without a name."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query


def _judge(query: Query) -> Iterator[str]:
    if any(not selector.name for selector in query.expr.selectors):
        yield "selects series by labels only; name the metric"


CHECK = QueryCheck(
    name="metric/unnamed",
    severity="error",
    explains="selects series by labels only, so nobody can say what it reads",
    judge=_judge,
)
