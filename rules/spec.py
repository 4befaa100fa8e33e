"""An SLO spec file as a service's owners write it.

``build.py`` reads it, ``burnrate.py`` turns it into rules. docs/howto/add-a-rule.md explains each key. This module
holds no PromQL of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import promql_parser
from pydantic import BaseModel, ConfigDict, Field, field_validator

from firebrigade.rules import windows
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.windows import Tier, Windows

PLACEHOLDER = "{{.window}}"


class Events(BaseModel):
    """Two queries with ``{{.window}}`` for the range: events that spend the budget, and all events, per second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: str
    total: str

    @field_validator("error", "total")
    @classmethod
    def _query(cls, text: str) -> str:
        if PLACEHOLDER not in text:
            raise ValueError(
                f"must hold {PLACEHOLDER} where the range stands, as in rate(requests_total[{PLACEHOLDER}])"
            )
        try:
            promql_parser.parse(text.replace(PLACEHOLDER, "5m"))
        except ValueError as error:
            raise ValueError(f"is not valid PromQL: {error}") from None
        return text.strip()


class Alert(BaseModel):
    """The burn-rate alert of an SLO; ``tiers`` empty means all that are not optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$")
    tiers: tuple[str, ...] = ()
    runbook: str
    dashboard: str


class Slo(BaseModel):
    """One objective.

    Attributes:
        objective: percent of good events, such as 99.9.
        windows: a bundled name (``30d``) or a file beside the spec.
        minimum_events: what the long window must hold before a tier fires.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    description: str
    objective: Decimal = Field(gt=0, lt=100)
    windows: str = "30d"
    minimum_events: int = Field(default=0, ge=0)
    events: Events
    alert: Alert


class SloFile(BaseModel):
    """A file of one service; ``labels`` go on every alert of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    team: str
    labels: dict[str, str] = {}
    slos: tuple[Slo, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One SLO, ready to compute with: its windows are read, and all its tiers can fire."""

    service: str
    team: str
    labels: Mapping[str, str]
    slo: Slo
    windows: Windows
    tiers: tuple[Tier, ...]
    origin: KeyPath

    @property
    def id(self) -> str:
        """What the recorded series are known by."""
        return f"{self.service}-{self.slo.name}"

    @property
    def error_budget(self) -> Decimal:
        """The share of events that may fail, exactly."""
        return 1 - self.slo.objective / 100


def objectives(source: Document) -> tuple[Objective, ...]:
    """Return the SLOs of a spec file.

    Raises:
        RulesError: with every mistake: format, windows that don't exist, tiers that can't fire.
    """
    file = source.parse(SloFile)
    problems: list[Problem] = []
    found: list[Objective] = []
    for number, slo in enumerate(file.slos):
        at: KeyPath = ("slos", number)
        try:
            found.append(_objective(file, slo, at, source))
        except RulesError as error:
            problems += error.problems
    names = [slo.name for slo in file.slos]
    problems += [
        source.problem(("slos", number, "name"), f"{name} is there twice; give each SLO its own name")
        for number, name in enumerate(names)
        if names.index(name) != number
    ]
    if problems:
        raise RulesError(problems)
    return tuple(found)


def _objective(file: SloFile, slo: Slo, at: KeyPath, source: Document) -> Objective:
    chosen = _windows(slo, at, source)
    if problems := list(_unknown_tiers(slo, chosen, at, source)):
        raise RulesError(problems)
    wanted = slo.alert.tiers
    objective = Objective(
        service=file.service,
        team=file.team,
        labels=file.labels,
        slo=slo,
        windows=chosen,
        tiers=tuple(t for t in chosen.tiers if t.tier in wanted) if wanted else chosen.usual(),
        origin=at,
    )
    if problems := list(_unreachable(objective, source)):
        raise RulesError(problems)
    return objective


def _windows(slo: Slo, at: KeyPath, source: Document) -> Windows:
    try:
        return windows.load(slo.windows, Path(source.path).parent)
    except RulesError as error:
        if any(problem.line for problem in error.problems):
            raise
        raise RulesError([source.problem((*at, "windows"), f"there are no windows {slo.windows!r}")]) from None


def _unknown_tiers(slo: Slo, chosen: Windows, at: KeyPath, source: Document) -> Iterator[Problem]:
    known = ", ".join(tier.tier for tier in chosen.tiers)
    for number, name in enumerate(slo.alert.tiers):
        if chosen.tier(name) is None:
            yield source.problem(
                (*at, "alert", "tiers", number), f"{name} is no tier of the windows; they have {known}"
            )


def _unreachable(objective: Objective, source: Document) -> Iterator[Problem]:
    for tier in objective.tiers:
        factor = tier.factor(objective.windows.period)
        if factor * objective.error_budget >= 1:
            message = (
                f"tier {tier.tier} can never fire: at {factor.normalize():f} times the even pace more than all events "
                f"fail; use an objective above {100 * (1 - 1 / factor):.2f} or leave the tier out"
            )
            yield source.problem((*objective.origin, "objective"), message)
