"""The runner: what it says when promtool fails, warns, is missing or never ends."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]


RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]"
TESTS = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [g]
tests:
  - name: a pod is down
    interval: 1m
    input_series: [{series: up, values: '0x5'}]
    alert_rule_test: [{eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {}}]}]
"""


def _case(write: Write, tests: str = TESTS) -> Case:
    write("rules.yaml", RULES)
    (case,) = cases.load(write("tests.yaml", tests)).cases
    return case


@pytest.fixture
def case(write: Write) -> Case:
    """A case that expects an alert."""
    return _case(write)


def _fake(write: Write, script: str) -> str:
    path = write("promtool", f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_a_case_that_holds_passes(case: Case) -> None:
    result = Promtool().run_case(case)
    assert (result.passed, Path(result.file).name, result.line) == (True, "tests.yaml", 5)


def test_a_case_that_does_not_hold_fails_with_what_was_expected_and_what_came(write: Write) -> None:
    result = Promtool().run_case(_case(write, TESTS.replace("0x5", "1x5")))
    assert not result.passed
    assert "exp:[" in result.output
    assert "got:[]" in result.output


def test_a_case_that_reads_no_rule_needs_none(write: Write) -> None:
    asks = "promql_expr_test: [{eval_time: 1m, expr: up + 1, exp_samples: [{labels: '{}', value: 1}]}]"
    case = _case(write, TESTS.partition("alert_rule_test")[0] + asks)
    assert case.rule_texts == ()
    assert Promtool().run_case(case).passed


def test_a_promtool_that_says_nothing_has_not_passed_anything(case: Case, write: Write) -> None:
    assert not Promtool(command=_fake(write, "exit 0")).run_case(case).passed


def test_temporary_folders_are_not_part_of_what_people_read(case: Case) -> None:
    unknown = dataclasses.replace(case, content={**case.content, "evaluation_intervall": "1m"})
    output = Promtool().run_case(unknown).output
    assert "evaluation_intervall" in output
    assert "firebrigade-case-" not in output


def test_a_missing_promtool_is_told_in_one_sentence(case: Case) -> None:
    with pytest.raises(RulesError, match=r"^promtool-that-is-not-there is not installed; install the package") as error:
        Promtool(command="promtool-that-is-not-there").run_case(case)
    assert "\n" not in str(error.value)


def test_a_promtool_without_the_right_to_run_is_told(case: Case, write: Write) -> None:
    path = write("promtool", "#!/bin/sh\n")
    path.chmod(0o600)
    with pytest.raises(RulesError, match="can't be run"):
        Promtool(command=str(path)).run_case(case)


def test_a_promtool_that_never_ends_is_ended(case: Case, write: Write) -> None:
    stuck = Promtool(command=_fake(write, "exec tail -f /dev/null"), timeout_seconds=0.2)
    with pytest.raises(RulesError, match=r"took longer than 0\.2 seconds"):
        stuck.run_case(case)


def test_a_rule_file_that_prometheus_would_refuse_is_told_by_name() -> None:
    said = Promtool().check_rules(
        {"good.yaml": "groups: []", "bad.yaml": "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]"}
    )
    assert set(said) == {"bad.yaml"}


def test_each_of_many_files_that_are_refused_is_told() -> None:
    good, bad = "groups: []", "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]"
    texts = {f"{number}.yaml": bad if number in {0, 3, 4} else good for number in range(7)}
    said = Promtool().check_rules(texts)
    assert list(said) == ["0.yaml", "3.yaml", "4.yaml"]
    assert all("parse error" in text and name in text for name, text in said.items())
    assert Promtool().check_rules({}) == {}


def test_two_rules_of_one_name_and_labels_are_told_although_promtool_exits_0_by_default() -> None:
    rule = "{record: a, expr: b}"
    assert (
        "duplicate" in Promtool().check_rules({"x.yaml": f"groups: [{{name: g, rules: [{rule}, {rule}]}}]"})["x.yaml"]
    )


def test_the_version_is_the_first_line(write: Write) -> None:
    assert Promtool().version().startswith("promtool, version ")
