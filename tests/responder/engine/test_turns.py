"""A step whose target another one is at work on waits for its turn, and not for ever."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.case import Suppression
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.model import Automation, Incident
from firebrigade.responder.restraints import Restraints
from firebrigade.runbooks.contract import Health, TemporaryActionError
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}


@pytest.fixture
def busy(world: Any, runbook: Any) -> Any:
    """A world whose first change needs a minute until it is given up."""
    world.executor.guards = guards_for(_limits())
    world.executor.before = CALM
    world.executor.healths = [Health.WAITING] * 7  # with a look every ten seconds
    world.runbooks["service-down"] = runbook("restart")
    return world


def _limits(**changes: Any) -> GuardSettings:
    return GuardSettings(namespaces=frozenset({"neurectomy"}), cooldown=timedelta(), **changes)


def trouble(world: Any, number: int) -> Incident:
    alert = world.alert(number=str(number), starts_at=world.now)
    found: Incident = world.fires(alert, group_key=f"trouble {number}")
    return found


def step_of(world: Any, incident: Incident) -> Any:
    return world.store.steps(incident.id)[0]


def test_a_step_on_the_same_target_is_taken_when_the_first_is_over(busy: Any) -> None:
    first = trouble(busy, 1)
    second = trouble(busy, 2)
    assert step_of(busy, second).status == "pending"
    assert f"restart of incident {first.id} is still under way" in step_of(busy, second).verdict
    busy.passes(MINUTE - 10 * SECOND)
    assert len(busy.executor.changes) == 1
    busy.passes(MINUTE)
    assert step_of(busy, first).status == "failed"
    assert step_of(busy, second).status == "verified"
    assert busy.kinds(second.id).count("locked") == 1
    assert busy.kinds(second.id).count("planned") == 2  # the second by the world as it was then


def test_what_waits_holds_nobody_up(busy: Any) -> None:
    trouble(busy, 1)
    waiting = [trouble(busy, number) for number in (2, 3, 4)]
    busy.passes(2 * MINUTE)
    assert {step_of(busy, one).status for one in waiting} == {"verified"}


@pytest.mark.parametrize("wait", [timedelta(), 30 * SECOND], ids=["not at all", "for half a minute"])
def test_a_step_waits_no_longer_than_it_may(busy: Any, wait: timedelta) -> None:
    busy.restraints = Restraints(wait_for_lock=wait)
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.passes(wait + 10 * SECOND)
    assert step_of(busy, second).status == "refused"
    assert step_of(busy, second).refusal == "locked"
    assert busy.kinds(second.id).count("locked") == (1 if wait else 0)


def test_the_other_guards_are_asked_when_the_lock_is_free(busy: Any) -> None:
    busy.executor.guards = guards_for(replace(_limits(), cooldown=10 * MINUTE))
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).refusal == "cooldown"


def test_what_waits_ends_with_its_incident(busy: Any) -> None:
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.store.resolve(second.id, "anna", busy.now)
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).status == "skipped"
    assert len(busy.executor.changes) == 1


def test_waiting_gives_the_runbook_no_more_time_before_people_are_paged(busy: Any, policy: Any) -> None:
    busy.policies["default"] = replace(policy, automation=Automation.FIRST, page_after=30 * SECOND)
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.passes(30 * SECOND)
    pages = [one for one in busy.receivers["pagerduty"].told.values() if one.incident_id == second.id]
    assert "waits for its turn" in pages[0].automation


def test_a_process_that_dies_leaves_the_wait_as_it_is(busy: Any) -> None:
    trouble(busy, 1)
    second = trouble(busy, 2)
    since = step_of(busy, second).locked_since
    busy.clock.advance(10 * SECOND)
    busy.sweep.claim()
    busy.store.release_claims(busy.now)
    busy.passes(10 * SECOND)
    assert step_of(busy, second).locked_since == since
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).status == "verified"


def test_a_clock_that_goes_back_begins_the_wait_anew(busy: Any) -> None:
    busy.restraints = Restraints(wait_for_lock=30 * SECOND)
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.clock = ManualClock(busy.now - 10 * SECOND)
    busy.store.make_due(busy.now)
    busy.sweep.drain()
    busy.passes(20 * SECOND)
    assert step_of(busy, second).status == "pending"
    busy.passes(20 * SECOND)
    assert step_of(busy, second).refusal == "locked"


def test_the_wait_for_a_turn_begins_anew_after_maintenance(busy: Any) -> None:
    trouble(busy, 1)
    second = trouble(busy, 2)
    busy.passes(10 * SECOND)
    busy.suppression = Suppression(until=busy.now + 10 * MINUTE, reason="maintenance window upgrade")
    busy.store.postpone(second.id, busy.now)
    busy.passes(10 * MINUTE - 10 * SECOND)
    assert step_of(busy, second).locked_since is None
    busy.suppression, busy.executor.healths = None, [Health.WAITING] * 7
    trouble(busy, 3)
    busy.passes(20 * SECOND)
    assert step_of(busy, second).status == "pending"
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).status == "verified"


def test_what_was_let_through_waits_no_more(busy: Any) -> None:
    trouble(busy, 1)
    second = trouble(busy, 2)
    assert step_of(busy, second).locked_since is not None
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).locked_since is None


def test_what_maintenance_holds_back_keeps_its_target_and_holds_up_no_other(busy: Any, runbook: Any) -> None:
    busy.executor.guards = guards_for(_limits(steps_at_once=1))
    (only,) = runbook("restart").steps
    busy.runbooks["service-down"] = runbook(replace(only, undo=True))
    busy.executor.healths, busy.executor.undo_errors = [Health.FAILED], [TemporaryActionError("away")]
    first = trouble(busy, 1)
    busy.suppression = Suppression(until=busy.now + timedelta(hours=8), reason="maintenance window upgrade")
    busy.store.postpone(first.id, busy.now)
    busy.passes(MINUTE)
    assert (step_of(busy, first).status, step_of(busy, first).next_attempt_at) == ("undoing", None)
    busy.suppression = None  # what follows is in no maintenance, and nobody has looked at the first again
    there = trouble(busy, 2)
    elsewhere = busy.fires(busy.alert(pod="ryot-2"), group_key="elsewhere")
    assert step_of(busy, there).status == "pending"
    assert step_of(busy, elsewhere).status == "verified"


def test_a_run_of_many_steps_lets_in_who_waits(busy: Any, runbook: Any) -> None:
    busy.executor.guards = guards_for(_limits(steps_at_once=1, runs_per_hour_per_target=99))
    busy.executor.healths = [Health.WAITING] * 999
    long = runbook(*(f"step-{number}" for number in range(8)))
    busy.runbooks["long"] = replace(long, name="long", alerts=("CacheMiss",))
    first = busy.fires(busy.alert(alertname="CacheMiss", pod="ryot-2"), group_key="first")
    busy.passes(3 * SECOND, tick=SECOND)
    second = trouble(busy, 2)
    busy.passes(MINUTE + 20 * SECOND, tick=SECOND)
    assert [step.status for step in busy.store.steps(first.id)][:2] == ["failed", "pending"]
    (put_behind,) = [entry.detail for entry in busy.store.timeline(first.id) if entry.kind == "locked"]
    assert "restart of incident 2 has waited longer and goes first" in put_behind
    assert step_of(busy, second).status == "applied"
    busy.passes(MINUTE + 20 * SECOND, tick=SECOND)
    assert (step_of(busy, second).status, busy.store.steps(first.id)[1].status) == ("failed", "applied")


def test_turns_come_in_the_order_of_waiting(busy: Any) -> None:
    busy.executor.guards = guards_for(_limits(repairs_per_day=9, runs_per_hour_per_target=9))
    trouble(busy, 1)
    waiting = []
    for number in (2, 3, 4):
        busy.passes(3 * SECOND, tick=SECOND)
        waiting.append(trouble(busy, number))
    busy.passes(2 * MINUTE, tick=SECOND)
    begun = [step_of(busy, one).applied_at for one in waiting]
    assert begun == sorted(begun)
    assert None not in begun


def test_who_waits_for_something_else_holds_up_nobody(busy: Any) -> None:
    trouble(busy, 1)
    trouble(busy, 2)
    elsewhere = busy.fires(busy.alert(pod="ryot-2"), group_key="elsewhere")
    assert step_of(busy, elsewhere).status != "pending"


COOLS: dict[str, Any] = {"cooldown": 10 * MINUTE}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        pytest.param(COOLS, "cooldown", id="the cooldown"),
        pytest.param({"runs_per_hour_per_target": 1}, "too_many_runs", id="the runs per hour"),
        pytest.param({"cooldown": 4 * MINUTE}, "", id="a cooldown that is over before the wait"),
    ],
)
def test_nobody_waits_for_what_would_be_refused_then(busy: Any, limits: dict[str, Any], reason: str) -> None:
    busy.executor.guards = guards_for(replace(_limits(), **limits))
    busy.executor.healths = [Health.WAITING] * 99
    trouble(busy, 1)
    assert step_of(busy, trouble(busy, 2)).refusal == reason


def test_flapping_is_not_waited_for_either(busy: Any) -> None:
    busy.executor.guards = guards_for(_limits(repairs_per_day=1))
    busy.executor.healths = []
    trouble(busy, 1)
    busy.executor.guards, busy.executor.healths = guards_for(_limits()), [Health.WAITING] * 99
    trouble(busy, 2)
    busy.executor.guards = guards_for(_limits(repairs_per_day=1))
    assert step_of(busy, trouble(busy, 3)).refusal == "flapping"


def test_a_wait_in_vain_delays_no_page(busy: Any, policy: Any) -> None:
    busy.executor.guards = guards_for(replace(_limits(), **COOLS))
    busy.executor.healths = [Health.WAITING] * 99
    busy.policies["default"] = replace(policy, automation=Automation.FIRST, page_after=15 * MINUTE)
    trouble(busy, 1)
    busy.passes(10 * SECOND)
    second = trouble(busy, 2)
    busy.passes(10 * SECOND)
    assert [one.incident_id for one in busy.receivers["pagerduty"].told.values()] == [second.id]
    assert "was applied to pod/neurectomy/ryot-1 10s ago" in step_of(busy, second).verdict


def approved(world: Any, incident: Incident) -> None:
    answer = Answer(approve=True, plan=hash_of(step_of(world, incident)), actor="anna")
    world.store.answer_step(incident.id, 0, answer, world.now)
    world.sweep.drain()


def test_an_approved_step_waits_for_as_long_as_its_approval_holds(busy: Any) -> None:
    busy.mode = AutomationMode.APPROVE
    busy.executor.guards = guards_for(_limits(modes=Modes(mode=AutomationMode.APPROVE)))
    busy.restraints = Restraints(wait_for_lock=SECOND, approve_within=5 * MINUTE)
    first, second = trouble(busy, 1), trouble(busy, 2)
    approved(busy, first)
    approved(busy, second)
    assert step_of(busy, second).status == "approved"
    busy.passes(2 * MINUTE)
    assert step_of(busy, second).status == "verified"
    assert busy.kinds(second.id).count("proposed") == 1


def test_an_approved_step_that_waits_keeps_the_plan_that_was_approved(busy: Any) -> None:
    busy.mode = AutomationMode.APPROVE
    busy.executor.guards = guards_for(_limits(modes=Modes(mode=AutomationMode.APPROVE)))
    first, second = trouble(busy, 1), trouble(busy, 2)
    busy.passes(30 * SECOND)
    shown = step_of(busy, second).plan
    approved(busy, first)
    approved(busy, second)
    busy.passes(30 * SECOND)
    assert step_of(busy, second).plan == shown


def test_an_approval_ends_though_its_step_waits(busy: Any) -> None:
    busy.mode = AutomationMode.APPROVE
    busy.executor.guards = guards_for(_limits(modes=Modes(mode=AutomationMode.APPROVE)))
    busy.executor.healths = [Health.WAITING] * 999
    busy.restraints = Restraints(approve_within=30 * SECOND)
    first, second = trouble(busy, 1), trouble(busy, 2)
    approved(busy, first)
    approved(busy, second)
    busy.passes(40 * SECOND)
    assert step_of(busy, second).status == "expired"
