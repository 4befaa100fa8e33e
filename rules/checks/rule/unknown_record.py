"""Recorded series that no rule records."""

from collections.abc import Iterator
from difflib import get_close_matches

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        # Prometheus' convention: a colon is in the names of recorded series, and in no others.
        if ":" in selector.name and selector.name not in query.contract.series:
            known = [name for name, series in query.contract.series.items() if series.kind == "recorded"]
            near = get_close_matches(selector.name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "add the rule, or check its file together with this one"
            yield f"{selector.name} is recorded by no rule; {hint}"


CHECK = QueryCheck(
    name="rule/unknown-record",
    severity="error",
    explains="reads a recorded series that no rule records, so it is always empty",
    judge=_judge,
)
