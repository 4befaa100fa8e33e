"""A whole dashboard as Grafana's JSON, the same bytes every time.

``commands`` builds them. The format is that of schema version 39 (Grafana 10.4 and 11.0); later ones read it, and
versions before it ignore what they don't know.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from firebrigade.rules.grafana import layout, limits, panels, units
from firebrigade.rules.grafana.panels import DATASOURCE, Json
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.grafana.spec import Dashboard, Panel, Query, Row, State, Variable

SCHEMA_VERSION = 39
TAG = "firebrigade"
_FIRING = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A dashboard's file: ``<uid>.json``."""

    name: str
    text: str
    panels: int


def file(dashboard: Dashboard, scene: Scene) -> File:
    """Return a dashboard's file."""
    data = to_json(dashboard, scene)
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return File(name=f"{dashboard.uid}.json", text=f"{text}\n", panels=sum("targets" in one for one in data["panels"]))


def to_json(dashboard: Dashboard, scene: Scene) -> Json:
    """Return what Grafana's API and its provisioning read."""
    firing = _firing(scene.leading_to(dashboard.uid), scene.shown_on(dashboard))
    rows = [*_alert_rows(firing), *scene.expanded(dashboard.rows)]
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": sorted({TAG, *dashboard.tags}),
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,  # one crosshair for all panels
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "weekStart": "",
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "time": {"from": f"now-{dashboard.span}", "to": "now"},
        "timepicker": {},
        "refresh": str(dashboard.refresh),
        "links": [_others()],
        "templating": {"list": list(_variables(dashboard.variables))},
        "annotations": {"list": list(_annotations(firing))},
        "panels": list(_panels(rows, scene)),
    }


def _panels(rows: Sequence[Row], scene: Scene) -> Iterator[Json]:
    numbers, top = count(1), 0
    for row in rows:
        place = layout.Place(x=0, y=top, width=24, height=1)
        yield {
            "type": "row",
            "id": next(numbers),
            "title": row.title,
            "collapsed": False,
            "gridPos": place.to_json(),
            "panels": [],
        }
        placed = list(layout.places((panel.size for panel in row.panels), top + 1))
        for panel, place in zip(row.panels, placed, strict=True):
            yield {"id": next(numbers), "gridPos": place.to_json(), **_panel(panel, scene)}
        top = layout.below(placed, top + 1)


def _panel(panel: Panel, scene: Scene) -> Json:
    links = [panels.link(f"Runbook: {name}", url) for name, url in scene.runbooks(panel)]
    return panels.to_json(panel, units.unit(panel, scene.contract), list(limits.limits(panel, scene.alerts)), links)


def _firing(names: Sequence[str], objectives: Sequence[str]) -> str:
    """Return a query for the alerts of a dashboard while they fire; empty if no alert leads to it."""
    matchers = {"alertname": names, "sloth_id": objectives}
    found = (f'ALERTS{{alertstate="firing", {key}=~"{"|".join(some)}"}}' for key, some in matchers.items() if some)
    return " or ".join(found)


def _alert_rows(firing: str) -> Iterator[Row]:
    """Yield a row that shows which of the alerts that lead to this dashboard fire; none if no alert does."""
    if firing:
        yield Row(title="Alerts that lead here", panels=(_alert_panel(firing),))


def _alert_panel(firing: str) -> Panel:
    by = "alertname, service, slo, severity"
    return Panel(
        title="Firing alerts",
        description="Each alert that links to this dashboard, while it fires. Empty is good.",
        kind="state-timeline",
        queries=(Query(expr=f"max by ({by}) ({firing})", legend="{{severity}}: {{alertname}} ({{service}} {{slo}})"),),
        unit="none",
        height=5,
        states=(State(value=_FIRING, text="firing", color="red"),),
    )


def _annotations(firing: str) -> Iterator[Json]:
    yield {
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "builtIn": 1,
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    }
    if firing:
        yield {
            "name": "Firing alerts",
            "enable": True,
            "hide": False,
            "iconColor": "red",
            "datasource": dict(DATASOURCE),
            "expr": firing,
            "titleFormat": "{{alertname}}",
            "textFormat": "{{severity}} of {{service}}",
            "tagKeys": "severity,service",
        }


def _variables(chosen: Mapping[str, Variable]) -> Iterator[Json]:
    yield {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "current": {},
        "options": [],
        "hide": 0,
        "refresh": 1,
        "regex": "",
        "multi": False,
        "includeAll": False,
        "skipUrlSync": False,
    }
    for name, variable in chosen.items():
        query = f"label_values({variable.metric}, {variable.label})"
        yield {
            "type": "query",
            "name": name,
            "label": variable.title,
            "datasource": dict(DATASOURCE),
            "query": {"query": query, "refId": name},
            "current": {"text": ["All"], "value": ["$__all"]},
            "options": [],
            "hide": 0,
            "refresh": 2,  # with the time range
            "regex": "",
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",  # also what has no such label
            "skipUrlSync": False,
        }


def _others() -> dict[str, Any]:
    """Return the menu of all dashboards of the library; they keep the time range."""
    return {
        **panels.link("Dashboards", ""),
        "type": "dashboards",
        "icon": "external link",
        "tags": [TAG],
        "asDropdown": True,
        "targetBlank": False,
        "includeVars": True,
        "keepTime": True,
    }
