"""Beginning a step: decided in the transaction that writes the intent, by what is there at that moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.case import StepCase
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.contract import Health
from firebrigade.runbooks.guards.history import Lock

LEASE = timedelta(minutes=5)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
HANDS = 6


@pytest.fixture
def planned(world: Any, runbook: Any) -> Callable[..., list[StepResult]]:
    """Return a function: claim the planned steps of so many incidents on one pod, none of them begun."""
    world.runbooks["service-down"] = runbook("restart")

    def make(count: int) -> list[StepResult]:
        for number in range(count):
            world.store.record(
                world.group(world.alert(), group_key=f"group-{number}", source=f"am-{number}"), world.now
            )
        world.sweep.advance_due()
        runner = Runner(world.store, world.executor, world.clock)
        for step in claimed(world, count):
            runner.run(step)
        return claimed(world, count)

    return make


def claimed(world: Any, count: int) -> list[StepResult]:
    return [world.store.claim_step(world.now, LEASE) for _ in range(count)]


def seen(world: Any, step: StepResult, history: timedelta = DAY) -> StepCase:
    """Return what a decision about a step is shown; it changes nothing."""
    shown: list[StepCase] = []

    def look(case: StepCase) -> tuple[StepResult, tuple[()]]:
        shown.append(case)
        return step, ()

    world.store.begin_step(step, world.now, history, look)
    return shown[0]


def begun(world: Any, step: StepResult, status: StepStatus) -> None:
    world.store.finish_step(replace(step, status=status, applied_at=world.now, next_attempt_at=None), (), world.now)


def test_of_many_hands_on_one_target_one_applies(world: Any, planned: Callable[..., list[StepResult]]) -> None:
    world.executor.guards = (Lock(),)
    world.executor.healths = [Health.WAITING] * 99
    steps, together = planned(HANDS), threading.Barrier(HANDS)

    def begin(step: StepResult) -> None:
        together.wait(timeout=30)
        Runner(world.store, world.executor, world.clock).run(step)

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(begin, steps))
    assert len(world.executor.changes) == 1
    statuses = sorted(step.status for incident in range(1, HANDS + 1) for step in world.store.steps(incident))
    assert statuses == ["applied", *["pending"] * (HANDS - 1)]  # which wait for their turn


def test_a_decision_is_shown_what_was_begun_lately(world: Any, planned: Callable[..., list[StepResult]]) -> None:
    first, second, third = planned(3)
    begun(world, first, StepStatus.VERIFIED)
    world.clock.advance(DAY)
    begun(world, second, StepStatus.FAILED)
    assert [step.id for step in seen(world, third).history] == [first.id, second.id]
    world.clock.advance(SECOND)
    assert [step.id for step in seen(world, third).history] == [second.id]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (StepStatus.APPLYING, True),
        (StepStatus.APPLIED, True),
        (StepStatus.UNDOING, True),
        (StepStatus.VERIFIED, False),
        (StepStatus.UNDONE, False),
    ],
)
def test_what_is_under_way_is_shown_however_long_ago_it_was_begun(
    world: Any, planned: Callable[..., list[StepResult]], status: StepStatus, shown: bool
) -> None:
    first, second = planned(2)
    begun(world, first, status)
    world.clock.advance(3 * DAY)
    assert bool(seen(world, second).history) is shown


def test_a_step_that_was_never_begun_is_no_history(world: Any, planned: Callable[..., list[StepResult]]) -> None:
    first, second = planned(2)
    world.store.finish_step(replace(first, status=StepStatus.REFUSED, finished_at=world.now), (), world.now)
    assert seen(world, second).history == ()


def test_open_incidents_with_steps_want_the_machine(world: Any, planned: Callable[..., list[StepResult]]) -> None:
    (first, second), opened_at = planned(2), world.now
    world.runbooks.clear()
    world.fires(world.alert(pod="ryot-9"), group_key="without a runbook")
    assert seen(world, first).wanting == (opened_at, opened_at)
    world.store.resolve(second.incident_id, "alice", world.now)
    assert seen(world, first).wanting == (opened_at,)
    world.clock.advance(DAY + SECOND)
    assert seen(world, first).wanting == ()


def test_a_decision_is_shown_the_switch_and_the_time(world: Any, planned: Callable[..., list[StepResult]]) -> None:
    (step,) = planned(1)
    assert seen(world, step).automation_on
    world.store.switch_automation(False, "alice", world.now)
    world.clock.advance(SECOND)
    case = seen(world, step)
    assert (case.automation_on, case.now, case.incident.id) == (False, world.now, step.incident_id)
