"""Waiting twice: a mean over a while that must also hold for a while."""

from collections.abc import Iterator
from datetime import timedelta

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query

_LONG = timedelta(minutes=5)


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls({"avg_over_time"}) if query.alert else ():
        window = getattr(call.args[0], "range", None)
        if window and query.hold >= _LONG and query.hold > window / 4:
            minutes, hold = (round(one.total_seconds() / 60) for one in (window, query.hold))
            yield f"waits {hold}m above a mean over {minutes}m, which is late twice; shorten for or leave the mean out"
            return


CHECK = QueryCheck(
    name="alert/average-for",
    severity="warning",
    explains="waits long above a mean over time, so what is over in minutes is told late and what lasts later still",
    judge=_judge,
)
