"""Shares of hardly any events."""

from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql import bounds
from firebrigade.rules.promql.conditions import asks_for_more, names
from firebrigade.rules.promql.expressions import RATES, Expression, Node, nodes, number, operator
from firebrigade.rules.promql.units import Units


def _judge(query: Query) -> Iterator[str]:
    for node in query.expr.binaries():
        if operator(node) != "/" or number(node.rhs) is not None or not _is_share(node, query.contract):
            continue
        events = _counts_events(node.rhs)
        if events and query.alert and not _minimum(query.expr, node, query.contract):
            yield "is a share of any number of events, also of one; add and <events> >= <a minimum>"
        elif not _never_zero(node.rhs, query.contract) and not events and query.alert:
            if not _minimum(query.expr, node, query.contract):
                yield "divides by what may be 0, and is infinite then; divide by (... > 0)"
        elif events and not query.alert and not _never_zero(node.rhs, query.contract):
            yield "is 0 / 0 without events, and that spoils every mean over it; divide by (... > 0)"


def _is_share(node: Node, contract: Contract) -> bool:
    """Say whether a quotient is one of two amounts of a kind, and none of times, which pass by themselves."""
    found = Units(contract)
    unit, below = found.of(node), found.of(node.rhs)
    return unit is not None and unit.share and not (below is not None and below.of == "seconds")


def _counts_events(node: Node) -> bool:
    return any(isinstance(one, promql.Call) and one.func.name in RATES for one in nodes(node))


def _never_zero(node: Node, contract: Contract) -> bool:
    return bounds.of(node, contract).low > 0 or any(asks_for_more(node))


def _minimum(expr: Expression, quotient: Node, contract: Contract) -> bool:
    """Say whether another clause asks for a minimum of what is divided by, or of what is counted with it."""
    about = _families(quotient, contract)
    text = quotient.prettify()
    return any(_families(node, contract) & about and text not in node.prettify() for node in asks_for_more(expr.root))


def _families(node: Node, contract: Contract) -> frozenset[str]:
    known = (contract.series.get(name) for name in names(node))
    return frozenset(one.family for one in known if one is not None)


CHECK = QueryCheck(
    name="promql/ratio-guard",
    severity="warning",
    explains="divides without asking for a minimum, so that one event, or none, can make the rule fire",
    judge=_judge,
)
