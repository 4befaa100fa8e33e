"""Sloth's ``prometheus/v1`` specs (https://sloth.dev/specs/default/), and the service that its Kubernetes objects hold.

``recognition.py`` names it as the reader. What Sloth refuses is refused here too, and all of it at once. Keys are in
snake_case by name and in camelCase by alias, as Sloth's own file and its Kubernetes object write them.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.formats import periods
from firebrigade.rules.formats.fields import (
    Camel,
    EmptyMapping,
    LabelsField,
    NameField,
    PercentField,
    QueryField,
    SeriesLabelsField,
)
from firebrigade.rules.formats.links import linked
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo import prover
from firebrigade.rules.slo.objectives import Alerting, Events, Extra, Objective, Query, Ratio
from firebrigade.rules.windows import Tier, Windows

VERSION = "prometheus/v1"
_PLUGINS = "is not read: SLO plugins are Go code for Sloth's own rules; remove it and choose windows with --windows"
ADVICE: Mapping[str, str] = {
    "plugin": "is not read: SLI plugins are Go code for Sloth; write the query that it makes under raw instead",
    "plugins": _PLUGINS,
    "slo_plugins": _PLUGINS,
    "sloPlugins": _PLUGINS,
    "infoLabels": "is not read; put the labels under labels, from where every series gets them",
    "interval": "is not read: rules are evaluated once a minute; remove it",
}


class WrittenEvents(Camel):
    """Bad and all events over a window; their unit does not matter as long as it is the same."""

    error_query: QueryField
    total_query: QueryField

    @model_validator(mode="after")
    def _different(self) -> Self:
        if self.error_query == self.total_query:
            raise ValueError("has the same query twice; the errors must be a part of all events")
        return self


class WrittenRatio(Camel):
    """The share of bad events, from 0 to 1, as one query."""

    error_ratio_query: QueryField


class WrittenSli(Camel):
    """Exactly one of the two."""

    events: WrittenEvents | None = None
    raw: WrittenRatio | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.events is None) == (self.raw is None):
            raise ValueError("needs either events or raw; give it exactly one of them")
        return self


class WrittenAlert(Camel):
    """What is special about the pages or the tickets."""

    disable: bool = False
    labels: LabelsField = Field(default_factory=dict)
    annotations: LabelsField = Field(default_factory=dict)

    @property
    def extra(self) -> Extra:
        """Labels and annotations."""
        return Extra(labels=self.labels, annotations=self.annotations)


class WrittenAlerting(Camel):
    """The alerts of an SLO; they need a name unless there are none."""

    name: str = ""
    labels: LabelsField = Field(default_factory=dict)
    annotations: LabelsField = Field(default_factory=dict)
    page_alert: Annotated[WrittenAlert, EmptyMapping] = Field(default_factory=WrittenAlert)
    ticket_alert: Annotated[WrittenAlert, EmptyMapping] = Field(default_factory=WrittenAlert)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.name and not (self.page_alert.disable and self.ticket_alert.disable):
            raise ValueError("needs a name; add it, or disable both the page and the ticket")
        return self


class WrittenSlo(Camel):
    """One SLO; ``labels`` are on all series that are recorded for it."""

    name: NameField
    objective: PercentField
    description: str = ""
    labels: SeriesLabelsField = Field(default_factory=dict)
    sli: WrittenSli
    alerting: Annotated[WrittenAlerting, EmptyMapping] = Field(default_factory=dict, validate_default=True)


class WrittenService(Camel):
    """The SLOs of one service; ``labels`` are on the series of all of them."""

    service: NameField
    labels: SeriesLabelsField = Field(default_factory=dict)
    slos: tuple[WrittenSlo, ...] = Field(min_length=1)


class WrittenFile(WrittenService):
    """A document of this format."""

    version: Literal["prometheus/v1"]


def objectives(source: Document, surroundings: Surroundings) -> tuple[Objective, ...]:
    """Return the SLOs of a ``prometheus/v1`` document.

    Raises:
        RulesError: with every mistake.
    """
    written = source.parse(WrittenFile, ADVICE, spelling="name")
    return of_service(written, source, source.root, VERSION, surroundings)


def of_service(
    written: WrittenService, source: Document, at: KeyPath, spec: str, surroundings: Surroundings
) -> tuple[Objective, ...]:
    """Return a service's SLOs.

    Args:
        written: the service.
        source: its document.
        at: where in it the service stands.
        spec: the format, as ``sloth_slo_info`` tells it.
        surroundings: period, windows and server.

    Raises:
        RulesError: there are no windows for the period, or an SLO has alerts that can't work.
    """
    windows = periods.windows(surroundings)
    found = [
        _objective(written, slo, (*at, "slos", number), spec, windows, surroundings)
        for number, slo in enumerate(written.slos)
    ]
    if problems := list(_problems(found, source, surroundings)):
        raise RulesError(problems)
    return tuple(found)


def _problems(found: list[Objective], source: Document, surroundings: Surroundings) -> Iterator[Problem]:
    for objective in found:
        yield from prover.problems(objective, surroundings.server, source)


def _objective(
    service: WrittenService, slo: WrittenSlo, at: KeyPath, spec: str, windows: Windows, surroundings: Surroundings
) -> Objective:
    tiers = _tiers(slo.alerting, windows)
    labels = {**service.labels, **slo.labels}
    return Objective(
        service=service.service,
        name=slo.name,
        description=slo.description.strip() or "all events that are no errors.",
        percent=slo.objective,
        sli=_sli(slo.sli, at, spec),
        windows=windows,
        tiers=tiers,
        recorded=tuple(tier for tier in windows.usual() if tier not in tiers),
        alerting=linked(_alerting(slo.alerting, labels), service.service, surroundings),
        labels=labels,
        spec=spec,
        origin=at,
        percent_at=(*at, "objective"),
        alert_at=(*at, "alerting"),
    )


def _sli(sli: WrittenSli, at: KeyPath, spec: str) -> Events | Ratio:
    spelled = str if spec == VERSION else to_camel
    if sli.raw:
        return Ratio(error=Query(text=sli.raw.error_ratio_query, at=(*at, "sli", "raw", spelled("error_ratio_query"))))
    queries = sli.events.model_dump() if sli.events else {}
    error, total = (
        Query(text=queries[name], at=(*at, "sli", "events", spelled(name))) for name in ("error_query", "total_query")
    )
    return Events(error=error, total=total)


def _tiers(alerting: WrittenAlerting, windows: Windows) -> tuple[Tier, ...]:
    pages, tickets = not alerting.page_alert.disable, not alerting.ticket_alert.disable
    return tuple(tier for tier in windows.usual() if (pages if tier.is_page else tickets))


def _alerting(written: WrittenAlerting, labels: Mapping[str, str]) -> Alerting:
    shared = Extra(labels=written.labels, annotations=written.annotations)
    quieter = (written.page_alert if written.ticket_alert.disable else written.ticket_alert).extra
    about_errors = ("summary", "description", "title", "message")
    told = shared.with_nearer(quieter)
    return Alerting(
        name=written.name,
        all=shared,
        page=written.page_alert.extra,
        ticket=written.ticket_alert.extra,
        # That there are no events goes to whoever gets the tickets, and is not what the spec says of errors.
        no_data=Extra(
            labels={**labels, **told.labels},
            annotations={key: text for key, text in told.annotations.items() if key not in about_errors},
        ),
    )
