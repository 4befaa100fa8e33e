"""config check, route, maintenance and runbook: what the configuration says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

Run = Callable[..., Result]
Write = Callable[[str], str]

CONFIG = """
    receivers:
      night: {type: log}
    routes:
      - {matchers: 'severity="critical"', receivers: [night, log], policy: quick}
      - {matchers: 'severity="warning"', receivers: [log]}
    policies:
      quick:
        steps:
          - acknowledge_within: 5m
          - {acknowledge_within: 10m, targets: [night]}
        repeat: 1
        automation: first
    maintenance:
      always: {matchers: 'service="ryot"', starts_at: 2020-01-01, ends_at: 2099-01-01, owner: ops, reason: "[red]move"}
      patches: {matchers: 'service="akosha"', cron: 0 3 * * *, duration: 2h, owner: ops, reason: patches}
      gone: {matchers: 'service="akosha"', starts_at: 2020-01-01, ends_at: 2020-01-02, owner: ops, reason: x}
"""


def test_a_right_configuration_is_confirmed(firebrigade: Run, write_config: Write) -> None:
    result = firebrigade("config", "check", "--config", write_config(CONFIG))
    assert result.exit_code == 0
    assert "no problems. Receivers: night, log. Automation: dry-run." in result.stdout
    assert "note: no route takes everything" in result.stdout


def test_every_problem_is_a_line_on_standard_error(firebrigade: Run, write_config: Write) -> None:
    path = write_config("a: 1\nb: 2\n")
    result = firebrigade("config", "check", "--config", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [line.partition(": ")[2].partition(": is")[0] for line in result.stderr.splitlines()] == [
        f"{path}:1: a",
        f"{path}:2: b",
    ]


def test_problems_of_the_environment_are_told_too(firebrigade: Run) -> None:
    result = firebrigade("config", "check", env={"FIREBRIGADE_BIND": "x", "FIREBRIGADE_LOG_LEVEL": "y"})
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 2)


def test_the_file_is_found_by_option_then_variable_then_folder(firebrigade: Run, tmp_path: Path) -> None:
    for name in ("option", "variable", "firebrigade"):
        (tmp_path / "work" / f"{name}.yaml").write_text(f"receivers: {{{name}: {{type: log}}}}")
    environ = {"FIREBRIGADE_CONFIG": "variable.yaml"}
    assert "option, log" in firebrigade("config", "check", "--config", "option.yaml", env=environ).stdout
    assert "variable, log" in firebrigade("config", "check", env=environ).stdout
    assert "firebrigade, log" in firebrigade("config", "check").stdout


def test_no_file_at_all_is_right(firebrigade: Run) -> None:
    assert firebrigade("config", "check").stdout.startswith("No configuration file, so the defaults hold: no problems.")


def test_a_variable_that_names_no_file_is_a_mistake(firebrigade: Run) -> None:
    result = firebrigade("config", "check", env={"FIREBRIGADE_CONFIG": "nope.yaml"})
    assert result.exit_code == 2
    assert result.stderr == (
        "firebrigade: nope.yaml: can't be read: No such file or directory; check the path and its permissions\n"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("sqlite:///nowhere/x.sqlite", "there is no folder nowhere; make it", id="no folder"),
        pytest.param("sqlite:///x.sqlite/y", "there is no folder x.sqlite; make it", id="a file as folder"),
        pytest.param("sqlite:///x.sqlite", "x.sqlite is not an SQLite database", id="another file"),
        pytest.param("sqlite:///.", "can't open .: Is a directory", id="a folder"),
        pytest.param("postgresql://db/x", "must name an SQLite file", id="another database"),
        pytest.param("sqlite://", "must name an SQLite file", id="none that stays"),
    ],
)
def test_a_database_that_can_not_be_used_is_told_with_the_rest(
    firebrigade: Run, write_config: Write, url: str, said: str
) -> None:
    Path("x.sqlite").write_text("something else")
    arguments = ["config", "check", "--config", write_config("nonsense: 1")]
    result = firebrigade(*arguments, env={"FIREBRIGADE_DATABASE_URL": url})
    database, file = result.stderr.splitlines()
    assert result.exit_code == 2
    assert database.startswith(f"firebrigade: FIREBRIGADE_DATABASE_URL: {said}")
    assert "nonsense: is not a setting" in file
    assert firebrigade("config", "check", env={"FIREBRIGADE_DATABASE_URL": url}).exit_code == 2


def test_looking_at_a_database_makes_none(firebrigade: Run) -> None:
    assert firebrigade("config", "check").exit_code == 0
    assert not list(Path().iterdir())
    Path("firebrigade.sqlite").touch()
    assert firebrigade("config", "check").exit_code == 0


def test_a_webhook_without_credentials_is_worth_a_note(firebrigade: Run) -> None:
    note = "note: the webhook has no credentials, so serve starts only with --insecure; set FIREBRIGADE_WEBHOOK_TOKEN"
    assert note in firebrigade("config", "check").stdout
    assert note not in firebrigade("config", "check", env={"FIREBRIGADE_WEBHOOK_TOKEN": "planted"}).stdout


def test_a_namespace_in_no_environment_is_worth_a_note(firebrigade: Run, write_config: Write) -> None:
    text = "automation: {mode: auto, namespaces: [shop, pay], environments: {production: {namespaces: [shop]}}}"
    result = firebrigade("config", "check", "--config", write_config(text))
    assert "note: no environment has pay, so what is there is planned and not changed" in result.stdout


def test_route_says_who_is_told_and_what_runs(firebrigade: Run, write_config: Write) -> None:
    labels = ["alertname=ServiceDown", "severity=critical", "service=ryot"]
    shown = firebrigade("route", *labels, "--config", write_config(CONFIG)).stdout.splitlines()
    fields = {line.split("  ")[0]: line.split("  ", 1)[1].strip() for line in shown}
    assert fields == {
        "route": '1 {severity="critical"}',
        "receivers": "night, log",
        "policy": "quick: L1 the receivers for 5m → L2 night for 10m, repeated once; automation first",
        "runbook": "service-down",
        "automation": "dry-run",
        "maintenance": "always: [red]move (ops)",
    }


def test_route_in_json_has_the_same(firebrigade: Run, write_config: Write) -> None:
    labels = ["alertname=ServiceDown", "severity=critical", "service=ryot"]
    found = json.loads(firebrigade("route", *labels, "--json", "--config", write_config(CONFIG)).stdout)
    assert (found["route"], found["receivers"], found["policy"]) == (1, ["night", "log"], "quick")
    assert [level["acknowledge_within_seconds"] for level in found["levels"]] == [300, 600]
    assert (found["runbook"], found["maintenance"], found["heartbeat"]) == ("service-down", ["always"], None)


def test_route_says_when_nobody_would_be_told(firebrigade: Run, write_config: Write) -> None:
    shown = firebrigade("route", "severity=info", "--config", write_config(CONFIG)).stdout
    assert shown.startswith("No route matches: the incident is recorded and nobody is told.")


def test_route_knows_heartbeats(firebrigade: Run) -> None:
    assert firebrigade("route", "alertname=Watchdog").stdout == (
        'This is a heartbeat {alertname="Watchdog"}: noted, never an incident.\n'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["severity"], "'severity' is not a label; write NAME=VALUE"),
        (["=x"], "'=x' is not a label"),
        (["severity=~crit.*"], "is not a label"),
        (["severity!=x"], "is not a label"),
        (["a=1", "a=2"], "the label a is given twice"),
    ],
)
def test_what_is_no_label_is_a_mistake(arguments: list[str], said: str, firebrigade: Run) -> None:
    result = firebrigade("route", *arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert said in result.stderr


def test_a_labels_value_may_hold_anything(firebrigade: Run) -> None:
    assert firebrigade("route", "severity=critical", "query=a=b c", "empty=").exit_code == 0


def test_windows_are_listed_with_their_state(firebrigade: Run, write_config: Write) -> None:
    path = write_config(CONFIG)
    lines = firebrigade("maintenance", "list", "--config", path).stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["always", "open"],
        ["patches", lines[2].split()[1]],
        ["gone", "over"],
    ]
    assert "[red]move" in lines[1]
    found = json.loads(firebrigade("maintenance", "list", "--json", "--config", path).stdout)
    assert found[1]["cron"] == "0 3 * * *"
    assert found[1]["duration_seconds"] == 7200


def test_next_lists_what_comes_in_order(firebrigade: Run, write_config: Write) -> None:
    arguments = ["maintenance", "next", "--within", "3d", "--json", "--config", write_config(CONFIG)]
    found = json.loads(firebrigade(*arguments).stdout)
    assert {occurrence["window"] for occurrence in found} == {"always", "patches"}
    assert [occurrence["starts_at"] for occurrence in found] == sorted(occurrence["starts_at"] for occurrence in found)


@pytest.mark.parametrize("within", ["5", "soon", "0s", "10000w"])
def test_next_wants_a_duration(within: str, firebrigade: Run) -> None:
    result = firebrigade("maintenance", "next", "--within", within)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "--within" in result.stderr


def test_runbooks_are_listed_and_shown(firebrigade: Run) -> None:
    assert "service-down" in firebrigade("runbook", "list").stdout
    names = [runbook["name"] for runbook in json.loads(firebrigade("runbook", "list", "--json").stdout)]
    for name in names:
        shown = firebrigade("runbook", "show", name)
        assert shown.exit_code == 0
        assert ("Step 1: " in shown.stdout) != ("No steps: this runbook is for people" in shown.stdout)


def test_a_runbook_that_is_not_there_is_a_mistake(firebrigade: Run) -> None:
    result = firebrigade("runbook", "show", "service-dwn")
    assert result.exit_code == 2
    assert result.stderr == "firebrigade: there is no runbook 'service-dwn'; did you mean service-down?\n"


def test_a_plan_without_a_cluster_says_what_is_missing(firebrigade: Run) -> None:
    arguments = ["runbook", "plan", "service-down", "namespace=neurectomy", "deployment=ryot"]
    assert "(not_configured)" in firebrigade(*arguments).stdout
    found: list[Any] = json.loads(firebrigade(*arguments, "--json").stdout)
    assert {step["refusal"]["reason"] for step in found if step["refusal"]} == {"not_configured"}


def test_own_runbooks_with_mistakes_are_told_with_the_rest(
    firebrigade: Run, write_config: Write, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.md").write_text("---\ntitle: x\n---\n")
    result = firebrigade("config", "check", "--config", write_config("runbooks: {directory: own}\nnonsense: 1\n"))
    assert result.exit_code == 2
    assert "nonsense: is not a setting" in result.stderr
    assert "mine.md:" in result.stderr


RBAC = """
    automation: {namespaces: [shop, agents], deny_actions: [rollback_deployment]}
    runbooks: {directory: runbooks}
