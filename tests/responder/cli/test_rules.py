"""rules build, check, test and mutate: files in, files and exit codes out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
SPEC = Path(__file__).parents[3] / "rules" / "slos" / "neurectomy-api-requests-availability.yaml"


def test_rules_are_built_to_standard_output(firebrigade: Run) -> None:
    result = firebrigade("rules", "build")
    assert result.exit_code == 0
    assert {"ServiceDown", "Watchdog"} <= {
        rule.get("alert") for group in yaml.safe_load(result.stdout)["groups"] for rule in group["rules"]
    }


def test_rules_of_one_spec_are_built_into_a_folder(firebrigade: Run, tmp_path: Path) -> None:
    result = firebrigade("rules", "build", str(SPEC), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0
    (written,) = (tmp_path / "out").glob("*.yaml")
    assert result.stdout == f"{written}\n"
    assert "in 1 file." in result.stderr


def test_rules_are_built_as_objects_for_the_operator(firebrigade: Run) -> None:
    options = ("--format", "prometheusrule", "--namespace", "monitoring", "--label", "release=prometheus")
    result = firebrigade("rules", "build", str(SPEC), *options)
    assert result.exit_code == 0
    (made,) = yaml.safe_load_all(result.stdout)
    assert made["kind"] == "PrometheusRule"
    assert made["metadata"]["namespace"] == "monitoring"
    assert made["metadata"]["labels"]["release"] == "prometheus"


def test_what_keeps_tickets_quiet_is_built_for_alertmanager(firebrigade: Run, tmp_path: Path) -> None:
    result = firebrigade("rules", "build", str(SPEC), "--format", "inhibit-rules", "--out", str(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "1 inhibition rule in 1 file.\n")
    (rule,) = yaml.safe_load((tmp_path / "inhibit-rules.yml").read_text())["inhibit_rules"]
    assert rule["equal"] == ["sloth_id"]


def test_people_who_come_from_sloth_get_its_two_alerts(firebrigade: Run) -> None:
    result = firebrigade("rules", "build", str(SPEC), "--compat", "sloth")
    rules = [rule for group in yaml.safe_load(result.stdout)["groups"] for rule in group["rules"]]
    assert [rule["labels"]["sloth_severity"] for rule in rules if "alert" in rule] == ["page", "ticket"]
    assert not [rule for rule in rules if "history" in rule.get("record", "")]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--namespace", "x"], "--namespace is for --format prometheusrule", id="no objects"),
        pytest.param(["--format", "prometheusrule", "--label", "x"], "write it as key=value", id="no value"),
        pytest.param(["--format", "prometheusrule", "--namespace", "X"], "'X' is no namespace", id="bad namespace"),
        pytest.param(["--format", "helm"], "'helm' is not one of", id="unknown format"),
    ],
)
def test_options_that_do_not_fit_are_a_mistake(options: list[str], told: str, firebrigade: Run) -> None:
    result = firebrigade("rules", "build", *options)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_the_library_has_no_problems(firebrigade: Run) -> None:
    result = firebrigade("rules", "check")
    assert (result.exit_code, result.stdout) == (0, "The rule library has no problems.\n")


@pytest.mark.parametrize("command", ["build", "check", "test", "mutate"])
def test_a_file_that_is_not_there_is_a_mistake(command: str, firebrigade: Run) -> None:
    result = firebrigade("rules", command, "nope.yaml")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "nope.yaml" in result.stderr


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_wrong_spec_is_told_with_its_line(command: str, firebrigade: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("groups:\n  - name: x\n    rulez: []\n")
    result = firebrigade("rules", command, str(wrong))
    assert result.exit_code == 2
    assert "wrong.yaml:" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_a_failing_case_is_exit_code_1(firebrigade: Run, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    test = tmp_path / "test.yaml"
    test.write_text(CASES)
    right = firebrigade("rules", "test", str(test))
    assert (right.exit_code, right.stderr) == (0, ""), right.stderr
    (tmp_path / "rules.yaml").write_text(RULES.replace("for: 1m", "for: 3m"))
    result = firebrigade("rules", "test", str(test))
    assert result.exit_code == 1, result.stderr
    assert "FAILED" in result.stdout


def test_what_did_not_change_is_not_run_again(firebrigade: Run, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    test = tmp_path / "test.yaml"
    test.write_text(CASES)
    firebrigade("rules", "test", str(test))
    counted = tmp_path / "promtool"
    counted.write_text('#!/bin/sh\necho "$1" >> runs\nexec /usr/bin/promtool "$@"\n')
    counted.chmod(0o700)
    again = firebrigade("rules", "test", str(test), env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (again.exit_code, Path("runs").read_text()) == (0, "check\n--version\n")
    firebrigade("rules", "test", "--no-cache", "--jobs", "1", str(test), env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert Path("runs").read_text() == "check\n--version\ncheck\ntest\n"


@pytest.fixture
def weak_test(tmp_path: Path) -> str:
    """A test that notices much, and not that `for` is shorter."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "test.yaml").write_text(CASES)
    return str(tmp_path / "test.yaml")


