"""Alert windows: which share of the error budget, spent how fast, wakes whom. Data in, exact factors out.

``spec.py`` reads them for each SLO, ``burnrate.py`` computes with them.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document, library
from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration, DurationField
from firebrigade.rules.problems import Problem, RulesError

# More digits than any objective has, few enough that a period that does not divide evenly stays readable.
_DIGITS = Context(prec=12, rounding=ROUND_HALF_EVEN)


class Tier(BaseModel):
    """One alert of a burn-rate SLO: two windows that must both burn too fast.

    Attributes:
        budget_percent: the share of the period's budget that is spent within ``long`` at the tier's burn rate.
        optional: only for SLOs that name it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    severity: Literal["critical", "warning", "info"]
    budget_percent: Decimal = Field(gt=0, le=100)
    long: DurationField
    short: DurationField
    optional: bool = False

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


def load(name: str, beside: Path) -> Windows:
    """Return the windows that a spec names: bundled by name (``30d``), or a path relative to the spec's folder.

    Raises:
        RulesError: there is no such file, or it is wrong.
    """
    bundled = library.folder() / "windows" / f"{name}.yaml"
    source = document.read(bundled if bundled.is_file() else beside / name)
    windows = source.parse(Windows)
    if problems := list(_contradictions(source, windows)):
        raise RulesError(problems)
    return windows


def _contradictions(source: Document, windows: Windows) -> Iterator[Problem]:
    names = [tier.tier for tier in windows.tiers]
    for number, tier in enumerate(windows.tiers):
        at = ("tiers", number)
        if tier.short.length >= tier.long.length:
            yield source.problem((*at, "short"), f"{tier.short} must be shorter than long ({tier.long})")
        if tier.long.length > windows.period.length:
            yield source.problem((*at, "long"), f"{tier.long} must fit into the period ({windows.period})")
        if names.index(tier.tier) != number:
            yield source.problem((*at, "tier"), f"{tier.tier} is there twice; give each tier its own name")
