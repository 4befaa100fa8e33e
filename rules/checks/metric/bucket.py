"""Buckets that the client does not write, or writes in another way."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        series = query.contract.series.get(selector.name)
        for matcher in selector.matchers if series and series.bounds else ():
            equal = matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual)
            if series and matcher.name == "le" and equal and matcher.value not in series.bounds:
                yield f'{selector.name} never has le="{matcher.value}"; {_advice(matcher.value, series.bounds)}'


def _advice(value: str, bounds: tuple[str, ...]) -> str:
    try:
        written = next((bound for bound in bounds if float(bound) == float(value)), "")
    except ValueError:
        written = ""
    return f'the client writes le="{written}"' if written else f"le is one of {', '.join(bounds)}"


CHECK = QueryCheck(
    name="metric/bucket",
    severity="error",
    explains='asks for a bucket that does not exist, or as the client does not write it: le="5" for le="5.0"',
    judge=_judge,
)