"""
QUEUE = """---
title: A queue does not move
alerts: [QueueStuck]
steps:
  - {name: Restart, action: restart_deployment, target: {namespace: shop, name: {label: deployment}}}
  - {name: Back, action: rollback_deployment, target: {namespace: shop, name: {label: deployment}}}
  - {name: Cordon, action: cordon_node, target: {name: {label: node}}}
---
# A queue does not move
"""


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        pytest.param([], [("Role", "shop"), ("Role", "agents"), ("ClusterRole", None)], id="of automation.namespaces"),
        pytest.param(["--namespace", "web"], [("Role", "web"), ("ClusterRole", None)], id="of an option"),
    ],
)
def test_the_roles_hold_what_the_allowed_steps_need(
    firebrigade: Run, write_config: Write, tmp_path: Path, options: list[str], roles: list[tuple[str, str | None]]
) -> None:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "queue-stuck.md").write_text(QUEUE)
    result = firebrigade("runbook", "rbac", *options, "--config", write_config(RBAC))
    assert result.exit_code == 0, result.stderr
    found = list(yaml.safe_load_all(result.stdout))
    assert [(one["kind"], one["metadata"].get("namespace")) for one in found] == roles
    assert found[0]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]},
    ]
    assert found[-1]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "patch"]}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param([], "automation.namespaces is empty", id="no namespace"),
        pytest.param(["--namespace", "../web"], "is not a valid namespace", id="a wrong namespace"),
    ],
)
def test_a_role_without_a_right_namespace_is_refused(firebrigade: Run, options: list[str], words: str) -> None:
    result = firebrigade("runbook", "rbac", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
