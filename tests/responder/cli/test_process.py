"""The installed command as a process: exit codes, signals, pipes, and what it prints about itself."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster
from sandbox.cluster.world import deployment

Start = Callable[..., subprocess.Popen[str]]
SECRET = "planted-5ecret-7731"
DEADLINE_SECONDS = 60

COMMANDS = [
    [],
    ["serve"],
    ["config"],
    ["config", "check"],
    ["route"],
    *([["incident"], ["incident", "list"], ["incident", "show"], ["incident", "ack"], ["incident", "resolve"]]),
    *([["automation"], ["automation", "on"], ["automation", "off"], ["automation", "status"]]),
    *([["dead-letter"], ["dead-letter", "list"]]),
    *([["trust"], ["trust", "list"], ["trust", "history"], ["trust", "promote"], ["trust", "demote"]]),
    *([["maintenance"], ["maintenance", "list"], ["maintenance", "next"]]),
    *([["silence"], ["silence", "list"], ["silence", "add"], ["silence", "expire"]]),
    *([["runbook"], ["runbook", "list"], ["runbook", "show"], ["runbook", "plan"]]),
    *([["rules"], ["rules", "build"], ["rules", "check"], ["rules", "test"], ["rules", "mutate"]]),
]


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode, out, err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str], firebrigade: Callable[..., Any]) -> None:
    result = firebrigade(*command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(['firebrigade', *command])} ")
    assert len(result.stdout.splitlines()) > 3


def test_help_lists_every_command_in_one_line(process: Start) -> None:
    code, out, _ = end(process("--help"))
    assert code == 0
    listed = out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(dict.fromkeys(command[0] for command in COMMANDS if command))
    assert not [line for line in listed if line.endswith("...")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "There is no command 'nonsense'"),
        (["rout"], "did you mean route?"),
        (["incident", "lst"], "No such command 'lst'"),
        (["serve", "--bind", "9095"], "'9095' is not HOST:PORT"),
        (["serve", "--nonsense"], "No such option"),
        (["serve", "--config", "nope.yaml"], "nope.yaml: can't be read"),
        (["serve"], "No credentials are configured for the webhook"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(arguments: list[str], said: str, process: Start) -> None:
    code, out, err = end(process(*arguments))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [("sqlite:///nowhere/x.sqlite", "there is no folder nowhere"), ("sqlite:///x.yaml", "x.yaml is not an SQLite")],
)
def test_a_database_that_can_not_be_opened_ends_the_start_before_anything_listens(
    url: str, said: str, process: Start, tmp_path: Path
) -> None:
    (tmp_path / "x.yaml").write_text("no database at all")
    arguments = ["serve", "--insecure", "--bind", "127.0.0.1:0"]
    code, out, err = end(process(*arguments, env={"FIREBRIGADE_DATABASE_URL": url}))
    assert (code, out) == (2, "")
    assert err.startswith(f"FIREBRIGADE_DATABASE_URL: {said}")
    assert len(err.splitlines()) == 1


def test_no_command_at_all_shows_the_help_and_is_a_mistake(process: Start) -> None:
    code, out, err = end(process())
    assert (code, out) == (2, "")
    assert err.startswith("Usage: firebrigade")


def test_no_secret_is_shown_whatever_is_wrong(process: Start, write_config: Callable[[str], str]) -> None:
    path = write_config(
        f"""
        receivers:
          slack: {{token: {SECRET}, channel: "#ops"}}
          pagerduty: {{routing_key: {SECRET}}}
          email: {{host: h, sender: x, recipients: [], username: u, password: {SECRET}}}
        prometheus: {{url: "http://u:{SECRET}@x", bearer_token: {SECRET}, {SECRET}: x}}
        supervisor: {{url: nope, token: {SECRET}}}
        alertmanagers: {{a: {{url: "http://x?t={SECRET}", bearer_token: {SECRET}, password: {SECRET}}}}}
    """.replace(f", {SECRET}: x", "")
    )
    environ = {"FIREBRIGADE_DATABASE_URL": f"nope://u:{SECRET}@x", "FIREBRIGADE_WEBHOOK_TOKEN": f"{SECRET} x"}
    for variables in ({}, environ):
        code, out, err = end(process("config", "check", "--config", path, env=variables))
        assert code == 2
        assert SECRET not in out + err


def test_ctrl_c_is_exit_code_130_without_a_traceback(process: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(DEADLINE_SECONDS)
        running = process("incident", "list", env={"FIREBRIGADE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        connection, _ = silent.accept()  # it waits for an answer now
        with connection:
            running.send_signal(signal.SIGINT)
            code, out, err = end(running)
    assert (code, out) == (130, "")
    assert "Traceback" not in err


def test_ctrl_c_ends_the_breaking_of_rules_with_what_is_known(process: Start) -> None:
    test = Path(__file__).parents[3] / "rules" / "tests" / "sigmavault.yaml"
    running = process("rules", "mutate", str(test), "--jobs", "1")
    assert running.stdout is not None
    assert running.stdout.readline().startswith("noticed")
    running.send_signal(signal.SIGINT)
    code, out, err = end(running)
    assert (code, err) == (130, "")
    summary = re.fullmatch(r"([0-9]+) of ([0-9]+) mutants tried: .*", out.splitlines()[-1])
    assert summary is not None
    assert 0 < int(summary[1]) < int(summary[2])


@pytest.mark.parametrize("arguments", [["rules", "build"], ["runbook", "list"], ["runbook", "list", "--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(arguments: list[str], process: Start) -> None:
    running = process(*arguments)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    err = running.stderr.read()
    running.stderr.close()
    running.wait(timeout=DEADLINE_SECONDS)
    assert err == ""


def test_a_plan_reads_the_cluster_and_changes_nothing(process: Start, write_config: Callable[[str], str]) -> None:
    clock = ManualClock()
    with Cluster(clock=clock, token=SECRET, seed=1) as cluster:
        cluster.create("namespaces", {"metadata": {"name": "shop"}})
        cluster.create("deployments", deployment("checkout", 2), "shop")
        cluster.advance(3600)
        path = write_config(f"""
            kubernetes: {{kubeconfig: {cluster.kubeconfig(Path(write_config("")).parent / "kubeconfig")}}}
            prometheus: {{url: "http://127.0.0.1:1"}}
            automation: {{mode: dry-run, namespaces: [shop]}}
        """)
        pod = cluster.list("pods", "shop")[0]["metadata"]["name"]
        labels = ["alertname=ServiceDown", "namespace=shop", "deployment=checkout", f"pod={pod}"]
        arguments = ["runbook", "plan", "service-down", *labels, "--config", path]
        code, out, err = end(process(*arguments))
        assert (code, err) == (0, "")
        assert "deployment/shop/checkout" in out
        assert "(dry_run)" in out  # although Prometheus can't be asked: this step is taken all the same
        arguments[2] = "crash-loop"
        code, out, err = end(process(*arguments))
        assert (code, err) == (0, "")
        assert "0 of 2 pods not ready" in out  # what only reads is read
        assert cluster.changes == ()


def test_the_version_is_told(process: Start) -> None:
    code, out, _ = end(process("--version"))
    assert code == 0
    assert out.startswith("firebrigade 0.")


def test_nothing_in_the_environment_but_ours_is_read(process: Start) -> None:
    code, _, err = end(process("config", "check", env={**os.environ, "FIREBRIGADE_NONSENSE": "x"}))
    assert code == 2
    assert "FIREBRIGADE_NONSENSE: is not a setting" in err
