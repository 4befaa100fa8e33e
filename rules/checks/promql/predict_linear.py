"""Predictions from too little."""

from collections.abc import Iterator
from datetime import timedelta

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query

_LEAST = timedelta(days=1)


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls({"predict_linear"}):
        window = getattr(call.args[0], "range", None)
        if window is not None and window < _LEAST:
            hours = window.total_seconds() / 3600
            yield f"predicts from {hours:g} hours, which one backup or night can turn; take a day or more"


CHECK = QueryCheck(
    name="promql/predict-linear",
    severity="warning",
    explains="predicts from less than a day, so that the daily rhythm looks like a trend",
    judge=_judge,
)
