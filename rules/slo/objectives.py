"""One objective, ready to compute with, whatever file format it came from.

The readers of ``formats`` make objectives, ``prover.py`` asks whether their alerts can work, and
``burnrate.py`` turns them into rules. Nothing here knows a file format or a rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from firebrigade.rules.document import KeyPath
from firebrigade.rules.durations import Duration
from firebrigade.rules.windows import Tier, Windows

# Go's templates take spaces inside the braces, and so do specs written for Sloth.
PLACEHOLDER = re.compile(r"\{\{\s*\.window\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A PromQL query with ``{{.window}}`` where a range stands, and the key at which it was written."""

    text: str
    at: KeyPath = ()

    def over(self, window: Duration) -> str:
        """Return the query with a window filled in."""
        return PLACEHOLDER.sub(window.text, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events per second that spend the budget, and all events per second."""

    error: Query
    total: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The share of bad events as one query. Nobody knows how many events it stands for."""

    error: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Labels and annotations that a spec adds to alerts."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    def with_nearer(self, other: "Extra") -> "Extra":
        """Return both together; what the other says wins."""
        return Extra(labels={**self.labels, **other.labels}, annotations={**self.annotations, **other.annotations})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """How an objective's burn-rate alerts are called, and what its spec adds to its alerts.

    Attributes:
        all, page, ticket: for every burn-rate alert, and for those that wake somebody or don't.
        tiers: for the alert of one tier, by its name.
        no_data: for the alerts that tell of missing events instead of ``all``.
    """

    name: str
    all: Extra = Extra()
    page: Extra = Extra()
    ticket: Extra = Extra()
    tiers: Mapping[str, Extra] = field(default_factory=dict)
    no_data: Extra = Extra()

    def added(self, tier: Tier) -> Extra:
        """Return what one tier's alert gets; the nearer word wins."""
        kind = self.page if tier.is_page else self.ticket
        return self.all.with_nearer(kind).with_nearer(self.tiers.get(tier.tier, Extra()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One SLO.

    Attributes:
        percent: of good events, such as 99.9.
        tiers: those of the windows that it is alerted by; all of them can fire.
        recorded: tiers that nobody is alerted by and whose windows are recorded all the same.
        labels: on every series that is recorded for it, besides its identity.
        minimum_events: what a long window must hold before its tier fires.
        up: selects the ``up`` series of what emits the events; empty where nobody said.
        spec: the format that it was written in, as ``sloth_slo_info`` tells it.
        origin, percent_at, alert_at: the keys of the SLO, of its objective and of its alerts in its file.
    """

    service: str
    name: str
    description: str
    percent: Decimal
    sli: Events | Ratio
    windows: Windows
    tiers: tuple[Tier, ...]
    alerting: Alerting
    recorded: tuple[Tier, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    minimum_events: int = 0
    up: str = ""
    spec: str = "firebrigade"
    origin: KeyPath = ()
    percent_at: KeyPath = ()
    alert_at: KeyPath = ()

    @property
    def id(self) -> str:
        """What the recorded series are known by."""
        return f"{self.service}-{self.name}"

    @property
    def error_budget(self) -> Decimal:
        """The share of events that may fail, exactly."""
        return 1 - self.percent / 100

    def threshold(self, tier: Tier) -> Decimal:
        """Return the share of bad events above which a tier's windows burn too fast."""
        return tier.factor(self.windows.period) * self.error_budget
