"""Functions of counters on gauges, and the other way round."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import RATES, selectors

_OF_GAUGES = frozenset({"delta", "idelta", "deriv", "predict_linear"})


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls(RATES | _OF_GAUGES):
        wanted = "counter" if call.func.name in RATES else "gauge"
        for selector in selectors(call.args[0]):
            series = query.contract.series.get(selector.name)
            if series and series.kind not in {wanted, "recorded"}:
                yield f"{call.func.name}({selector.name}) needs a {wanted}, and it is a {series.kind}"


CHECK = QueryCheck(
    name="metric/type",
    severity="error",
    explains="takes the rate of a gauge, which goes down by itself, or the slope of a counter, which starts again at 0",
    judge=_judge,
)
