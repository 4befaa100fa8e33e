"""Names that nobody emits."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        if selector.name and ":" not in selector.name and selector.name not in query.contract.series:
            yield f"{selector.name} is not in the metric contract; correct the name or add it to metrics.yaml"


CHECK = QueryCheck(
    name="metric/unknown",
    severity="error",
    explains="names a series that is neither in the metric contract nor recorded by a rule, so it is always empty",
    judge=_judge,
)
