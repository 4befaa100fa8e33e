"""Alert windows: which share of the error budget, spent how fast, wakes whom. Data in, exact factors out.

``formats/own.py`` reads them for each SLO, ``burnrate.py`` computes with them.
"""

import itertools
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.durations import Duration, DurationField
from firebrigade.rules.problems import Problem, RulesError

# More digits than any objective has, few enough that a period that does not divide evenly stays readable.
_DIGITS = Context(prec=12, rounding=ROUND_HALF_EVEN)


class Tier(BaseModel):
    """One alert of a burn-rate SLO: two windows that must both burn too fast.

    Attributes:
        budget_percent: the share of the period's budget that is spent within ``long`` at the tier's burn rate.
        optional: only for SLOs that name it.
        hold: how long both windows must burn before the alert fires. 0 is what the workbook asks for: the short
            window already keeps a single bad minute from waking anybody.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    severity: Literal["critical", "warning", "info"]
    budget_percent: Decimal = Field(gt=0, le=100)
    long: DurationField
    short: DurationField
    optional: bool = False
    hold: DurationField = Duration("0m")

    @property
    def is_page(self) -> bool:
        """Whether the tier wakes somebody; the others are tickets."""
        return self.severity == "critical"

    def factor(self, period: Duration) -> Decimal:
        """Return the burn rate that spends ``budget_percent`` of the period's budget within ``long``."""
        share = self.budget_percent * period.seconds
        return _DIGITS.divide(share, Decimal(100 * self.long.seconds))


class Windows(BaseModel):
    """The windows for one period."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    period: DurationField
    tiers: tuple[Tier, ...] = Field(min_length=1)

    def tier(self, name: str) -> Tier | None:
        """Return a tier by its name."""
        return next((tier for tier in self.tiers if tier.tier == name), None)

    def usual(self) -> tuple[Tier, ...]:
        """Return the tiers for an SLO that names none."""
        return tuple(tier for tier in self.tiers if not tier.optional)


def _bundled() -> Path:
    return Path(str(resources.files("firebrigade.rules"))) / "windows"


def load(name: str, beside: Path) -> Windows:
    """Return the windows that a spec names: bundled by name (``30d``), or a path relative to the spec's folder.

    Raises:
        RulesError: there is no such file, or it is wrong.
    """
    bundled = _bundled() / f"{name}.yaml"
    return read(bundled if bundled.is_file() else beside / name)


def read(path: Path) -> Windows:
    """Return a file's windows, whether it is written as the bundled ones are or as Sloth's ``AlertWindows``.

    Raises:
        RulesError: it can't be read, or is wrong.
    """
    source = document.read(path)
    is_sloth = isinstance(source.data, dict) and source.data.get("kind") == "AlertWindows"
    windows = source.parse(_AlertWindows).windows() if is_sloth else source.parse(Windows)
    if problems := list(_contradictions(source, windows)):
        raise RulesError(problems)
    return windows


def for_period(period: Duration, more: Sequence[Windows] = ()) -> Windows | None:
    """Return the windows for a period, None when there are none; ``more`` wins over the bundled ones."""
    bundled = sorted(_bundled().glob("*.yaml"))
    known = itertools.chain(more, map(read, bundled))
    return next((windows for windows in known if windows.period.seconds == period.seconds), None)


class _Pair(BaseModel):
    """One pair of windows as Sloth writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    percent: Decimal = Field(alias="errorBudgetPercent", gt=0, le=100)
    short: DurationField = Field(alias="shortWindow")
    long: DurationField = Field(alias="longWindow")

    def tier(self, name: str, severity: Literal["critical", "warning"]) -> Tier:
        return Tier(tier=name, severity=severity, budget_percent=self.percent, long=self.long, short=self.short)


class _Pairs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    quick: _Pair
    slow: _Pair


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    period: DurationField = Field(alias="sloPeriod")
    page: _Pairs
    ticket: _Pairs


class _AlertWindows(BaseModel):
    """Sloth's file of that name (https://sloth.dev/usage/slo-period-windows/)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal["sloth.slok.dev/v1"] = Field(alias="apiVersion")
    kind: Literal["AlertWindows"]
    spec: _Spec

    def windows(self) -> Windows:
        page, ticket = self.spec.page, self.spec.ticket
        tiers = (
            page.quick.tier("page-fast", "critical"),
            page.slow.tier("page-slow", "critical"),
            ticket.quick.tier("ticket-fast", "warning"),
            ticket.slow.tier("ticket-slow", "warning"),
        )
        return Windows(period=self.spec.period, tiers=tiers)


def _contradictions(source: Document, windows: Windows) -> Iterator[Problem]:
    names = [tier.tier for tier in windows.tiers]
    for number, tier in enumerate(windows.tiers):
        at: KeyPath = ("tiers", number)
        if tier.short.length >= tier.long.length:
            yield source.problem((*at, "short"), f"{tier.short} must be shorter than long ({tier.long})")
        if tier.long.length > windows.period.length:
            yield source.problem((*at, "long"), f"{tier.long} must fit into the period ({windows.period})")
        if names.index(tier.tier) != number:
            yield source.problem((*at, "tier"), f"{tier.tier} is there twice; give each tier its own name")
