"""The commands on rules, as the command line calls them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import commands, library
from firebrigade.rules.problems import RulesError
from firebrigade.rules.promtool import Promtool

Write = Callable[[str, str], Path]

SPEC = """\
team: web
dashboard: https://grafana.example/d/shop
groups:
  - name: shop
    rules:
      - alert: ShopSlow
        expr: max by (service) (shop_queue_length) > 100
        labels: {severity: warning}
        annotations: {summary: "{{ $labels.service }} is slow", description: "{{ $value }} orders wait"}
        runbook: https://wiki.example/slow
"""
METRICS = "metrics: [{name: shop_queue_length, type: gauge, unit: orders, labels: [], service: shop, source: seeds}]\n"


def test_without_files_the_library_is_built_as_one_text() -> None:
    built = commands.build()
    groups = yaml.safe_load(built.text)["groups"]
    assert built.files == ()
    assert built.count == sum(len(group["rules"]) for group in groups) > 0
    assert Promtool().check_rules({"all.yaml": built.text}) == {}


def test_a_spec_from_anywhere_is_built_into_a_folder_that_is_made(write: Write, tmp_path: Path) -> None:
    built = commands.build([write("shop.yaml", SPEC)], tmp_path / "new" / "folder")
    assert [path.name for path in built.files] == ["alerts-shop.yaml"]
    assert yaml.safe_load(built.files[0].read_text())["groups"][0]["rules"][0]["alert"] == "ShopSlow"


def test_the_problems_of_all_specs_are_told_together(write: Write) -> None:
    with pytest.raises(RulesError) as error:
        commands.build([write("one.yaml", "a: ["), write("two.yaml", "slos: []")])
    assert {Path(problem.file).name for problem in error.value.problems} == {"one.yaml", "two.yaml"}


def test_nothing_is_written_when_a_spec_is_wrong(write: Write, tmp_path: Path) -> None:
    with pytest.raises(RulesError):
        commands.build([write("shop.yaml", SPEC), write("bad.yaml", "a: [")], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_written_is_told(write: Write) -> None:
    spec = write("shop.yaml", SPEC)
    with pytest.raises(RulesError, match="can't be written"):
        commands.build([spec], spec)


def test_rules_about_a_system_of_ones_own_are_checked_with_its_metrics(write: Write) -> None:
    spec = write("shop.yaml", SPEC)
    assert [
        "shop_queue_length is not in the metric contract" in p.message for p in commands.check([spec]).problems
    ] == [True]
    assert commands.check([spec], [write("metrics.yaml", METRICS)]).problems == ()


def test_one_bad_file_does_not_hide_the_problems_of_another(write: Write) -> None:
    checked = commands.check([write("bad.yaml", "a: ["), write("shop.yaml", SPEC), write("t.yaml", "tests: []")])
    assert {Path(problem.file).name for problem in checked.problems} == {"bad.yaml", "shop.yaml", "t.yaml"}


def test_a_missing_promtool_is_a_problem_and_not_a_traceback(write: Write) -> None:
    (problem,) = commands.check(
        [write("pipeline.yaml", SPEC)], [write("m.yaml", METRICS)], Promtool(command="no-promtool")
    ).problems
    assert problem.message.startswith("no-promtool is not installed")


def test_test_files_are_run_and_judged(write: Write, tmp_path: Path) -> None:
    commands.build([write("shop.yaml", SPEC)], tmp_path)
    tests = write(
        "tests.yaml",
        "rule_files: [alerts-shop.yaml]\nevaluation_interval: 1m\ngroup_eval_order: [shop]\ntests:\n"
        "  - name: nobody waits\n    interval: 1m\n"
        "    input_series: [{series: 'shop_queue_length{service=\"shop\"}', values: '99x9'}]\n"
        "    alert_rule_test: [{eval_time: 5m, alertname: ShopSlow}]\n",
    )
    seen: list[str] = []
    outcome = commands.test([tests], progress=lambda result: seen.append(result.name))
    derived = ["nobody waits, at every evaluation", "nobody waits, also when scrapes fail for two minutes"]
    assert [case.passed for case in outcome.cases] == [True, True, True]
    assert seen == ["nobody waits", *derived]
    assert not outcome.passed, "an alert without a firing case"
    assert any("in which it fires" in problem.message for problem in outcome.problems)


def test_the_library_lies_where_its_modules_do() -> None:
    assert library.generated().is_dir()
    assert library.specs()
    assert library.tests()
