"""Alerts without a runbook, and runbooks without an alert: all of them, with file and line."""

from pathlib import Path

import pytest

from firebrigade.responder.own_alerts import OWN_ALERTS
from firebrigade.runbooks.coverage import UnreadableRulesError, alerts_of_rules, alerts_of_runbooks, uncovered
from firebrigade.runbooks.loader import BUNDLED

RULES = """groups:
  - name: one
    rules:
      - record: a:b
        expr: up
      - alert: ServiceDown
        expr: up == 0
      - alert: DiskFull
        expr: up == 0
"""
OBJECT = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n" + "".join(
    f"  {line}\n" for line in RULES.splitlines()
)
RUNBOOK = "---\ntitle: T\nalerts:\n  - ServiceDown\n  - Gone\nsteps: []\n---\nText.\n"


@pytest.mark.parametrize(("text", "line"), [(RULES, 6), (OBJECT, 9), (f"---\n{RULES}", 7)])
def test_rules_are_read_from_files_and_from_objects(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    found = alerts_of_rules([tmp_path])
    assert list(found) == ["ServiceDown", "DiskFull"]
    assert found["ServiceDown"] == f"{tmp_path}/rules.yaml:{line}"


def test_both_gaps_are_named_at_once_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "one.md").write_text(RUNBOOK)
    (tmp_path / "README.md").write_text("No runbook.")
    rules, runbooks = alerts_of_rules([tmp_path / "rules.yml"]), alerts_of_runbooks(tmp_path)
    assert uncovered(rules, runbooks, lambda _: False) == [
        f"{tmp_path}/rules.yml:8: alert: no runbook answers DiskFull.",
        f"{tmp_path}/one.md:5: alerts: there is no rule with the alert Gone.",
    ]
    assert len(uncovered(rules, runbooks, lambda name: name == "DiskFull")) == 1


@pytest.mark.parametrize("text", ["a: [", "\x00"])
def test_a_file_that_is_no_yaml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(UnreadableRulesError, match=r"rules\.yaml:1: it is not YAML"):
        alerts_of_rules([tmp_path / "rules.yaml"])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRulesError, match="can't be read"):
        alerts_of_rules([tmp_path / "nothing.yaml"])


@pytest.mark.parametrize("text", ["", "- 1", "groups: x", "groups: [1, {rules: [2, {alert: [3]}]}]"])
def test_a_file_without_rules_has_no_alerts(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    assert alerts_of_rules([tmp_path]) == {}


def test_every_alert_of_the_rule_library_has_a_runbook_and_the_other_way_round() -> None:
    generated = Path(__file__).parents[2] / "rules" / "generated"
    problems = uncovered(
        alerts_of_rules([generated]), alerts_of_runbooks(BUNDLED), lambda name: name == "Watchdog", OWN_ALERTS
    )
    assert problems == []
