"""A responder whose plans wait for a person, and the person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.storms import Storms
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
STORY = {"runbook", "planned", "proposed", "approved", "rejected", "expired", "approval_void", "applying", "applied"}
STORY |= {"verified", "refused", "step_failed", "step_skipped", "undone", "escalated", "escalation_ended"}


@pytest.fixture
def stormy(world: Any) -> Any:
    """A world in which more than three incidents in ten minutes are a storm."""
    world.storms = Storms(incidents=3, within=timedelta(minutes=10), holds_pages_for=timedelta(minutes=30))
    return world


@pytest.fixture
def asking(world: Any, runbook: Any) -> Any:
    """A world in which a person approves each plan."""
    limits = GuardSettings(
        modes=Modes(mode=AutomationMode.APPROVE), namespaces=frozenset({"neurectomy"}), cooldown=timedelta()
    )
    world.mode = AutomationMode.APPROVE
    world.executor.guards = guards_for(limits)
    world.executor.before = CALM
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    return world


def _story(world: Any, incident_id: int = 1) -> list[str]:
    return [kind for kind in world.kinds(incident_id) if kind in STORY]


def _step_of(world: Any, incident_id: int = 1) -> StepResult:
    found: StepResult = world.store.steps(incident_id)[0]
    return found


def _say(world: Any, *, approve: bool = True, actor: str = "anna", plan: str = "", incident_id: int = 1) -> StepResult:
    """A person answers the plan that is shown, and what is due is done."""
    answer = Answer(approve=approve, plan=plan or hash_of(_step_of(world, incident_id)), actor=actor)
    step: StepResult = world.store.answer_step(incident_id, 0, answer, world.now)
    world.sweep.drain()
    return step


@pytest.fixture(scope="session")
def story() -> Callable[..., list[str]]:
    """Return a function: what happened to an incident, as far as its runbook is concerned."""
    return _story


@pytest.fixture(scope="session")
def step_of() -> Callable[..., StepResult]:
    """Return a function: the first step of an incident."""
    return _step_of


@pytest.fixture(scope="session")
def say() -> Callable[..., StepResult]:
    """Return a function: a person answers the plan that is shown, and what is due is done."""
    return _say
