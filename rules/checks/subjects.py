"""What checks are asked about: an expression with what is known around it, a rule in its place, and all rules together.

``check.py`` makes them. Nothing here judges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from firebrigade.rules.contract import Contract
from firebrigade.rules.document import Document
from firebrigade.rules.library import Server, Surroundings
from firebrigade.rules.promql.expressions import Expression, Labels
from firebrigade.rules.promql.units import Unit
from firebrigade.rules.rulefile import Group, Rule

# A tenth of what one query may hold in memory before Prometheus ends it (--query.max-samples, 50,000,000).
MAX_SAMPLES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression.

    Attributes:
        contract: what it may read: metrics, and what rules record.
        alert: whether it is the condition of an alert.
        hold: the alert's ``for``.
        server: the Prometheus that evaluates it.
    """

    expr: Expression
    contract: Contract
    alert: bool = False
    hold: timedelta = timedelta()
    server: Server = field(default_factory=Server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one expression comes to; the same for all rules that differ in label values only.

    Attributes:
        query: of the first such rule.
        labels: that its result can carry, or None where nobody can say.
        names: the series that it reads.
        unit: of its result, or None where nobody can say.
        samples: about how many an evaluation reads.
    """

    query: Query
    labels: Labels | None
    names: frozenset[str]
    unit: Unit | None
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule in its place.

    Attributes:
        facts: None where the expression is not PromQL.
        foreign: whether its spec's format has no place for a team, a runbook and a dashboard.
    """

    rule: Rule
    group: Group
    source: Document
    facts: Facts | None
    surroundings: Surroundings
    foreign: bool = False

    @property
    def labels(self) -> Labels | None:
        """All labels that the rule's alerts or series can carry, or None where nobody can say."""
        if self.facts is None or self.facts.labels is None:
            return None
        return self.facts.labels | set(self.rule.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules that are checked together.

    Attributes:
        recorded: the rules by the name of what they record.
        shown: the series that dashboards read.
        max_samples: how many samples an evaluation of one rule may read.
    """

    entries: Sequence[Entry]
    recorded: Mapping[str, Sequence[Entry]]
    shown: frozenset[str] = frozenset()
    max_samples: int = MAX_SAMPLES
