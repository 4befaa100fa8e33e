"""The metric contract: which series exist, of which type and unit, and which labels they carry once they are stored.

Read from metrics.yaml by ``check.py``, by the tests, and by whoever must emit what rules expect. It asks no Prometheus.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from prometheus_client.utils import floatToGoString
from pydantic import BaseModel, ConfigDict, Field, model_validator

from firebrigade.rules import document, library
from firebrigade.rules.document import Document
from firebrigade.rules.durations import DurationField
from firebrigade.rules.problems import Problem, RulesError

METADATA_LABELS = frozenset({"__name__"})
_SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_sum", "_count", "_bucket")}


class Exporter(BaseModel):
    """Who is scraped: the labels that come from the target, and whether the exporter's own win over them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    honor_labels: bool
    target_labels: tuple[str, ...]
    scrape_interval: DurationField | None = None


class Metric(BaseModel):
    """One metric as its exporter exposes it; metrics.yaml explains the keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")
    type: Literal["counter", "gauge", "histogram"]
    unit: str = Field(min_length=1)
    labels: tuple[str, ...]
    values: dict[str, tuple[str, ...]] = {}
    buckets: tuple[float, ...] = ()
    service: str
    source: Literal["seeds", "repository", "upstream"]
    exporter: str = "pod"
    series: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.type == "histogram") != bool(self.buckets):
            raise ValueError("needs buckets if, and only if, it is a histogram")
        if unknown := sorted(set(self.values) - set(self.labels)):
            raise ValueError(f"gives values for {', '.join(unknown)}, which is none of its labels")
        return self

    def bounds(self) -> tuple[str, ...]:
        """Return the values of ``le`` as the client writes them; 5 is ``5.0``."""
        to_text: Callable[[float], str] = floatToGoString
        return tuple(map(to_text, (*self.buckets, float("inf")))) if self.buckets else ()


class MetricsFile(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exporters: dict[str, Exporter] = {}
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One name that can be selected.

    Attributes:
        kind: ``counter`` may be rated, ``gauge`` may not, ``recorded`` is known by its expressions only.
        labels: all that a stored series can carry.
        optional: those of them that not all series of the name carry, for not all rules record them.
        open: whether it may carry others, too, because nobody can say which.
        values: the values of labels that have a fixed few.
        bounds: of a histogram's buckets, as ``le`` writes them.
        unit: what a value of 1 means, as the contract says it; empty for what is recorded.
        part: of a histogram, which of its series: ``sum``, ``count`` or ``bucket``; otherwise empty.
        family: the metric's name, which a histogram's series have in common.
        interval_seconds: the time between two samples.
        count: about how many series of this name there are.
        made_by: the parsed expressions that record it, one of each shape.
    """

    name: str
    kind: Literal["counter", "gauge", "recorded"]
    labels: frozenset[str]
    optional: frozenset[str] = frozenset()
    open: bool = False
    values: Mapping[str, Collection[str]] = field(default_factory=dict)
    bounds: tuple[str, ...] = ()
    unit: str = ""
    part: Literal["", "sum", "count", "bucket"] = ""
    family: str = ""
    interval_seconds: int = 15
    count: int = 1
    made_by: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Contract:
    """All series that rules may name."""

    metrics: tuple[Metric, ...]
    series: Mapping[str, Series]

    @cached_property
    def emitted(self) -> frozenset[str]:
        """The names that systems emit, without what rules record."""
        return frozenset(f"{one.name}{part}" for one in self.metrics for part in _SUFFIXES[one.type])

    def with_series(self, more: Iterable[Series]) -> "Contract":
        """Return the contract with recorded series added."""
        return Contract(metrics=self.metrics, series={**self.series, **{one.name: one for one in more}})

    def labels_of(self, name: str) -> frozenset[str] | None:
        """Return the labels of a series, or None where nobody can say, as of one that is not in the contract."""
        one = self.series.get(name)
        return None if one is None or one.open else one.labels

    def sure_labels_of(self, name: str) -> frozenset[str] | None:
        """Return the labels that all series of a name carry, or None where nobody can say."""
        one = self.series.get(name)
        return None if one is None or one.open else one.labels - one.optional


def load(more: Iterable[Path] = (), default_series: int = 1, scrape_seconds: int = 30) -> Contract:
    """Read the bundled contract and further files in its format.

    Args:
        more: the further files.
        default_series: how many series a metric has that does not say.
        scrape_seconds: how often an exporter is scraped that does not say.

    Raises:
        RulesError: with everything that is wrong in the files.
    """
    sources = [document.read(path) for path in (library.folder() / "metrics.yaml", *more)]
    files = [source.parse(MetricsFile) for source in sources]
    exporters = {name: exporter for file in files for name, exporter in file.exporters.items()}
    problems = [p for source, file in zip(sources, files, strict=True) for p in _problems(source, file, exporters)]
    if problems:
        raise RulesError(problems)
    metrics = tuple(metric for file in files for metric in file.metrics)
    series: dict[str, Series] = {}
    for metric in metrics:
        exporter = exporters[metric.exporter]
        seconds = exporter.scrape_interval.seconds if exporter.scrape_interval else scrape_seconds
        series.update((one.name, one) for one in _series(metric, exporter, default_series, seconds))
    return Contract(metrics=metrics, series=series)


def stored_labels(metric: Metric, exporter: Exporter) -> frozenset[str]:
    """Return the labels of a metric's series in Prometheus, without ``le``.

    Where the target's label wins, the exporter's own of that name is kept as ``exported_<name>``
    (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config, honor_labels).
    """
    target = set(exporter.target_labels)
    own = {label if exporter.honor_labels or label not in target else f"exported_{label}" for label in metric.labels}
    return frozenset(own | target)


def _series(metric: Metric, exporter: Exporter, default_series: int, seconds: int) -> Iterator[Series]:
    plain = Series(
        name=metric.name,
        kind="gauge" if metric.type == "gauge" else "counter",
        labels=stored_labels(metric, exporter),
        values=metric.values,
        unit=metric.unit,
        family=metric.name,
        interval_seconds=seconds,
        count=metric.series or default_series,
    )
    if metric.type == "histogram":
        yield from _parts(plain, metric.bounds())
    else:
        yield plain


def _parts(plain: Series, bounds: tuple[str, ...]) -> Iterator[Series]:
    yield replace(plain, name=f"{plain.name}_sum", part="sum")
    yield replace(plain, name=f"{plain.name}_count", part="count")
    yield replace(
        plain,
        name=f"{plain.name}_bucket",
        part="bucket",
        labels=plain.labels | {"le"},
        values={**plain.values, "le": bounds},
        bounds=bounds,
        count=plain.count * len(bounds),
    )


def _problems(source: Document, file: MetricsFile, exporters: Mapping[str, Exporter]) -> Iterator[Problem]:
    names = [metric.name for metric in file.metrics]
    for number, metric in enumerate(file.metrics):
        at = ("metrics", number)
        if names.index(metric.name) != number:
            yield source.problem((*at, "name"), f"{metric.name} is there twice; keep one of them")
        if metric.exporter not in exporters:
            yield source.problem((*at, "exporter"), f"{metric.exporter} is none of the exporters above")
