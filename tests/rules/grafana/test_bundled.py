"""The dashboards that come with the library: what Grafana needs to show them, and what people need to read them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from firebrigade.rules import library
from firebrigade.rules.build import Compiled
from firebrigade.rules.commands import building
from firebrigade.rules.grafana import queries
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.rulefile import Group, Rule, render
from firebrigade.rules.testing.promtool import Promtool

Json = dict[str, Any]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SYSTEMS = {
    "system-overview": "System Overview",
    "service-health": "Service Health",
    "business-metrics": "Business Metrics",
    "agent-collective": "Agent Collective",
    "embedding-performance": "Embedding Performance",
    "circuit-breaker-status": "Circuit Breaker Status",
    "system-health": "System Health",
}
SERVICES = {"neurectomy-api", "ryot", "sigmalang", "sigmavault", "agents", "akosha"}


def shown(dashboard: Json) -> list[Json]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: Json) -> Iterator[str]:
    for panel in shown(dashboard):
        yield from (target["expr"] for target in panel["targets"])


def test_each_system_and_each_service_with_slos_has_its_dashboard(bundled: Mapping[str, Json]) -> None:
    assert set(bundled) == {*SYSTEMS, *(f"slo-{service}" for service in SERVICES)}
    assert {uid: bundled[uid]["title"] for uid in SYSTEMS} == SYSTEMS
    assert {dashboard["uid"] for dashboard in bundled.values()} == set(bundled)
    assert len({dashboard["title"] for dashboard in bundled.values()}) == len(bundled)


def test_the_committed_files_are_what_the_specs_say_and_there_are_no_others(tmp_path: Any) -> None:
    built = building.build_dashboards(out=tmp_path)
    texts = {path.name: path.read_bytes() for path in built.files}
    assert {path.name: path.read_bytes() for path in library.generated_dashboards().iterdir()} == texts


def test_every_dashboard_that_an_alert_links_to_is_there(
    compiled: Sequence[Compiled], bundled: Mapping[str, Json]
) -> None:
    before = library.surroundings().links.dashboard_url.removesuffix("{name}")
    rules = [rule for part in compiled for group in part.file.groups for rule in group.rules if rule.alert]
    linked = {rule.annotations["dashboard_url"].removeprefix(before) for rule in rules}
    assert len(linked) > 5
    assert linked <= set(bundled)


def test_panels_have_numbers_of_their_own_and_lie_beside_each_other(bundled: Mapping[str, Json]) -> None:
    for dashboard in bundled.values():
        numbers = [panel["id"] for panel in dashboard["panels"]]
        assert numbers == sorted(set(numbers))
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        for place in places:
            assert place["x"] >= 0
            assert place["x"] + place["w"] <= 24
            assert min(place["w"], place["h"]) > 0
        overlapping = [(a, b) for a, b in combinations(places, 2) if overlap(a, b)]
        assert overlapping == [], dashboard["uid"]


def overlap(a: Json, b: Json) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or above)


def test_every_query_goes_to_the_chosen_prometheus(bundled: Mapping[str, Json]) -> None:
    for dashboard in bundled.values():
        sources = [panel["datasource"] for panel in shown(dashboard)]
        sources += [target["datasource"] for panel in shown(dashboard) for target in panel["targets"]]
        sources += [one["datasource"] for one in dashboard["annotations"]["list"] if "builtIn" not in one]
        sources += [one["datasource"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
        assert all(source == DATASOURCE for source in sources)
        first = dashboard["templating"]["list"][0]
        assert (first["type"], first["name"], first["query"]) == ("datasource", "datasource", "prometheus")


def test_every_variable_is_used_and_every_used_one_is_there(bundled: Mapping[str, Json]) -> None:
    for uid, dashboard in bundled.items():
        chosen = {one["name"] for one in dashboard["templating"]["list"]} - {"datasource"}
        used = {name for expr in expressions(dashboard) for name in queries.variables(expr)}
        assert used - set(queries.BUILT_IN) == chosen, uid


def test_every_dashboard_is_found_refreshed_and_leads_on(bundled: Mapping[str, Json]) -> None:
    for dashboard in bundled.values():
        assert "firebrigade" in dashboard["tags"]
        assert dashboard["refresh"]
        assert dashboard["time"]["from"].startswith("now-")
        assert dashboard["schemaVersion"] == 39
        (menu,) = dashboard["links"]
        assert (menu["type"], menu["tags"], menu["keepTime"]) == ("dashboards", ["firebrigade"], True)


def test_firing_alerts_are_drawn_over_every_dashboard(bundled: Mapping[str, Json], scene: Scene) -> None:
    for uid, dashboard in bundled.items():
        (alerts,) = [one for one in dashboard["annotations"]["list"] if "builtIn" not in one]
        assert alerts["enable"], uid
        named = re.findall(r'ALERTS\{alertstate="firing", (?:alertname|sloth_id)=~"([^"]+)"\}', alerts["expr"])
        drawn = {name for names in named for name in names.split("|")}
        assert drawn >= {*scene.leading_to(uid), *burning(scene, uid)}
        assert drawn


def burning(scene: Scene, uid: str) -> set[str]:
    return {name for url, names in scene.burning.items() if url.endswith(f"/{uid}") for name in names}


def test_every_panel_says_what_it_shows_and_in_which_unit(bundled: Mapping[str, Json]) -> None:
    for uid, dashboard in bundled.items():
        assert len(dashboard["description"]) > 40
        for panel in shown(dashboard):
            assert panel["title"], uid
            assert panel["description"].endswith("."), (uid, panel["title"])
            assert panel["fieldConfig"]["defaults"]["unit"], (uid, panel["title"])
            assert all(target["legendFormat"] for target in panel["targets"])


def test_links_lead_to_runbooks_that_are_there(bundled: Mapping[str, Json]) -> None:
    runbooks = library.surroundings().runbooks
    before = library.surroundings().links.runbook_url.removesuffix("{name}")
    urls = {link["url"] for dashboard in bundled.values() for panel in shown(dashboard) for link in panel["links"]}
    assert len(urls) > 10
    assert runbooks is None or {url.removeprefix(before) for url in urls} <= runbooks


@pytest.mark.parametrize("uid", [*sorted(SYSTEMS), "slo-ryot", "slo-sigmalang", "slo-sigmavault"])
def test_every_alert_is_explained_on_the_dashboard_that_it_leads_to(
    uid: str, bundled: Mapping[str, Json], scene: Scene
) -> None:
    runbooks = {link["url"] for panel in shown(bundled[uid]) for link in panel["links"]}
    unexplained = [
        name
        for name in scene.leading_to(uid)
        if not any(rule.annotations["runbook_url"] in runbooks for rule in scene.alerts[name])
    ]
    assert unexplained == []


def test_promtool_takes_every_query(bundled: Mapping[str, Json]) -> None:
    found = dict.fromkeys(queries.filled(expr) for one in bundled.values() for expr in expressions(one))
    rules = tuple(Rule(record=f"panel:{number}", expr=expr) for number, expr in enumerate(found))
    assert len(rules) > 150
    assert Promtool().check_rules({"panels.yaml": render([Group(name="panels", rules=rules)], "panels")}) == {}
