"""The runbooks that come with the package: for the machine and for a person at three in the morning."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from firebrigade.responder.own_alerts import OWN_ALERTS
from firebrigade.runbooks.contract import Risk, Runbook, Target
from firebrigade.runbooks.loader import BUNDLED, RunbookLibrary
from firebrigade.runbooks.look_back import check_comparable
from firebrigade.runbooks.promql import check_query, render_query
from firebrigade.runbooks.registry import action_classes
from firebrigade.runbooks.targets import resolve_target

LIBRARY = RunbookLibrary.load()
SECTIONS = (
    "What it means",
    "Impact",
    "First three commands",
    "How to decide",
    "What the machine does",
    "How to undo",
    "When to escalate",
)
LABELS = {
    "service": "ryot",
    "namespace": "neurectomy",
    "deployment": "ryot",
    "pod": "ryot-5d4f8-abcde",
    "container": "main",
    "agent_id": "agent-07",
}
ALL_STEPS = [(runbook, step) for runbook in LIBRARY for step in runbook.steps]
READS = {name for name, action in action_classes().items() if action.RISK is Risk.READ}
STEPS = [
    pytest.param(runbook, step, id=f"{runbook.name}: {step.name}")
    for runbook, step in ALL_STEPS
    if step.action not in READS
]


@pytest.fixture(params=list(LIBRARY), ids=lambda runbook: runbook.name)
def runbook(request: pytest.FixtureRequest) -> Runbook:
    found: Runbook = request.param
    return found


@pytest.mark.parametrize(
    ("alert", "name"),
    [
        ("ServiceDown", "service-down"),
        ("HighErrorRate", "high-error-rate"),
        ("NeurectomyApiRequestsAvailabilityBurnRate", "high-error-rate"),
        ("ContainerOOMKilled", "out-of-memory"),
        ("AgentDown", "agent-failure"),
        ("HighLatency", "high-latency"),
        ("IncidentStorm", "incident-storm"),
        ("HeartbeatMissing", "pipeline"),
    ],
)
def test_the_alerts_have_their_runbooks(alert: str, name: str) -> None:
    found = LIBRARY.for_alert(alert)
    assert found is not None
    assert found.name == name


def test_the_order_of_the_steps_is_from_the_smaller_to_the_larger_change() -> None:
    actions = {runbook.name: [step.action for step in runbook.steps] for runbook in LIBRARY if runbook.steps}
    assert actions == {
        "agent-failure": ["recover_agent", "restart_pod"],
        "crash-loop": ["collect_diagnostics", "query_prometheus", "restart_pod", "rollback_deployment"],
        "high-error-rate": ["query_prometheus", "rollback_deployment"],
        "high-latency": ["query_prometheus", "scale_deployment", "rollback_deployment"],
        "out-of-memory": ["collect_diagnostics", "query_prometheus", "scale_deployment", "rollback_deployment"],
        "replicas-unavailable": ["collect_diagnostics", "rollback_deployment"],
        "service-down": ["query_prometheus", "restart_pod", "rollback_deployment"],
    }


def test_every_alert_that_a_runbook_answers_is_of_the_rule_library_or_firebrigade_s_own() -> None:
    rules = Path(__file__).parents[2] / "rules" / "generated"
    groups = [yaml.safe_load(path.read_text())["groups"] for path in rules.glob("*.yaml")]
    known = {rule.get("alert") for file in groups for group in file for rule in group["rules"]}
    assert {alert for runbook in LIBRARY for alert in runbook.alerts} <= known | OWN_ALERTS


def test_a_person_finds_every_section_in_the_same_order(runbook: Runbook) -> None:
    assert tuple(re.findall(r"^## (.+)$", runbook.body, re.MULTILINE)) == SECTIONS
    assert runbook.body.startswith(f"# {runbook.title}\n")


def test_there_are_three_commands_with_placeholders_that_alerts_carry(runbook: Runbook) -> None:
    (commands,) = re.findall(r"```sh\n(.*?)```", runbook.body, re.DOTALL)
    assert len(commands.splitlines()) == 3
    assert set(re.findall(r"<(\w+)>", commands)) <= set(LABELS)


def test_an_engineer_s_screen_is_wide_enough(runbook: Runbook) -> None:
    assert all(len(line) <= 140 for line in runbook.body.splitlines())


@pytest.mark.parametrize(("runbook", "step"), STEPS)
def test_a_step_finds_its_target_and_can_be_verified(runbook: Runbook, step: Any) -> None:
    target = resolve_target(step.target, LABELS, action_classes()[step.action].TARGET_KIND)
    assert isinstance(target, Target)
    assert step.verify_query
    assert check_query(render_query(step.verify_query, LABELS)) is None
    if step.worse:
        assert check_comparable(render_query(step.worse.query, LABELS)) is None


def test_what_is_looked_at_is_looked_at_before_anything_is_changed() -> None:
    for runbook in LIBRARY:
        reads = [step.action in READS for step in runbook.steps]
        assert reads == sorted(reads, reverse=True), runbook.name
    for _, step in ALL_STEPS:
        kind = action_classes()[step.action].TARGET_KIND
        assert not kind or isinstance(resolve_target(step.target, LABELS, kind), Target)


@pytest.mark.parametrize(("runbook", "step"), STEPS)
def test_what_can_be_undone_says_whether_it_is(runbook: Runbook, step: Any) -> None:
    text = (BUNDLED / f"{runbook.name}.md").read_text()
    assert step.undo == (step.action in {"rollback_deployment", "scale_deployment"})
    assert "What the machine does" in text
