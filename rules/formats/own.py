"""An SLO spec file as a service's owners write it, in Firebrigade's own format.

``build.py`` reads it. docs/howto/add-a-rule.md explains each key. This module holds no PromQL of its own.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from firebrigade.rules import library, windows
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.formats.fields import QueryField
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo import prover
from firebrigade.rules.slo.objectives import Alerting, Events, Extra, Objective, Query, Ratio
from firebrigade.rules.windows import Windows

_NO_DATA_RUNBOOK = "slo-data"


class WrittenEvents(BaseModel):
    """Two queries with ``{{.window}}`` for the range: events that spend the budget, and all events, per second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: QueryField
    total: QueryField


class WrittenRatio(BaseModel):
    """One query with ``{{.window}}``: the share of what was bad, for SLIs that count time and not events."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: QueryField


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
        up: selects ``up`` of what emits the events; without it that of the service.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    description: str
    objective: Decimal = Field(gt=0, lt=100)
    windows: str = "30d"
    minimum_events: int = Field(default=0, ge=0)
    events: WrittenEvents | None = None
    ratio: WrittenRatio | None = None
    up: str = ""
    alert: Alert

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.events is None) == (self.ratio is None):
            raise ValueError("needs either events or ratio; give it exactly one of them")
        return self


class SloFile(BaseModel):
    """A file of one service; ``labels`` go on every alert of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    team: str
    labels: dict[str, str] = {}
    slos: tuple[Slo, ...] = Field(min_length=1)


def objectives(source: Document, surroundings: Surroundings) -> tuple[Objective, ...]:
    """Return the SLOs of a spec file.

    Raises:
        RulesError: with every mistake: format, windows that don't exist, tiers that can't fire.
    """
    file = source.parse(SloFile)
    problems: list[Problem] = []
    found: list[Objective] = []
    for number, slo in enumerate(file.slos):
        at: KeyPath = (*source.root, "slos", number)
        try:
            found.append(_objective(file, slo, at, source, surroundings))
        except RulesError as error:
            problems += error.problems
    names = [slo.name for slo in file.slos]
    problems += [
        source.problem((*source.root, "slos", number, "name"), f"{name} is there twice; give each SLO its own name")
        for number, name in enumerate(names)
        if names.index(name) != number
    ]
    if problems:
        raise RulesError(problems)
    return tuple(found)


def _objective(file: SloFile, slo: Slo, at: KeyPath, source: Document, surroundings: Surroundings) -> Objective:
    chosen = _windows(slo, at, source)
    if problems := list(_unknown_tiers(slo, chosen, at, source)):
        raise RulesError(problems)
    wanted = slo.alert.tiers
    objective = Objective(
        service=file.service,
        name=slo.name,
        description=slo.description,
        percent=slo.objective,
        sli=_sli(slo, at),
        windows=chosen,
        tiers=tuple(t for t in chosen.tiers if t.tier in wanted) if wanted else chosen.usual(),
        alerting=_alerting(file, slo, surroundings),
        minimum_events=slo.minimum_events,
        up=slo.up or f'up{{service="{file.service}"}}',
        origin=at,
        percent_at=(*at, "objective"),
        alert_at=(*at, "alert"),
    )
    if told := prover.problems(objective, surroundings.server, source):
        raise RulesError(told)
    return objective


def _sli(slo: Slo, at: KeyPath) -> Events | Ratio:
    if slo.ratio:
        return Ratio(error=Query(text=slo.ratio.error, at=(*at, "ratio", "error")))
    queries = slo.events.model_dump() if slo.events else {}
    return Events(**{side: Query(text=text, at=(*at, "events", side)) for side, text in queries.items()})


def _alerting(file: SloFile, slo: Slo, surroundings: Surroundings) -> Alerting:
    labels = {"team": file.team, **file.labels}

    def extra(runbook: str) -> Extra:
        links = library.annotations(surroundings.links, runbook, slo.alert.dashboard)
        return Extra(labels=labels, annotations=links)

    return Alerting(name=slo.alert.name, all=extra(slo.alert.runbook), no_data=extra(_NO_DATA_RUNBOOK))


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
