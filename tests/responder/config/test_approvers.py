"""Who may approve plans: names with a token each, which open no other door."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.responder.config import Config
from firebrigade.responder.execution import build_restraints
from firebrigade.runbooks.contract import Target
from firebrigade.runbooks.modes import AutomationMode

ConfigOf = Callable[..., Config]
ProblemsOf = Callable[..., list[str]]
ANNA = "annas-own-token-000000"
CHANGES = {"restart_pod", "rollback_deployment", "http_request"}  # of low, medium and high risk
BERT = "berts-own-token-000000"


def test_approvers_are_names_with_tokens(config_of: ConfigOf, tmp_path: Path) -> None:
    (tmp_path / "anna").write_text(ANNA + "\n")
    config = config_of(f"""
        approvers:
          anna: {{token_file: anna}}
          on call: {{token: {BERT}}}
    """)
    assert {name: token.get_secret_value() for name, token in config.approvers.items()} == {
        "anna": ANNA,
        "on call": BERT,
    }
    assert ANNA not in repr(config)


def test_without_approvers_nobody_may_approve(config_of: ConfigOf) -> None:
    assert config_of("receivers: {log: {}}").approvers == {}


@pytest.mark.parametrize(
    ("text", "approved"),
    [
        pytest.param("mode: approve", CHANGES, id="everything"),
        pytest.param("mode: auto", set(), id="nothing"),
        pytest.param("mode: auto, approve_actions: [restart_pod]", {"restart_pod"}, id="by name"),
        pytest.param("mode: auto, approve_risk: low", CHANGES, id="from the lowest risk on"),
        pytest.param("mode: auto, approve_risk: medium", {"rollback_deployment", "http_request"}, id="from a risk on"),
        pytest.param("mode: auto, modes: {risks: {high: approve}}", {"http_request"}, id="by the mode of a risk"),
        pytest.param("mode: dry-run, approve_risk: low", set(), id="none where nothing is applied"),
    ],
)
def test_which_plans_a_person_approves(config_of: ConfigOf, text: str, approved: set[str]) -> None:
    modes = config_of(f"approvers: {{anna: {{token: {ANNA}}}}}\nautomation: {{{text}}}").automation.modes
    target = Target(kind="deployment", namespace="shop", name="checkout")
    assert {one for one in CHANGES if modes.decide(one, target).mode is AutomationMode.APPROVE} == approved


def test_how_long_a_plan_waits_reaches_the_runner(config_of: ConfigOf) -> None:
    config = config_of("automation: {approve_within: 5m}")
    assert build_restraints(config).approve_within.total_seconds() == 300
    assert build_restraints(config_of("automation: {}")).approve_within.total_seconds() == 900


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("automation: {mode: approve}", "1: automation.mode: makes plans wait for a person", id="mode"),
        pytest.param(
            "automation: {mode: auto, approve_risk: high}",
            "1: automation.approve_risk: makes plans wait for a person, and nobody may approve them; "
            "name somebody under approvers",
            id="risk",
        ),
        pytest.param(
            "automation: {mode: auto, approve_actions: [restart_pod]}",
            "1: automation.approve_actions: makes plans wait",
            id="actions",
        ),
        pytest.param(
            "automation: {mode: auto, namespaces: [shop], modes: {namespaces: {shop: approve}}}",
            "1: automation.modes.namespaces.shop: makes plans wait",
            id="mode of a namespace",
        ),
        pytest.param(
            "automation: {mode: auto, environments: {production: {mode: approve, kinds: [agent]}}}",
            "1: automation.environments.production.mode: makes plans wait",
            id="mode of an environment",
        ),
        pytest.param("approvers: {anna: {}}", "1: approvers.anna: has no token", id="no token"),
        pytest.param("approvers: {anna: {token: short}}", "fewer than 16 characters", id="a weak token"),
        pytest.param("approvers: {anna: {token: 'with a space in the middle'}}", "holds a space", id="no header"),
        pytest.param("approvers: {anna: {token_file: missing}}", "approvers.anna.token_file: can't", id="no file"),
        pytest.param("approvers: {anna: {tokens: x}}", "approvers.anna.tokens: is not a setting", id="unknown key"),
        pytest.param(
            f"approvers: {{anna: {{token: {ANNA}}}, bert: {{token: {ANNA}}}}}",
            "approvers.bert: has the same token as anna",
            id="two with one token",
        ),
        pytest.param(
            "automation: {mode: auto, approve_actions: [restart]}", "there is no action 'restart'", id="no such action"
        ),
        pytest.param("automation: {approve_risk: read}", "must be 'low', 'medium' or 'high'", id="no such risk"),
        pytest.param("automation: {approve_within: 0}", "must be longer than nothing", id="no time"),
        pytest.param("automation: {approve_within: 25h}", "is longer than a day", id="too much time"),
    ],
)
def test_a_mistake_is_one_sentence(problems_of: ProblemsOf, text: str, problem: str) -> None:
    found = problems_of(text)
    assert any(problem in one for one in found), found
    assert not any(ANNA in one for one in found)


@pytest.mark.parametrize("variable", ["WEBHOOK_TOKEN", "API_TOKEN", "WEBHOOK_PASSWORD"])
def test_a_token_of_another_door_may_not_approve(problems_of: ProblemsOf, variable: str) -> None:
    environ = {f"FIREBRIGADE_{variable}": ANNA}
    environ |= {"FIREBRIGADE_WEBHOOK_USERNAME": "alertmanager"} if variable == "WEBHOOK_PASSWORD" else {}
    (problem,) = problems_of(f"approvers: {{anna: {{token: {ANNA}}}}}", environ)
    assert f"1: approvers.anna: has the token of FIREBRIGADE_{variable}" in problem
    assert ANNA not in problem


def test_an_approver_with_a_mistake_is_still_somebody(problems_of: ProblemsOf) -> None:
    assert len(problems_of("automation: {mode: approve}\napprovers: {anna: {token_file: missing}}")) == 1
