"""What Prometheus loads is what the specs say, byte for byte."""

from pathlib import Path

import yaml

from firebrigade.rules import build, library
from firebrigade.rules.testing.promtool import Promtool


def _built() -> dict[str, str]:
    compiled = build.compile_all(library.specs(), library.surroundings())
    return {part.file.name: part.file.text for part in compiled}


def test_the_generated_files_are_what_the_specs_say_and_there_are_no_others() -> None:
    assert {path.name: path.read_text() for path in library.generated().glob("*.*")} == _built()


def test_building_twice_gives_the_same_bytes() -> None:
    assert _built() == _built()


def test_promtool_and_its_linter_take_every_generated_file() -> None:
    assert Promtool().check_rules(_built()) == {}


def test_every_alert_carries_what_people_and_actions_need() -> None:
    for text in _built().values():
        alerts = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]
        for alert in alerts:
            assert {"severity", "team"} <= set(alert["labels"]), alert
            assert set(alert["annotations"]) >= {"summary", "description", "runbook_url", "dashboard_url"}, alert


def test_a_runbook_address_names_a_file_of_the_runbooks_folder_where_there_is_one() -> None:
    known = library.surroundings().runbooks
    urls = {
        rule["annotations"]["runbook_url"]
        for text in _built().values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    without_a_rule = {"incident-storm"}  # for an alert that Firebrigade itself makes
    assert known is None or {Path(url).name for url in urls} == known - without_a_rule
