"""The expressions of a set of rules, each shape parsed and judged once.

``check.py`` asks for every rule; how much work that is depends on how many different expressions there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from firebrigade.rules import cost
from firebrigade.rules.checks.kinds import Check, QueryCheck
from firebrigade.rules.checks.subjects import Facts, Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Server
from firebrigade.rules.promql import expressions
from firebrigade.rules.promql.expressions import Expression
from firebrigade.rules.promql.shapes import Shapes
from firebrigade.rules.promql.units import Units
from firebrigade.rules.rulefile import Rule

Told = tuple[Check, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of one expression; ``facts`` is None where it is not PromQL."""

    facts: Facts | None
    told: tuple[Told, ...]


class Queries:
    """Judges expressions.

    Args:
        contract: all series that they may read, recorded ones included.
        judges: the checks of single expressions.
        syntax: the check under whose name it is told that an expression is not PromQL.
        server: the Prometheus that evaluates them.
    """

    def __init__(self, contract: Contract, judges: Sequence[QueryCheck], syntax: Check, server: Server) -> None:
        self._contract = contract
        self._judges = judges
        self._syntax = syntax
        self._server = server
        self._shapes = Shapes(contract.series.values())
        self._known: dict[tuple[str, bool, str], tuple[str, Judged]] = {}

    def judged(self, rule: Rule) -> Judged:
        """Return what is known of a rule's expression."""
        key = (self._shapes.of(rule.expr), bool(rule.alert), rule.hold)
        if key not in self._known:
            self._known[key] = (rule.expr, self._judge(rule))
        first, judged = self._known[key]
        # Sentences name label values, so those about another rule of the same shape are made again.
        return judged if not judged.told or first == rule.expr else self._judge(rule)

    def _judge(self, rule: Rule) -> Judged:
        try:
            expr = Expression.of(expressions.parse(rule.expr))
        except ValueError as error:
            return Judged(facts=None, told=((self._syntax, f"is not valid PromQL: {error}"),))
        hold = Duration(rule.hold).length if rule.hold else timedelta()
        query = Query(expr=expr, contract=self._contract, alert=bool(rule.alert), hold=hold, server=self._server)
        told = ((check, sentence) for check in self._judges for sentence in check.judge(query))
        facts = Facts(
            query=query,
            labels=expressions.output_labels(expr.root, self._contract.labels_of),
            names=frozenset(selector.name for selector in expr.selectors),
            unit=Units(self._contract).of(expr.root),
            samples=cost.samples(expr.root, self._contract),
        )
        return Judged(facts=facts, told=tuple(dict.fromkeys(told)))
