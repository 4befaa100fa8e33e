"""Ranges that hold too few samples."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import RATES, selectors

_SCRAPES = 4  # one may be missed, and two are needed for a rate however the range falls between them
_FUNCTIONS = RATES | {"delta", "idelta", "deriv", "changes", "resets", "predict_linear"}


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls(_FUNCTIONS):
        if not isinstance(call.args[0], promql.MatrixSelector):
            continue
        (selector,) = selectors(call.args[0])
        series = query.contract.series.get(selector.name)
        seconds = int(call.args[0].range.total_seconds())
        if series is not None and seconds < _SCRAPES * series.interval_seconds:
            yield (
                f"{call.func.name}({selector.name}[{seconds}s]) has a sample every {series.interval_seconds}s; "
                f"take at least {_SCRAPES * series.interval_seconds}s"
            )


CHECK = QueryCheck(
    name="promql/range",
    severity="warning",
    explains="looks at a range shorter than four scrapes, so one missed scrape leaves a hole",
    judge=_judge,
)
