"""Rates of sums: a restart of one counter looks like a fall of all of them."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import RATES, Node, nodes, selectors


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls(RATES):
        argument = call.args[0]
        if isinstance(argument, promql.SubqueryExpr) and (what := _aggregated(argument.expr)):
            yield f"takes the {call.func.name} of {what}; take the rate first and add up then"
        for selector in selectors(argument):
            series = query.contract.series.get(selector.name)
            if series is not None and (what := next(filter(None, map(_aggregated, series.made_by)), "")):
                yield f"takes the {call.func.name} of {selector.name}, which is {what}; record the sum of the rates"


def _aggregated(node: Node) -> str:
    """Return what makes a rate of an expression wrong, or nothing."""
    inside = list(nodes(node))
    if any(isinstance(one, promql.Call) and one.func.name in RATES for one in inside):
        return "a rate already"
    return "a sum" if any(isinstance(one, promql.AggregateExpr) for one in inside) else ""


CHECK = QueryCheck(
    name="promql/sum-then-rate",
    severity="error",
    explains="takes the rate of a sum, which jumps whenever one of the counters starts again at 0",
    judge=_judge,
)
