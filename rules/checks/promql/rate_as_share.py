"""Events per second that are compared as if they were a share of all."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.conditions import limits
from firebrigade.rules.promql.units import Units

_SHARES = 0.5  # above that, nobody means a share that may fail


def _judge(query: Query) -> Iterator[str]:
    for node, sign, limit in limits(query.expr.root) if query.alert else ():
        unit = Units(query.contract).of(node)
        if unit and unit.per_second and not unit.of and sign in {">", ">="} and 0 < limit <= _SHARES:
            yield f"compares {unit} with {limit:g}, as if they were a share; divide by all of them"


CHECK = QueryCheck(
    name="promql/rate-as-share",
    severity="warning",
    explains="compares events per second with a small number, as if they were a share of all",
    judge=_judge,
)
