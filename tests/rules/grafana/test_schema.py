"""The dashboards against Grafana's published schema: the types of grafana-foundation-sdk, generated from it.

Its classes read JSON by the schema's names and write it again: what the schema does not know is lost on the way.
"""

import enum
import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from firebrigade.rules import library

Json = dict[str, Any]
UIDS = sorted(path.stem for path in library.generated_dashboards().glob("*.json"))

# The Prometheus data source's own keys of an annotation, which the general schema leaves open.
OF_THE_DATA_SOURCE = {"tagKeys", "textFormat", "titleFormat"}


@pytest.fixture(scope="module", autouse=True)
def _plugins() -> None:
    plugins.register_default_plugins()  # the options of each kind of panel


def lost(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:
    """Yield where the schema's reading differs from ours."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                yield f"{place}.{key} is not in the schema"
            else:
                yield from lost(value, theirs[key], f"{place}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from lost(one, other, f"{place}[]")
    elif ours != theirs:
        yield f"{place} is {ours!r}, and the schema reads {theirs!r}"


def written(read: Any) -> Any:
    """Return what the schema's classes write."""
    return json.loads(json.dumps(read, cls=JSONEncoder))


def mistyped(value: Any, hint: Any, place: str = "") -> Iterator[str]:
    """Yield where a value of the schema's classes is not of the type that they declare."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        tried = [list(mistyped(value, one, place)) for one in arguments]
        yield from [] if [] in tried else max(tried, key=_depth)
    elif origin in (list, dict) and isinstance(value, origin):
        for one in value.values() if isinstance(value, dict) else value:
            yield from mistyped(one, arguments[-1], f"{place}[]")
    elif isinstance(value, dict) and hasattr(hint, "from_json"):
        read = hint.from_json(value)  # some lists are left as they are by the class around them
        yield from (*lost(value, written(read), place), *mistyped(read, hint, place))
    elif not _is_of(value, hint, arguments):
        yield f"{place} is {value!r}, and the schema wants {hint}"
    elif hasattr(value, "to_json"):
        module = vars(sys.modules[type(value).__module__])
        for name, inner in typing.get_type_hints(type(value), module).items():
            yield from mistyped(getattr(value, name), inner, f"{place}.{name}")


def _depth(told: list[str]) -> int:
    return max(one.split(" ")[0].count(".") for one in told)


def _is_of(value: Any, hint: Any, arguments: tuple[Any, ...]) -> bool:
    if hint in (Any, object):
        return True
    if typing.get_origin(hint) is typing.Literal:
        return value in arguments
    if not isinstance(hint, type):
        return False
    if issubclass(hint, enum.Enum):
        return value in [one.value for one in hint]
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def problems(dashboard: Json) -> list[str]:
    """Return what the schema says about a dashboard."""
    read = Dashboard.from_json(json.loads(json.dumps(dashboard)))
    found = [*lost(dashboard, written(read)), *mistyped(read, Dashboard)]
    return sorted({one for one in found if one.split(" ")[0].rpartition(".")[2] not in OF_THE_DATA_SOURCE})


@pytest.mark.parametrize("uid", UIDS)
def test_each_dashboard_fits_grafanas_schema(uid: str, bundled: Mapping[str, Json]) -> None:
    assert problems(bundled[uid]) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"refreshh": "30s"}, ".refreshh is not in the schema", id="a key of the dashboard"),
        pytest.param({"title": 5}, ".title is 5, and the schema wants", id="a type"),
        pytest.param({"graphTooltip": 9}, "", id="a value of a fixed few"),
        pytest.param({"panels": [{"type": "stat", "options": {"grafMode": "none"}}]}, "grafMode", id="an option"),
        pytest.param({"panels": [{"type": "stat", "gridPos": {"width": 3}}]}, "gridPos.width", id="a place"),
        pytest.param({"templating": {"list": [{"type": "query", "metric": "x"}]}}, "metric", id="a variable"),
    ],
)
def test_a_dashboard_that_does_not_fit_is_noticed(change: Json, told: str, bundled: Mapping[str, Json]) -> None:
    try:
        found = problems({**bundled["system-health"], **change})
    except ValueError:
        return  # the schema's own enumerations refuse it
    assert any(told in one for one in found), found
