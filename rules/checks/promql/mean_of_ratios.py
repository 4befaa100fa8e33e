"""Means of quotients, which weigh a request at night like a thousand by day."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql.expressions import RATES, Node, nodes, number, operator, selectors


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.nodes:
        if isinstance(node, promql.AggregateExpr) and operator(node) == "avg" and _has_quotient(node.expr):
            yield "takes the mean of quotients; divide the sums instead"
        if isinstance(node, promql.Call) and node.func.name == "avg_over_time" and _recorded(node, query.contract):
            yield f"takes the mean of {next(selectors(node)).name}, which is a quotient; record both sides and divide"
        if isinstance(node, promql.BinaryExpr) and operator(node) == "/":
            yield from _mean_of_histogram(node, query.contract)


def _mean_of_histogram(node: Node, contract: Contract) -> Iterator[str]:
    """Yield what is wrong with ``x_sum / x_count`` where each observation of x is a quotient by itself."""
    read = [[contract.series.get(selector.name) for selector in selectors(side)] for side in (node.lhs, node.rhs)]
    for above in read[0]:
        counted = any(below and above and (below.part, below.family) == ("count", above.family) for below in read[1])
        if above and counted and above.part == "sum" and ("/" in above.unit or above.unit.startswith("ratio")):
            yield f"takes the mean of {above.family}, each of which is a quotient; divide the sums of what it is of"


def _has_quotient(node: Node) -> bool:
    """Say whether there is a quotient of two counts of events."""
    return any(
        isinstance(one, promql.BinaryExpr)
        and operator(one) == "/"
        and number(one.rhs) is None
        and _counts(one.lhs)
        and _counts(one.rhs)
        for one in nodes(node)
    )


def _counts(node: Node) -> bool:
    return any(isinstance(one, promql.Call) and one.func.name in RATES for one in nodes(node))


def _recorded(call: Node, contract: Contract) -> bool:
    series = [contract.series.get(selector.name) for selector in selectors(call)]
    return any(_has_quotient(expr) for one in series if one is not None for expr in one.made_by)


CHECK = QueryCheck(
    name="promql/mean-of-ratios",
    severity="warning",
    explains="takes a mean of quotients, in which few events weigh as much as many",
    judge=_judge,
)
