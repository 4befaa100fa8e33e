"""rules check: which problems end in which exit code, and in which form they are printed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from firebrigade.rules import checks

Run = Callable[..., Result]

RULES = """\
groups:
  - name: shop
    interval: 10m
    rules:
      - {record: "shop:up:sum", expr: sum by (service) (up)}
"""


@pytest.fixture
def odd(tmp_path: Path) -> str:
    """A file with a warning and no error."""
    path = tmp_path / "odd.yaml"
    path.write_text(RULES)
    return str(path)


def test_a_warning_is_printed_and_no_failure(odd: str, firebrigade: Run) -> None:
    result = firebrigade("rules", "check", odd)
    assert result.exit_code == 0, result.stdout
    assert f"{odd}:2: warning: groups[0]: the group shop is evaluated every 10m" in result.stdout
    assert "1 warning" in result.stderr


def test_a_warning_fails_where_that_is_asked_for(odd: str, firebrigade: Run) -> None:
    assert firebrigade("rules", "check", odd, "--fail-on", "warning").exit_code == 2


def test_an_error_fails(odd: str, firebrigade: Run) -> None:
    Path(odd).write_text(RULES.replace("(up)", "(upp)"))
    result = firebrigade("rules", "check", odd)
    assert result.exit_code == 2
    assert "[metric/unknown]" in result.stdout


def test_programs_get_json_whatever_is_wrong(odd: str, firebrigade: Run) -> None:
    told = json.loads(firebrigade("rules", "check", odd, "--format", "json").stdout)
    assert {"group/interval"} <= {problem["check"] for problem in told["problems"]}
    assert told["rules"] == 1
    Path(odd).write_text("a: [")
    result = firebrigade("rules", "check", odd, "--format", "json")
    assert result.exit_code == 2
    assert [problem["check"] for problem in json.loads(result.stdout)["problems"]] == ["file/format"]


def test_a_workflow_gets_annotations(odd: str, firebrigade: Run) -> None:
    result = firebrigade("rules", "check", odd, "--format", "github")
    assert f"::warning file={odd},line=2,title=group/interval::groups[0]" in result.stdout


def test_the_cost_of_each_rule_and_group_is_printed(odd: str, firebrigade: Run) -> None:
    text = firebrigade("rules", "check", odd, "--cost").stdout
    assert "60       shop:up:sum" in text
    assert "SAMPLES  RULES  GROUP" in text
    told = json.loads(firebrigade("rules", "check", odd, "--cost", "--format", "json").stdout)
    assert [(one["name"], one["samples"]) for one in told["cost"]["rules"]] == [("shop:up:sum", 60)]
    assert [(one["group"], one["rules"]) for one in told["cost"]["groups"]] == [("shop", 1)]


def test_a_budget_can_be_set(odd: str, firebrigade: Run) -> None:
    assert "the budget is 59" in firebrigade("rules", "check", odd, "--max-samples", "59").stdout


def test_control_characters_of_a_file_do_nothing_to_the_terminal(odd: str, firebrigade: Run) -> None:
    Path(odd).write_text('groups: [{name: "a\\u001b[2Jb", interval: 10m, rules: [{record: a, expr: up}]}]')
    result = firebrigade("rules", "check", odd)
    assert "\x1b" not in result.stdout
    assert "a\\x1b[2Jb" in result.stdout


def test_all_checks_are_listed(firebrigade: Run) -> None:
    lines = firebrigade("rules", "check", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(checks.every())
