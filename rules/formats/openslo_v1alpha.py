"""OpenSLO v1alpha, the version that Sloth reads: each objective has its own good and all events.

``recognition.py`` names it as the reader. SLOs are called as Sloth calls them, with the objective's number, so that
series and dashboards stay the same.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from firebrigade.rules import durations
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.durations import Duration
from firebrigade.rules.formats import openslo, openslo_indicators, openslo_queries
from firebrigade.rules.formats.fields import Camel, EmptySequence
from firebrigade.rules.formats.openslo_fields import (
    CALENDAR,
    BudgetingField,
    Metadata,
    NameField,
    TargetField,
    is_refused,
    none_of,
)
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo.objectives import Objective, Query

VERSION = "openslo/v1alpha"
_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
_INDICATOR = "is not read: it compares a value with a limit; count good and all events under ratioMetrics"


def _unit(value: str) -> str:
    if value.lower() not in _DAYS:
        raise ValueError(f"{value!r} is no unit; use {', '.join(name.capitalize() for name in _DAYS)}")
    return value.lower()


def _source(value: str) -> str:
    if value.lower() not in {*openslo_indicators.TYPES, "sloth"}:
        raise ValueError(f"{value} has no rules that Prometheus evaluates; only prometheus is read")
    return value


def _language(value: str) -> str:
    if value.lower() not in {"promql", "query"}:
        raise ValueError(f"{value} is no language of Prometheus; write promql")
    return value


class Metric(Camel):
    """A query, and where it is asked."""

    source: Annotated[str, AfterValidator(_source)]
    query_type: Annotated[str, AfterValidator(_language)]
    query: str = Field(min_length=1)


class RatioMetrics(Camel):
    """Good and all events; whether they only grow was called ``counter`` first and ``incremental`` later."""

    good: Metric
    total: Metric
    counter: bool | None = None
    incremental: bool | None = None

    @property
    def kind(self) -> openslo_queries.Kind | None:
        """What is selected without a range."""
        grows = self.incremental if self.counter is None else self.counter
        return None if grows is None else "counter" if grows else "gauge"


class WrittenObjective(Camel):
    """One target with its own events."""

    display_name: str = ""
    target: TargetField
    ratio_metrics: RatioMetrics
    value: Decimal | None = None
    op: Literal["lte", "gte", "lt", "gt"] | None = None
    time_slice_target: Any = None


class TimeWindow(Camel):
    """A period that ends now; the calendar's are refused."""

    unit: Annotated[str, AfterValidator(_unit)]
    count: int = Field(gt=0)
    is_rolling: Annotated[Literal[True], BeforeValidator(is_refused(False, sentence=CALENDAR))] = True
    calendar: Annotated[Any, none_of(CALENDAR)] = None

    @property
    def duration(self) -> Duration:
        """How long it is."""
        return durations.of(timedelta(days=self.count * _DAYS[self.unit]))


class SloSpec(Camel):
    """An SLO."""

    description: str = ""
    service: NameField
    budgeting_method: BudgetingField = "Occurrences"
    time_windows: Annotated[tuple[TimeWindow, ...], EmptySequence] = Field(default=(), max_length=1)
    indicator: Annotated[Any, none_of(_INDICATOR)] = None
    objectives: tuple[WrittenObjective, ...] = Field(min_length=1)


class Slo(Camel):
    """An object of kind SLO."""

    api_version: Literal["openslo/v1alpha"]
    kind: Literal["SLO"]
    metadata: Metadata
    spec: SloSpec


class Service(Camel):
    """An object of kind Service; it has no SLOs."""

    api_version: Literal["openslo/v1alpha"]
    kind: Literal["Service"]
    metadata: Metadata
    spec: Any = None


def objectives(source: Document, surroundings: Surroundings) -> tuple[Objective, ...]:
    """Return the objectives of an SLO; a Service has none.

    Raises:
        RulesError: with every mistake.
    """
    if source.data.get("kind") == "Service":
        source.parse(Service, spelling="alias")
        return ()
    slo = source.parse(Slo, spelling="alias")
    at: KeyPath = (*source.root, "spec")
    spec = slo.spec
    written = openslo.Written(
        service=spec.service,
        name=slo.metadata.name,
        description=spec.description,
        labels=slo.metadata.labels,
        period=spec.time_windows[0].duration if spec.time_windows else surroundings.period,
        spec=VERSION,
        origin=at,
    )
    return openslo.made(written, _targets(spec, at, source), (), source, surroundings)


def _targets(spec: SloSpec, at: KeyPath, source: Document) -> list[openslo.Target]:
    problems: list[Problem] = []
    found = []
    for number, objective in enumerate(spec.objectives):
        here: KeyPath = (*at, "objectives", number)
        ratio = objective.ratio_metrics
        good, total = (
            _query(metric, (*here, "ratioMetrics", name, "query"), ratio.kind, source, problems)
            for name, metric in (("good", ratio.good), ("total", ratio.total))
        )
        if not problems:
            sli = openslo_indicators.events_of(good, total)
            target = openslo.Target(percent=100 * objective.target, at=(*here, "target"), sli=sli, suffix=f"-{number}")
            found.append(target)
    if problems:
        raise RulesError(problems)
    return found


def _query(
    metric: Metric, at: KeyPath, kind: openslo_queries.Kind | None, source: Document, problems: list[Problem]
) -> Query:
    try:
        text = openslo_queries.windowed(metric.query, kind)
    except ValueError as error:
        problems.append(source.problem(at, str(error)))
        text = ""
    return Query(text=text, at=at)
