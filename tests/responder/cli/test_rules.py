"""rules build, check and test: files in, files and exit codes out."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
SPEC = Path(__file__).parents[3] / "rules" / "slos" / "neurectomy-api.yaml"


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


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--namespace", "x"], "--namespace and --label are for --format prometheusrule", id="no objects"),
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


@pytest.mark.parametrize("command", ["build", "check", "test"])
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
    assert "wrong.yaml:" in result.stderr
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
    assert (again.exit_code, Path("runs").read_text()) == (0, "--version\n")
    firebrigade("rules", "test", "--no-cache", "--jobs", "1", str(test), env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert Path("runs").read_text() == "--version\ntest\ntest\n"


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
