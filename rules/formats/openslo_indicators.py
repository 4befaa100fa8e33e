"""OpenSLO's indicators as SLIs: good or bad events and all of them, or a share that was computed elsewhere.

``openslo.py`` calls ``sli``. Queries become windowed here; what an indicator may say is in ``openslo_objects.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.formats import openslo_queries
from firebrigade.rules.formats.openslo_objects import DataSource, Metric, MetricSource, RatioMetric
from firebrigade.rules.formats.openslo_queries import Kind
from firebrigade.rules.formats.references import Reference
from firebrigade.rules.formats.shelf import Shelf
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo.objectives import Events, Query, Ratio

TYPES = frozenset({"prometheus", "thanos", "mimir", "cortex"})


def sli(ratio: RatioMetric, at: KeyPath, source: Document, shelf: Shelf) -> Events | Ratio:
    """Return what an indicator measures.

    Args:
        ratio: the indicator's ratio.
        at: where it stands.
        source: in which document.
        shelf: where data sources are looked up.

    Raises:
        RulesError: a query is no PromQL, or is none for Prometheus.
    """
    kinds: dict[bool | None, Kind | None] = {True: "counter", False: "gauge", None: None}
    reading = _Reading(source=source, shelf=shelf)
    if ratio.raw:
        share = reading.query(ratio.raw, (*at, "raw"), "ratio")
        made: Events | Ratio = Ratio(error=share if ratio.raw_type == "failure" else _changed(share, "1 - ({})"))
    else:
        side = "good" if ratio.good else "bad"
        events, total = (
            reading.query(metric, (*at, name), kinds[ratio.counter])
            for name, metric in ((side, ratio.good or ratio.bad), ("total", ratio.total))
            if metric
        )
        made = events_of(events, total) if side == "good" else Events(error=events, total=total)
    if reading.problems:
        raise RulesError(reading.problems)
    return made


def events_of(good: Query, total: Query) -> Events:
    """Return the events of a spec that counts the good ones."""
    return Events(error=Query(text=openslo_queries.remaining(total.text, good.text), at=good.at), total=total)


def moved(sli: Events | Ratio, at: KeyPath) -> Events | Ratio:
    """Return an SLI whose queries are told to be somewhere else: where their indicator is named."""
    if isinstance(sli, Ratio):
        return Ratio(error=replace(sli.error, at=at))
    return Events(error=replace(sli.error, at=at), total=replace(sli.total, at=at))


def _changed(query: Query, form: str) -> Query:
    return replace(query, text=form.format(query.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    source: Document
    shelf: Shelf
    problems: list[Problem] = field(default_factory=list)

    def query(self, metric: Metric, at: KeyPath, kind: Kind | None) -> Query:
        asked = metric.metric_source
        place: KeyPath = (*at, "metricSource")
        self.problems.extend(self._strangers(asked, place))
        key = "query" if asked.spec.query else "promql"
        place = (*place, "spec", key)
        try:
            text = openslo_queries.windowed(asked.spec.query or asked.spec.promql, kind)
        except ValueError as error:
            self.problems.append(self.source.problem(place, str(error)))
            text = "vector(0)"
        return Query(text=text, at=place)

    def _strangers(self, asked: MetricSource, at: KeyPath) -> Iterator[Problem]:
        """Yield why a metric source is none that has rules."""
        found, place = asked.type, (*at, "type")
        if not found and not asked.metric_source_ref:
            yield self.source.problem(at, "needs a type; write type: Prometheus")
            return
        if not found:
            place = (*at, "metricSourceRef")
            reference = Reference(kind="DataSource", name=asked.metric_source_ref, source=self.source, at=place)
            try:
                found = reference.find(self.shelf, DataSource).value.spec.type
            except RulesError as error:
                yield from error.problems
                return
        if found.lower() not in TYPES:
            yield self.source.problem(place, f"{found} has no rules that Prometheus evaluates; only Prometheus is read")
