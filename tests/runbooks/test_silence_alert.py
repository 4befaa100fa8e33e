"""silence_alert: exactly the alert that is answered, for a bounded time, and never against a person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from firebrigade.runbooks.actions.silence_alert import SilenceAlertParams
from firebrigade.runbooks.contract import Health, PermanentActionError, Plan, Refusal, RunbookStep, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, scope_for
from firebrigade.runbooks.trouble import Trouble
from tests.runbooks.little_world import LABELS, NOTHING


def test_it_names_every_label_of_the_alert_so_that_it_hides_no_other(world: Any) -> None:
    plan = world.plan("silence_alert", NOTHING)
    world.actions["silence_alert"].apply(plan)
    assert world.silencer.made == {"step-1": {"alertname": "ServiceDown", "service": "checkout"}}


def test_it_ends_by_itself(world: Any) -> None:
    plan = world.plan("silence_alert", NOTHING, duration="5m")
    assert datetime.fromisoformat(plan.desired["ends_at"]) == world.clock.now() + timedelta(minutes=5)
    assert "for 5m, or until the run ends" in plan.summary


@pytest.mark.parametrize("duration", ["0s", "61m", "15"])
def test_nothing_is_silenced_for_ever(duration: str) -> None:
    with pytest.raises(ValidationError):
        SilenceAlertParams.model_validate({"duration": duration})


def test_what_a_person_ended_is_not_silenced_again(world: Any) -> None:
    plan = world.plan("silence_alert", NOTHING)
    world.actions["silence_alert"].apply(plan)
    world.silencer.expire("step-1")
    with pytest.raises(PermanentActionError, match="not made again"):
        world.actions["silence_alert"].apply(plan)
    assert world.actions["silence_alert"].verify(plan).health is Health.FAILED


@pytest.mark.parametrize("labels", [{}, {"service": "checkout"}, {"alertname": ""}])
def test_an_alert_without_a_name_is_not_silenced(world: Any, labels: dict[str, str]) -> None:
    action = world.actions["silence_alert"]
    refusal = action.plan_for(Trouble(labels=labels), NOTHING, SilenceAlertParams(), "step-1", world.clock.now())
    assert isinstance(refusal, Refusal)


def test_the_executor_gives_it_the_labels_and_no_target(world: Any) -> None:
    settings = GuardSettings()
    executor = RunbookExecutor(world.actions, guards_for(settings), None, scope=scope_for(settings))
    step = RunbookStep(name="Silence", action="silence_alert", target={})
    assert executor.permit(step, LABELS) is None
    plan = executor.plan(step, Trouble(labels=LABELS), "step-1", world.clock.now())
    assert isinstance(plan, Plan)
    assert plan.target == Target(kind="alert", namespace="", name="servicedown")
    assert executor.allow(plan, (), world.clock.now()) is None
    assert executor.prepares("silence_alert")
    assert not executor.prepares("restart_pod")
