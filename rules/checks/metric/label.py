"""Matchers on labels that a series does not have."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        labels = query.contract.labels_of(selector.name)
        for matcher in selector.matchers if labels is not None else ():
            if labels is not None and matcher.name not in labels:
                listed = ", ".join(sorted(labels)) or "none"
                yield f"{selector.name} has no label {matcher.name}; it has {listed}"


CHECK = QueryCheck(
    name="metric/label",
    severity="error",
    explains="matches on a label that the series does not have, so it selects nothing or does not restrict",
    judge=_judge,
)
