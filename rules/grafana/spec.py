"""A dashboard as its owners write it. docs/howto/add-a-dashboard.md explains each key.

``library.py`` of this package reads the files, ``slos.py`` makes specs of SLOs, ``dashboards.py`` turns both into
Grafana's JSON. Nothing here knows that JSON, or a metric.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from firebrigade.rules.durations import DurationField

COLUMNS = 24  # of Grafana's grid

Color = Literal["green", "blue", "yellow", "orange", "red", "purple", "text"]
Kind = Literal["timeseries", "stat", "bargauge", "table", "state-timeline"]
Unit = Literal["", "none", "short", "percent", "percentunit", "s", "ms", "bytes", "Bps", "reqps", "ops", "currencyUSD"]

# Width and height in cells of Grafana's grid (a cell is 30 pixels high) for panels that don't say theirs.
_SIZES: dict[Kind, tuple[int, int]] = {
    "timeseries": (12, 8),
    "stat": (4, 4),
    "bargauge": (12, 8),
    "table": (24, 8),
    "state-timeline": (24, 6),
}


class Written(BaseModel):
    """What all parts of a dashboard spec have in common: no key that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Query(Written):
    """One PromQL query; ``legend`` names its series by their labels (``{{pod}}``), or the column of a table."""

    expr: str = Field(min_length=1)
    legend: str = Field(min_length=1)


class Threshold(Written):
    """A line, and a colour from there on: the limit of ``alert``, or a value of its own.

    Attributes:
        below: what is bad lies under the value, and not above it.
    """

    alert: str = ""
    value: float | None = None
    color: Color | None = None
    below: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.alert) == (self.value is not None and self.color is not None):
            raise ValueError("needs either alert, or value and color")
        return self


class State(Written):
    """What a value means in words."""

    value: int
    text: str = Field(min_length=1)
    color: Color


class Panel(Written):
    """One panel.

    Attributes:
        description: for who is woken: what good looks like, and what to do when it does not.
        unit: Grafana's; empty takes it from the metric contract.
        suffix: a unit in words instead (``tokens/s``).
        decimals: how many are shown; without it Grafana chooses.
        width, height: in cells; 0 takes what is usual for the kind.
        alerts: names of alerts that it is about besides those of its thresholds; it links to their runbooks.
        columns: of a table, the labels and their headings, in their order.
        stack: add the series of a time series up.
    """

    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    kind: Kind = "timeseries"
    queries: tuple[Query, ...] = Field(min_length=1, max_length=26)
    unit: Unit = ""
    suffix: str = ""
    width: int = Field(default=0, ge=0, le=COLUMNS)
    height: int = Field(default=0, ge=0, le=40)
    decimals: int | None = Field(default=None, ge=0, le=6)
    minimum: float | None = None
    maximum: float | None = None
    thresholds: tuple[Threshold, ...] = ()
    states: tuple[State, ...] = ()
    alerts: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    stack: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.unit and self.suffix:
            raise ValueError("says unit and suffix; keep one of them")
        if bool(self.columns) != (self.kind == "table"):
            raise ValueError("needs columns if, and only if, it is a table")
        if self.stack and self.kind != "timeseries":
            raise ValueError("can be stacked only as a timeseries")
        return self

    @property
    def explained(self) -> tuple[str, ...]:
        """The names of all alerts that it is about, those of its thresholds included."""
        named = (threshold.alert for threshold in self.thresholds if threshold.alert)
        return tuple(dict.fromkeys((*named, *self.alerts)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in cells."""
        width, height = _SIZES[self.kind]
        return self.width or width, self.height or height


class Row(Written):
    """A row of panels, or of those that show one SLO (``slo: <service>-<name>``)."""

    title: str = ""
    slo: str = ""
    panels: tuple[Panel, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.slo) == bool(self.panels) or bool(self.slo) == bool(self.title):
            raise ValueError("needs either slo, or title and panels")
        return self


class Variable(Written):
    """What can be chosen above the panels: the values of a metric's label, several at once or all."""

    metric: str = Field(min_length=1)
    label: str = Field(min_length=1)
    title: str = Field(min_length=1)


class Dashboard(Written):
    """A dashboard as written.

    Attributes:
        uid: what addresses and alerts call it; it never changes. Grafana takes at most 40 characters.
        span: how far back it shows at first, such as ``6h``.
        refresh: how often it asks again.
        variables: what can be chosen, by name.
    """

    uid: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    span: DurationField
    refresh: DurationField
    variables: dict[str, Variable] = {}
    rows: tuple[Row, ...] = Field(min_length=1)
