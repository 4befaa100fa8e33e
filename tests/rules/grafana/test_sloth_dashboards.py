"""Sloth's own dashboards work on our rules: every series and label that they ask for is recorded.

What they ask is taken down from grafana.com, 14348 ("SLO / Detail", revision 5) and 14643 ("High level Sloth SLOs",
revision 2), as facts: the series, the labels that their queries, legends, tables and variables name, nothing more.
"""

import re
from collections.abc import Sequence

import pytest

from firebrigade.rules.build import Compiled
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.promql.expressions import output_labels, parse
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo import burnrate

# Series and the labels that both dashboards select, group or show by.
ASKED = {
    "slo:objective:ratio": {"sloth_id", "sloth_service", "sloth_slo"},
    "slo:error_budget:ratio": {"sloth_id", "sloth_service", "sloth_slo"},
    "slo:current_burn_rate:ratio": {"sloth_id", "sloth_service", "sloth_slo"},
    "slo:period_error_budget_remaining:ratio": {"sloth_id", "sloth_service", "sloth_slo"},
    "sloth_slo_info": {"sloth_id", "sloth_service", "sloth_slo", "sloth_objective"},
}
# 14348 lets people choose the window of the SLI among these, and shows slo:sli_error:ratio_rate<window>; its monthly
# budget is made of the window of one hour.
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
RATIO_LABELS = {"sloth_id", "sloth_service", "sloth_slo", "sloth_window"}
# Both count ALERTS by these.
ALERT_LABELS = {"sloth_id", "sloth_service", "sloth_slo", "sloth_severity"}


@pytest.fixture(scope="module")
def ids(scene: Scene) -> list[str]:
    return sorted(scene.objectives)


def recorded(compiled: Sequence[Compiled], name: str) -> dict[str, Rule]:
    """Return the rules that record a series, by the SLO that they are about."""
    rules = (rule for part in compiled for group in part.file.groups for rule in group.rules)
    return {rule.labels["sloth_id"]: rule for rule in rules if rule.record == name}


@pytest.mark.parametrize(("name", "labels"), ASKED.items())
def test_each_series_is_recorded_for_each_slo_with_the_labels(
    name: str, labels: set[str], compiled: Sequence[Compiled], ids: list[str]
) -> None:
    found = recorded(compiled, name)
    assert sorted(found) == ids
    assert all(labels <= set(rule.labels) for rule in found.values())


@pytest.mark.parametrize("window", WINDOWS)
def test_the_error_ratio_is_recorded_for_each_window_that_can_be_chosen(
    window: str, compiled: Sequence[Compiled], ids: list[str]
) -> None:
    found = recorded(compiled, f"slo:sli_error:ratio_rate{window}")
    assert sorted(found) == ids
    assert all(set(rule.labels) >= RATIO_LABELS and rule.labels["sloth_window"] == window for rule in found.values())


def test_the_objective_is_written_in_percent_as_people_read_it(compiled: Sequence[Compiled]) -> None:
    found = {one: rule.labels["sloth_objective"] for one, rule in recorded(compiled, "sloth_slo_info").items()}
    assert found["ryot-inference-availability"] == "99.9"
    assert all(re.fullmatch(r"\d{2}(\.\d+)?", text) for text in found.values())


@pytest.mark.parametrize(
    "sloth", [pytest.param(False, id="one for each tier"), pytest.param(True, id="as Sloth alerts")]
)
def test_burn_rate_alerts_carry_every_label_that_is_counted(sloth: bool, scene: Scene) -> None:
    """Without ``sloth_severity`` the dashboards would say OK while an alert fires: ``or on () vector(0)``."""
    for objective in scene.objectives.values():
        made = [rule for group in burnrate.groups(objective, sloth=sloth) for rule in group.rules]
        rules = [rule for rule in made if rule.alert == objective.alerting.name]
        assert {rule.labels["sloth_severity"] for rule in rules} == {"page", "ticket"}
        for rule in rules:
            labels = output_labels(parse(rule.expr), scene.contract.labels_of)
            assert labels is not None
            assert labels | set(rule.labels) >= ALERT_LABELS