def test_a_change_that_no_case_notices_is_exit_code_1(firebrigade: Run, weak_test: str) -> None:
    result = firebrigade("rules", "mutate", weak_test)
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (1, "")
    assert any(
        line.startswith("SURVIVED") and line.endswith("rules.yaml:6: Down: for 1m becomes 30s") for line in lines
    )
    assert any(line.startswith("noticed") and "annotation summary is dropped (by " in line for line in lines)
    assert lines[-1].startswith("9 of 9 mutants tried: ")


def test_a_survivor_is_shown_with_its_expression(firebrigade: Run, weak_test: str) -> None:
    lines = firebrigade("rules", "mutate", "--survivors-only", weak_test).stdout.splitlines()
    assert not any(line.startswith("noticed") for line in lines)
    survived = next(number for number, line in enumerate(lines) if line.endswith("== 0 becomes <= 0"))
    assert lines[survived + 1].strip() == "up <= 0"


def test_mutants_are_printed_for_programs(firebrigade: Run, weak_test: str) -> None:
    result = firebrigade("rules", "mutate", "--format", "json", "--survivors-only", weak_test)
    told = json.loads(result.stdout)
    assert (told["mutants"], told["tried"], told["interrupted"]) == (9, 9, False)
    assert len(told["verdicts"]) == told["survived"] > 0
    assert {verdict["state"] for verdict in told["verdicts"]} == {"survived"}


def test_declared_changes_are_no_survivors(firebrigade: Run, weak_test: str, tmp_path: Path) -> None:
    declared = tmp_path / "equivalents.yaml"
    changes = "['== 0 becomes <= 0', 'for 1m becomes 30s', 'for 1m becomes 2m']"
    declared.write_text(f"equivalents: [{{rules: [Down], changes: {changes}, because: it is a test}}]")
    result = firebrigade("rules", "mutate", weak_test, "--equivalents", str(declared))
    assert (result.exit_code, result.stderr) == (0, ""), result.stdout
    declared.write_text("equivalents: [{rules: [Down], changes: ['*'], because: it is a test}]")
    result = firebrigade("rules", "mutate", weak_test, "--equivalents", str(declared))
    assert result.exit_code == 1
    assert "is noticed by" in result.stderr


def test_what_a_time_budget_leaves_out_is_said(firebrigade: Run, weak_test: str) -> None:
    result = firebrigade("rules", "mutate", "--budget", "0s", weak_test)
    assert (result.exit_code, result.stdout) == (0, "0 of 9 mutants tried: 0 noticed, 0 equivalent, 0 survived.\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--budget", "soon"], "'soon' is not a duration", id="a budget that is no duration"),
        pytest.param(["--alert", "Dwn"], "Dwn: is no alert", id="an alert that is not there"),
        pytest.param(["--jobs", "0"], "0 is not in the range", id="no jobs"),
    ],
)
def test_a_wrong_option_is_told(arguments: list[str], told: str, firebrigade: Run, weak_test: str) -> None:
    result = firebrigade("rules", "mutate", weak_test, *arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert told in result.stderr


RULES = """\
groups:
  - name: own
    rules:
      - alert: Down
        expr: up == 0
        for: 1m
        labels: {severity: critical}
        annotations: {summary: it is down}
"""

CASES = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [own]
tests:
  - name: it fires, and resolves
    interval: 1m
    input_series:
      - {series: 'up{job="x"}', values: '0 0 0 1 1 1'}
    alert_rule_test:
      - {alertname: Down, eval_time: 0m, exp_alerts: []}
      - alertname: Down
        eval_time: 2m
        exp_alerts:
          - exp_labels: {severity: critical, job: x}
            exp_annotations: {summary: it is down}
      - {alertname: Down, eval_time: 5m, exp_alerts: []}
  - name: it stays quiet just under the threshold
    interval: 1m
    input_series:
      - {series: 'up{job="x"}', values: '1 1 1'}
    alert_rule_test:
      - {alertname: Down, eval_time: 2m, exp_alerts: []}
"""
