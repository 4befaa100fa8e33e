"""The commands on rules, as the command line calls them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import build, commands, contract, library, specfiles
from firebrigade.rules.commands import dashboards
from firebrigade.rules.grafana import sources
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.promtool import Promtool

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
    assert [case.passed for case in outcome.cases] == [True, True]
    assert seen == ["nobody waits", "nobody waits, disturbed"]
    assert not outcome.passed, "an alert without a firing case"
    assert any("in which it fires" in problem.message for problem in outcome.problems)


def test_the_library_lies_where_its_modules_do() -> None:
    assert library.generated().is_dir()
    assert library.specs()
    assert library.tests()


DASHBOARD = """\
uid: shop
title: Shop
description: The shop.
span: 6h
refresh: 30s
rows:
  - title: Now
    panels:
      - title: Queue
        description: Orders that wait.
        queries: [{expr: max(shop_queue_length), legend: orders}]
        thresholds: [{alert: ShopSlow}]
"""


def test_a_dashboard_of_ones_own_is_built_with_its_metrics_and_alerts(write: Write, tmp_path: Path) -> None:
    specs, metrics = [write("shop.yaml", SPEC), write("board.yaml", DASHBOARD)], [write("metrics.yaml", METRICS)]
    built = commands.build_dashboards(specs, metrics=metrics)
    made = json.loads(built.text)
    assert (made["uid"], built.count, built.files) == ("shop", 1, ())
    (panel,) = [one for one in made["panels"] if one["title"] == "Queue"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "orange", "value": 100}
    assert panel["links"][0]["url"] == "https://wiki.example/slow"
    assert [one.name for one in commands.build_dashboards(specs, tmp_path / "out", metrics).files] == ["shop.json"]


def test_the_slos_of_a_spec_become_a_dashboard_of_their_service() -> None:
    made = json.loads(commands.build_dashboards([library.folder() / "slos" / "agents-task-success.yaml"]).text)
    assert made["uid"] == "slo-agents"
    assert {"Budget left", "Budget alerts"} <= {one["title"] for one in made["panels"]}


@pytest.mark.parametrize(
    ("specs", "told"),
    [
        pytest.param(
            ["slos/agents-task-success.yaml", "slos/ryot-time-to-first-token.yaml"],
            "2 dashboards don't fit into one stream",
            id="several",
        ),
        pytest.param(["alerts/api.yaml"], "nothing to build", id="none"),
    ],
)
def test_what_is_no_single_dashboard_is_refused_for_standard_output(specs: list[str], told: str) -> None:
    with pytest.raises(RulesError, match=told):
        commands.build_dashboards([library.folder() / spec for spec in specs])


def test_a_dashboard_that_is_wrong_is_neither_built_nor_passed(write: Write, tmp_path: Path) -> None:
    wrong = write("board.yaml", DASHBOARD)
    with pytest.raises(RulesError, match="shop_queue_length is not in the metric contract") as error:
        commands.build_dashboards([wrong], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert any("there is no alert ShopSlow" in problem.message for problem in error.value.problems)
    assert {problem.check for problem in commands.check([wrong]).problems} >= {"dashboard/query", "dashboard/reference"}


def test_an_alert_may_link_to_a_dashboard_that_is_given_with_it(write: Write) -> None:
    metrics, spec = [write("metrics.yaml", METRICS)], SPEC.replace("https://grafana.example/d/shop", "shop")
    alone = commands.check([write("shop.yaml", spec)], metrics).problems
    assert [(one.check, one.line) for one in alone] == [("alert/dashboard", 6)]
    assert "there is no dashboard shop; there is agent-collective" in alone[0].message
    assert commands.check([write("shop.yaml", spec), write("board.yaml", DASHBOARD)], metrics).problems == ()


def test_a_dashboard_file_that_is_old_missing_or_nobody_s_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "dashboards"
    shutil.copytree(library.generated_dashboards(), folder)
    compiled = build.compile_all(library.specs(), library.surroundings())
    written, _ = sources.parse(specfiles.read(library.dashboards())[0])
    scenery = dashboards.Scenery(around=library.surroundings(), metrics=contract.load(), compiled=compiled)
    assert scenery.stale(written, folder) == []
    (folder / "system-health.json").write_text("{}")
    (folder / "slo-ryot.json").unlink()
    (folder / "nobody-s.json").write_text("{}")
    found = scenery.stale(written, folder)
    assert [Path(one.file).name for one in found] == ["nobody-s.json", "slo-ryot.json", "system-health.json"]
    assert {one.check for one in found} == {"file/stale"}


RECORD = """\
team: web
groups:
  - name: shop
    rules: [{record: shop:queue:max, expr: max(shop_queue_length)}]
"""


def test_what_only_a_dashboard_reads_is_not_recorded_in_vain(write: Write) -> None:
    metrics, rules = [write("metrics.yaml", METRICS)], write("shop.yaml", RECORD)
    board = DASHBOARD.replace("max(shop_queue_length)", "shop:queue:max").replace("{alert: ShopSlow}", "")
    alone = commands.check([rules], metrics).problems
    assert [problem.check for problem in alone] == ["rule/unused-record"]
    assert commands.check([rules, write("board.yaml", board)], metrics).problems == ()


def test_two_dashboards_can_not_have_one_uid_or_one_title(write: Write) -> None:
    boards = [write("one.yaml", DASHBOARD), write("two.yaml", DASHBOARD.replace("title: Shop", "title: Other"))]
    found = commands.check(boards, [write("metrics.yaml", METRICS)]).problems
    twice = [problem for problem in found if "too; give each its own" in problem.message]
    assert [(Path(one.file).name, one.key, one.check) for one in twice] == [("two.yaml", "uid", "dashboard/reference")]


def test_rules_tests_and_dashboards_of_a_folder_are_told_apart(write: Write, tmp_path: Path) -> None:
    write("all/shop.yaml", SPEC.replace("https://grafana.example/d/shop", "shop"))
    write("all/board.yaml", DASHBOARD)
    metrics = [write("metrics.yaml", METRICS)]
    assert commands.check([tmp_path / "all"], metrics).problems == ()
    built = commands.build_dashboards([tmp_path / "all"], tmp_path / "out", metrics)
    assert [path.name for path in built.files] == ["shop.json"]
    assert [path.name for path in commands.build([tmp_path / "all"], tmp_path / "out").files] == ["alerts-shop.yaml"]
    with pytest.raises(RulesError, match="is a dashboard; build it with --format dashboards"):
        commands.build([tmp_path / "all" / "board.yaml"])
