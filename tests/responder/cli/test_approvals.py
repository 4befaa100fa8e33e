"""incident approve and reject against the real API over HTTP."""

import os
import pty
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result

from firebrigade.responder.approval import hash_of, proposed
from firebrigade.responder.case import Outcome
from firebrigade.responder.model_steps import StepResult, StepStatus

Run = Callable[..., Result]
WITHIN = timedelta(minutes=15)
HOSTILE = "Evict pod \x1b[2J[bold]x[/] of checkout."
DEFINITION = {
    "name": "restart",
    "action": "restart_pod",
    "target": {},
    "params": {},
    "verify_within_seconds": 180,
    "verify_query": "",
    "undo": False,
}
PLAN = {
    "step_id": "fb-1-0",
    "action": "restart_pod",
    "target": {"kind": "deployment", "namespace": "shop", "name": "checkout"},
    "params": {"factor": 2},
    "before": {"ready": 2},
    "desired": {"ready": 3},
    "precondition": {"uid": "u-1"},
    "summary": HOSTILE,
    "planned_at": "2026-01-05T09:00:00+00:00",
}


@pytest.fixture
def plan(service: Any) -> str:
    """The hash of the plan of incident 1, which waits for anna or bert."""
    incident_id = service.fires()
    now = service.clock.now()
    step = StepResult(
        id=0,
        step_id="fb-1-0",
        incident_id=incident_id,
        position=0,
        name="restart",
        action="restart_pod",
        status=StepStatus.PLANNED,
        created_at=now,
        next_attempt_at=now,
        definition=DEFINITION,
        plan=PLAN,
    )
    waits = proposed(step, now, WITHIN)[0]
    service.store.decide(incident_id, now, lambda case: Outcome(incident=case.incident, steps=(waits,)))
    return hash_of(step)


def as_person(service: Any, name: str = "anna") -> dict[str, str]:
    return {**service.environ, "FIREBRIGADE_API_TOKEN": service.approvers[name]}


def test_the_page_of_an_incident_shows_the_plan_that_waits(firebrigade: Run, service: Any, plan: str) -> None:
    shown = firebrigade("incident", "show", "1", env=service.environ).stdout
    page = shown[shown.index("Waits for approval") : shown.index("Alerts")]
    for part in (
        f"plan         {plan[:12]}",
        "where        deployment/shop/checkout",
        "action       restart_pod factor=2",
        "from         ready=2",
        "to           ready=3",
        "verified     healthy in the cluster, within 3m",
        "undone       not taken back",
        "waits until  2026-01-05 09:15:01Z",
        "ServiceDown",
    ):
        assert part in page
    assert "\x1b" not in page


@pytest.mark.parametrize(("verb", "done"), [("approve", "approved"), ("reject", "rejected")])
def test_a_plan_is_answered_by_its_name(firebrigade: Run, service: Any, plan: str, verb: str, done: str) -> None:
    result = firebrigade("incident", verb, "1", plan[:12], "--note", "CHG-7", env=as_person(service))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Plan {plan[:12]} of incident 1 is {done} by anna at 2026-01-05 09:00:01Z: Evict")
    assert "\x1b" not in result.stdout
    (step,) = service.store.steps(1)
    assert (step.status, step.answered_by) == (done, "anna")
    assert "CHG-7" in service.store.timeline(1)[-1].detail
    again = firebrigade("incident", verb, "1", plan, env=as_person(service, "bert"))
    assert (again.exit_code, f"is {done} by anna at" in again.stdout) == (0, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("0" * 12, "has no plan 000000000000 (any more)", id="another plan"),
        pytest.param("abc", "named by the first 12 digits", id="too short to be a name"),
        pytest.param("nonsense-or-so", "named by the first 12 digits", id="no name of a plan"),
    ],
)
@pytest.mark.usefixtures("plan")
def test_a_plan_that_is_not_there_is_not_answered(firebrigade: Run, service: Any, name: str, words: str) -> None:
    result = firebrigade("incident", "approve", "1", name, env=as_person(service))
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert service.store.steps(1)[0].status == "proposed"


def test_whoever_is_no_approver_is_told_which_token_to_use(firebrigade: Run, service: Any, plan: str) -> None:
    result = firebrigade("incident", "approve", "1", plan[:12], env=service.environ)
    assert result.exit_code == 2
    assert "may not approve or reject a plan" in result.stderr
    assert "FIREBRIGADE_API_TOKEN" in result.stderr
    assert service.store.steps(1)[0].status == "proposed"


def test_an_answer_that_comes_too_late_says_why(firebrigade: Run, service: Any, plan: str) -> None:
    service.clock.advance(WITHIN)
    result = firebrigade("incident", "approve", "1", plan[:12], env=as_person(service))
    assert (result.exit_code, "step 1 (restart) has expired" in result.stderr) == (2, True)


def test_without_a_name_a_script_is_told_how_to_name_the_plan(firebrigade: Run, service: Any, plan: str) -> None:
    result = firebrigade("incident", "approve", "1", env=as_person(service))
    assert result.exit_code == 2
    assert f"name it: firebrigade incident approve 1 {plan[:12]}" in result.stderr
    assert "deployment/shop/checkout" in result.stdout
    assert service.store.steps(1)[0].status == "proposed"


def test_where_no_plan_waits_there_is_nothing_to_answer(firebrigade: Run, service: Any) -> None:
    service.fires()
    result = firebrigade("incident", "reject", "1", env=as_person(service))
    assert (result.exit_code, "no plan of incident 1 waits for a person" in result.stderr) == (2, True)


@pytest.mark.parametrize(("typed", "status"), [("y", "approved"), ("n", "proposed"), ("", "proposed")])
def test_a_person_at_a_terminal_is_shown_the_plan_and_asked(
    service: Any, plan: str, command: Any, typed: str, status: str
) -> None:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [command, "incident", "approve", "1"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **as_person(service)},
    )
    os.write(ours, f"{typed}\n".encode())
    said, _ = running.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Approve this plan? [y/N]" in said
    assert plan[:12] in said
    assert service.store.steps(1)[0].status == status


def test_a_plan_made_anew_is_another_plan(firebrigade: Run, service: Any, plan: str) -> None:
    (step,) = service.store.steps(1)
    anew = replace(step, plan={**PLAN, "before": {"ready": 1}})
    service.store.decide(1, service.clock.now(), lambda case: Outcome(incident=case.incident, steps=(anew,)))
    result = firebrigade("incident", "approve", "1", plan[:12], env=as_person(service))
    assert (result.exit_code, "(any more)" in result.stderr) == (2, True)
    assert service.store.steps(1)[0].status == "proposed"


def test_without_trust_it_says_how_to_turn_it_on(service: Any, firebrigade: Run) -> None:
    result = firebrigade("trust", "list", env=service.environ)
    assert (result.exit_code, "add trust: {} to firebrigade.yaml" in result.stdout) == (0, True)
    result = firebrigade("trust", "history", "crash-loop", env=service.environ)
    assert (result.exit_code, "add trust: {} to firebrigade.yaml" in result.stderr) == (2, True)
