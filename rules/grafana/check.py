"""Judges dashboards: their queries by the metric contract, what they name by the rules, and each against the others.

``commands`` calls ``problems``. What is wrong with a single query is in ``queries.py``, with a unit in ``units.py``;
``checks/dashboard`` has the names under which it is told.
"""

from collections.abc import Iterator, Sequence

from firebrigade.rules import check
from firebrigade.rules.document import KeyPath
from firebrigade.rules.grafana import limits, queries, units
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.grafana.sources import Source
from firebrigade.rules.grafana.spec import Panel, Row
from firebrigade.rules.problems import Problem

_QUERY, _UNIT = "dashboard/query", "dashboard/unit"
_REFERENCE, _VARIABLE = "dashboard/reference", "dashboard/variable"
_Told = Iterator[tuple[str, KeyPath, str]]  # the check's name, a key of the dashboard, the sentence


def problems(sources: Sequence[Source], scene: Scene) -> list[Problem]:
    """Return every problem of dashboards, each at the line that it comes from."""
    found = {
        check.named(name, source.problem(key, sentence)): None
        for source in sources
        for name, key, sentence in (*_rows(source, scene), *_variables(source, scene), *_twice(source, sources))
    }
    return list(found)


def _rows(source: Source, scene: Scene) -> _Told:
    for number, row in enumerate(source.dashboard.rows):
        at: KeyPath = ("rows", number)
        if row.slo and row.slo not in scene.objectives:
            known = ", ".join(sorted(scene.objectives)) or "none"
            yield _REFERENCE, (*at, "slo"), f"there is no SLO {row.slo}; there is {known}"
        for index, panel in enumerate(_panels(row, scene)):
            for name, key, sentence in _panel(panel, scene, source):
                # A panel of an SLO has no keys of its own.
                yield name, (*at, "slo") if row.slo else (*at, "panels", index, *key), sentence


def _panels(row: Row, scene: Scene) -> tuple[Panel, ...]:
    return tuple(panel for one in scene.expanded([row]) for panel in one.panels)


def _panel(panel: Panel, scene: Scene, source: Source) -> _Told:
    for number, query in enumerate(panel.queries):
        for key, sentence in queries.sentences(query, panel, scene.contract, source.dashboard.variables):
            yield _QUERY, ("queries", number, key), sentence
    for sentence in units.sentences(panel, scene.contract):
        yield _UNIT, ("suffix",) if panel.suffix else ("unit",), sentence
    for number, threshold in enumerate(panel.thresholds):
        for sentence in _limit(threshold.alert, scene) if threshold.alert else ():
            yield _REFERENCE, ("thresholds", number, "alert"), sentence
    for number, name in enumerate(panel.alerts):
        for sentence in _alert(name, scene):
            yield _REFERENCE, ("alerts", number), sentence


def _alert(name: str, scene: Scene) -> Iterator[str]:
    if name not in scene.alerts:
        yield f"there is no alert {name}; check its spelling"


def _limit(name: str, scene: Scene) -> Iterator[str]:
    yield from _alert(name, scene)
    if name in scene.alerts and not any(limits.limit(rule) for rule in scene.alerts[name]):
        yield f"{name} has no limit to draw (it compares by == or with 0); give value and color"


def _variables(source: Source, scene: Scene) -> _Told:
    used = {
        name
        for row in scene.expanded(source.dashboard.rows)
        for panel in row.panels
        for query in panel.queries
        for name in queries.variables(query.expr)
    }
    for name, variable in source.dashboard.variables.items():
        at: KeyPath = ("variables", name)
        series = scene.contract.series.get(variable.metric)
        if series is None:
            message = f"{variable.metric} is not in the metric contract; correct the name or add it to metrics.yaml"
            yield _VARIABLE, (*at, "metric"), message
        elif variable.label not in series.labels:
            known = ", ".join(sorted(series.labels))
            yield _VARIABLE, (*at, "label"), f"{variable.metric} has no label {variable.label}; it has {known}"
        if name not in used:
            yield _VARIABLE, at, f"no query asks for ${name}; use it or delete it"


def _twice(source: Source, sources: Sequence[Source]) -> _Told:
    for key in ("uid", "title"):  # some versions of Grafana refuse two of one title in a folder
        value = str(getattr(source.dashboard, key))
        first = next(one for one in sources if getattr(one.dashboard, key) == value)
        if first is not source:
            yield _REFERENCE, (key,), f"{value} is that of {first.document.path}, too; give each its own"
