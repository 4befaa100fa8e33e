"""OpenSLO v1 as it is written: SLOs, indicators, data sources and services (https://github.com/OpenSLO/OpenSLO).

``openslo.py`` makes objectives of them; what belongs to alerts is in ``openslo_policies.py``. What OpenSLO knows and
rules can't do is refused here, in a sentence that says what to do instead.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from firebrigade.rules.formats.fields import Camel, EmptyMapping, EmptySequence, PercentField
from firebrigade.rules.formats.openslo_fields import (
    CALENDAR,
    BudgetingField,
    Metadata,
    NameField,
    Object,
    PeriodField,
    TargetField,
    is_refused,
    none_of,
)
from firebrigade.rules.formats.openslo_policies import PolicyUseField

_COMPOSITE = "is not read: rules can't weigh objectives against each other; write an SLO for each indicator"
_THRESHOLD = (
    "is not read: it compares a value with a limit; write ratioMetric with raw, rawType success and a query like "
    "avg_over_time((latency <= bool 0.5)[{{.window}}:1m]), or count good and all events"
)
_Operator = Literal["lte", "gte", "lt", "gt"]


class PromQuery(Camel):
    """What a metric source asks Prometheus; OpenSLO does not say what the key is called."""

    query: str = ""
    promql: str = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.query) == bool(self.promql):
            raise ValueError("needs a query in PromQL; write it as query")
        return self


class MetricSource(Camel):
    """A query, and where it is asked: a type, or the name of a ``DataSource``."""

    metric_source_ref: str = ""
    type: str = ""
    spec: PromQuery


class Metric(Camel):
    """A metric source, one level deeper."""

    metric_source: MetricSource


class RatioMetric(Camel):
    """Good or bad events and all, or their share as it was computed elsewhere."""

    counter: bool | None = None
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw_type: Literal["success", "failure"] | None = None
    raw: Metric | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.raw and (self.good or self.bad or self.total):
            raise ValueError("has raw and events; give it one of them")
        if self.raw and not self.raw_type:
            raise ValueError("needs rawType beside raw; say success or failure")
        if not self.raw and (self.total is None or (self.good is None) == (self.bad is None)):
            raise ValueError("needs total and one of good and bad, or raw with rawType")
        return self


class SliSpec(Camel):
    """An indicator."""

    description: str = ""
    threshold_metric: Annotated[Any, none_of(_THRESHOLD)] = None
    ratio_metric: RatioMetric | None = None

    @model_validator(mode="after")
    def _ratio(self) -> Self:
        if self.ratio_metric is None:
            raise ValueError("needs ratioMetric; add it")
        return self


class Indicator(Camel):
    """An indicator within an SLO; nobody refers to it."""

    metadata: Metadata | None = None
    spec: SliSpec


class Objective(Camel):
    """One target. What belongs to thresholds and to time slices says nothing about a ratio, and is passed over."""

    display_name: str = ""
    target: TargetField | None = None
    target_percent: PercentField | None = None
    op: _Operator | None = None
    value: Decimal | None = None
    time_slice_target: Any = None
    time_slice_window: Any = None
    indicator: Annotated[Any, none_of(_COMPOSITE)] = None
    indicator_ref: Annotated[Any, none_of(_COMPOSITE)] = None
    composite_weight: Annotated[Any, none_of(_COMPOSITE)] = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.target is None) == (self.target_percent is None):
            raise ValueError("needs either target or targetPercent; give it exactly one of them")
        return self

    @property
    def percent(self) -> Decimal:
        """The percentage of good events, exactly."""
        return self.target_percent or 100 * (self.target or Decimal(0))


class TimeWindow(Camel):
    """A period that ends now; the calendar's are refused."""

    duration: PeriodField
    is_rolling: Annotated[Literal[True], BeforeValidator(is_refused(False, sentence=CALENDAR))] = True
    calendar: Annotated[Any, none_of(CALENDAR)] = None


class SloSpec(Camel):
    """An SLO: an indicator and what is asked of it."""

    description: str = ""
    service: NameField
    indicator: Indicator | None = None
    indicator_ref: str = ""
    time_window: Annotated[tuple[TimeWindow, ...], EmptySequence] = Field(default=(), max_length=1)
    budgeting_method: BudgetingField = "Occurrences"
    objectives: tuple[Objective, ...] = Field(min_length=1)
    alert_policies: Annotated[tuple[PolicyUseField, ...], EmptySequence] = ()

    @model_validator(mode="after")
    def _one_indicator(self) -> Self:
        if bool(self.indicator) == bool(self.indicator_ref):
            raise ValueError("needs either indicator or indicatorRef; give it exactly one of them")
        return self


class DataSourceSpec(Camel):
    """A system that holds metrics; how to reach it is none of the rules' business."""

    description: str = ""
    type: str = Field(min_length=1)
    connection_details: Any = None


class ServiceSpec(Camel):
    """What SLOs have in common."""

    description: str = ""


class Slo(Object):
    """An object of kind SLO."""

    kind: Literal["SLO"]
    spec: SloSpec


class Sli(Object):
    """An object of kind SLI."""

    kind: Literal["SLI"]
    spec: SliSpec


class DataSource(Object):
    """An object of kind DataSource."""

    kind: Literal["DataSource"]
    spec: DataSourceSpec


class Service(Object):
    """An object of kind Service."""

    kind: Literal["Service"]
    spec: Annotated[ServiceSpec, EmptyMapping] = Field(default_factory=ServiceSpec)
