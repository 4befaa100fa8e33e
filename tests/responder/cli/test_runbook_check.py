"""``runbook check`` and ``runbook show`` with labels, as they are called."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firebrigade.responder.cli import main

RULES = "groups:\n  - name: g\n    rules:\n      - alert: Down\n        expr: up == 0\n"
RUNBOOK = "---\ntitle: T\nalerts: [Down]\nsteps: []\n---\n`kubectl logs <pod>`\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "one.md").write_text(RUNBOOK)
    (tmp_path / "firebrigade.yaml").write_text("runbooks:\n  directory: runbooks\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["runbook", *arguments, "--config", str(folder / "firebrigade.yaml")])


def test_runbooks_that_fit_their_rules_are_said_to(folder: Path) -> None:
    result = run(folder, "check", str(folder / "rules.yaml"))
    assert (result.exit_code, result.output) == (0, "Every alert has a runbook, and every runbook an alert.\n")


def test_a_gap_is_told_together_with_every_other_mistake(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES + "      - alert: Full\n        expr: up == 0\n      - alert: Watchdog\n")
    (folder / "runbooks" / "one.md").write_text(
        RUNBOOK.replace("title: T", "titel: T").replace("[Down]", "[Down, Gone]")
    )
    result = run(folder, "check", str(folder / "rules.yaml"))
    assert result.exit_code == 2
    told = [line.partition(f"{folder}/")[2].rstrip(".") for line in result.output.splitlines()]
    assert told == [
        "runbooks/one.md:1: title: is missing",
        "runbooks/one.md:2: titel: is not a key that is known here",
        "rules.yaml:6: alert: no runbook answers Full",
        "runbooks/one.md:3: alerts: there is no rule with the alert Gone",
    ]


def test_a_rule_file_that_is_not_there_is_one_sentence(folder: Path) -> None:
    result = run(folder, "check", str(folder / "nothing.yaml"))
    assert result.exit_code == 2
    assert "nothing.yaml: can't be read" in result.output


def test_a_runbook_is_shown_with_commands_that_can_be_copied(folder: Path) -> None:
    assert "`kubectl logs 'a b'`" in run(folder, "show", "one", "pod=a b").output
    assert "`kubectl logs <pod>`" in run(folder, "show", "one").output
