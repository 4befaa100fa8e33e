"""Quantiles of everything since the last restart."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import RATES, nodes, selectors


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls({"histogram_quantile"}):
        names = [one.name for one in selectors(call.args[1]) if one.name in query.contract.series]
        buckets = [name for name in names if query.contract.series[name].part == "bucket"]
        rated = any(isinstance(one, promql.Call) and one.func.name in RATES for one in nodes(call.args[1]))
        if buckets and not rated:
            yield f"takes a quantile of all that {buckets[0]} has ever counted; take rate({buckets[0]}[5m]) first"


CHECK = QueryCheck(
    name="promql/quantile-rate",
    severity="error",
    explains="takes a quantile without a rate, so it is about everything since the last restart and hardly moves",
    judge=_judge,
)
