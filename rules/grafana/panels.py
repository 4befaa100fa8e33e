"""A panel as Grafana's JSON: its queries, unit, colours, words and links. ``dashboards.py`` gives it number and place.

The fields are those of Grafana's dashboard schema from 10 to 12
(https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ and, by kind, the
``panelcfg`` schemas of https://github.com/grafana/grafana). Fields that only some of these versions know are left out.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any

from firebrigade.rules.grafana import limits
from firebrigade.rules.grafana.spec import Kind, Panel, State

Json = dict[str, Any]

DATASOURCE: Mapping[str, str] = {"type": "prometheus", "uid": "${datasource}"}
_LAST: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND: Json = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_INSTANT: frozenset[Kind] = frozenset({"stat", "bargauge", "table"})


def to_json(panel: Panel, unit: str, found: Sequence[limits.Limit], links: Sequence[Json]) -> Json:
    """Return a panel without its number and place.

    Args:
        panel: as written.
        unit: Grafana's.
        found: where its values turn bad.
        links: to runbooks.
    """
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": dict(DATASOURCE),
        "targets": [_target(panel, number) for number in range(len(panel.queries))],
        "fieldConfig": {"defaults": _defaults(panel, unit, found), "overrides": []},
        "options": _options(panel),
        "links": list(links),
        **({"transformations": _transformations(panel)} if panel.kind == "table" else {}),
    }


def link(title: str, url: str) -> Json:
    """Return a link of a panel or a dashboard to an address."""
    return {
        "type": "link",
        "title": title,
        "url": url,
        "icon": "doc",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "targetBlank": True,
        "includeVars": False,
        "keepTime": False,
    }


def _target(panel: Panel, number: int) -> Json:
    query, instant = panel.queries[number], panel.kind in _INSTANT
    return {
        "refId": _ref(number),
        "datasource": dict(DATASOURCE),
        "editorMode": "code",
        "expr": query.expr.strip(),
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _ref(number: int) -> str:
    return string.ascii_uppercase[number]


def _defaults(panel: Panel, unit: str, found: Sequence[limits.Limit]) -> Json:
    by_threshold = panel.kind != "timeseries"
    edges = {"decimals": panel.decimals, "min": panel.minimum, "max": panel.maximum}
    return {
        "unit": unit,
        **{key: value for key, value in edges.items() if value is not None},
        "color": {"mode": "thresholds" if by_threshold else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": limits.steps(found)},
        "mappings": _mappings(panel.states),
        "custom": _custom(panel, bool(found)),
    }


def _mappings(states: Sequence[State]) -> list[Json]:
    texts = {
        str(one.value): {"text": one.text, "color": one.color, "index": number} for number, one in enumerate(states)
    }
    return [{"type": "value", "options": texts}] if texts else []


def _custom(panel: Panel, limited: bool) -> Json:
    if panel.kind == "timeseries":
        return {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stack else 5,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stack else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if limited else "off"},
        }
    if panel.kind == "state-timeline":
        return {"lineWidth": 0, "fillOpacity": 70}
    if panel.kind == "table":
        return {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    return {}


def _options(panel: Panel) -> Json:
    if panel.kind == "timeseries":
        return {"legend": dict(_LEGEND), "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "state-timeline":
        tooltip = {"mode": "single", "sort": "none"}
        shown = {"showValue": "auto", "mergeValues": True, "rowHeight": 0.9, "alignValue": "left"}
        return {**shown, "legend": dict(_LEGEND), "tooltip": tooltip}
    if panel.kind == "table":
        return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"]}}
    if panel.kind == "bargauge":
        return {
            "displayMode": "gradient",
            "orientation": "horizontal",
            "valueMode": "color",
            "showUnfilled": True,
            "reduceOptions": dict(_LAST),
        }
    return {
        "colorMode": "background" if panel.thresholds or panel.states else "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "reduceOptions": dict(_LAST),
    }


def _transformations(panel: Panel) -> list[Json]:
    """Return what makes one table of several answers: one line for each set of labels, columns in the spec's order."""
    # The only answer's value is called Value by some versions and Value #A by others.
    names = {f"Value #{_ref(number)}": query.legend for number, query in enumerate(panel.queries)}
    names |= {"Value": panel.queries[0].legend} if len(panel.queries) == 1 else {}
    organized = {
        "excludeByName": {"Time": True},
        "indexByName": {name: number for number, name in enumerate([*panel.columns, *names])},
        "renameByName": {**panel.columns, **names},
    }
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organized}]
