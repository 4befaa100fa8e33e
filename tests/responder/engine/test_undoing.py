"""What was taken back is looked at until it is as before; both have a deadline, and people are told which it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.clock import ManualClock
from firebrigade.responder.model import Automation
from firebrigade.runbooks.contract import Health, PermanentActionError, TemporaryActionError, Verdict
from firebrigade.runbooks.guards.history import Lock

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
NOT_YET = Verdict(health=Health.WAITING, summary="only 1 of 3 pods is ready")
BACK = Verdict(health=Health.HEALTHY, summary="3 of 3 pods are ready")
GONE = Verdict(health=Health.FAILED, summary="deployment/neurectomy/ryot is gone")


@pytest.fixture
def undoing(world: Any, runbook: Any) -> Any:
    """A world whose first step fails at once and is taken back, and whose second one helps."""
    made = runbook("scale", "restart")
    world.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], undo=True), made.steps[1]))
    world.executor.healths = [Health.FAILED]
    return world


def statuses(world: Any) -> list[str]:
    return [step.status.value for step in world.store.steps(1)]


def said(world: Any, kind: str) -> list[str]:
    return [entry.detail for entry in world.store.timeline(1) if entry.kind == kind]


def test_the_next_step_begins_when_what_was_taken_back_is_as_before(undoing: Any) -> None:
    undoing.executor.backs = [NOT_YET, NOT_YET, BACK]
    undoing.fires()
    assert statuses(undoing) == ["undoing", "pending"]
    undoing.passes(10 * SECOND)
    assert statuses(undoing) == ["undoing", "pending"]
    undoing.passes(10 * SECOND)
    assert statuses(undoing) == ["undone", "verified"]
    assert said(undoing, "came_back") == ["scale: taken back, and 3 of 3 pods are ready"]
    assert len(undoing.executor.undone) == 1


def test_what_does_not_come_back_in_time_is_said(undoing: Any) -> None:
    undoing.executor.backs = [NOT_YET] * 99
    undoing.fires()
    undoing.passes(MINUTE - 10 * SECOND)
    assert statuses(undoing) == ["undoing", "pending"]
    undoing.passes(20 * SECOND)
    assert statuses(undoing)[0] == "undone"
    words = "taken back, and after 1m only 1 of 3 pods is ready"
    assert said(undoing, "not_back") == [f"scale: {words}"]
    assert undoing.store.steps(1)[0].verdict.endswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(GONE, "after 0s deployment/neurectomy/ryot is gone", id="it is gone"),
        pytest.param(PermanentActionError("forbidden"), "nobody could look", id="it may not be looked at"),
    ],
)
def test_what_can_not_come_back_is_not_waited_for(undoing: Any, found: Any, words: str) -> None:
    undoing.executor.backs = [found]
    undoing.fires()
    assert statuses(undoing)[0] == "undone"
    assert words in said(undoing, "not_back")[0]


def test_a_look_that_fails_for_now_is_made_again(undoing: Any) -> None:
    undoing.executor.backs = [TemporaryActionError("away"), BACK]
    undoing.fires()
    undoing.passes(10 * SECOND)
    assert said(undoing, "came_back") == ["scale: taken back, and 3 of 3 pods are ready"]


def test_a_cluster_that_stays_away_after_an_undo_ends_the_look(undoing: Any) -> None:
    undoing.executor.backs = [TemporaryActionError("away")] * 99
    undoing.fires()
    undoing.passes(MINUTE + 10 * SECOND)
    assert statuses(undoing)[0] == "undone"
    assert "nobody could look whether it is as before: away" in said(undoing, "not_back")[0]


def test_an_action_whose_undo_is_there_at_once_is_not_waited_for(undoing: Any) -> None:
    undoing.fires()
    assert statuses(undoing) == ["undone", "verified"]
    assert said(undoing, "came_back") == said(undoing, "not_back") == []


def test_an_undo_that_can_not_be_made_within_its_time_ends_as_failed(undoing: Any) -> None:
    undoing.executor.undo_errors = [TemporaryActionError("away")] * 999
    undoing.fires()
    undoing.passes(4 * MINUTE)
    assert statuses(undoing)[0] == "undoing"
    undoing.passes(2 * MINUTE)
    assert statuses(undoing)[0] == "failed"
    assert said(undoing, "step_failed")[-1] == "scale: it could not be taken back within 5m: away"
    assert said(undoing, "step_delayed") == ["scale: away"]


def test_an_undo_that_waited_for_a_while_is_made_once_it_can_be(undoing: Any) -> None:
    undoing.executor.undo_errors = [TemporaryActionError("away")] * 3
    undoing.fires()
    undoing.passes(4 * MINUTE)
    assert statuses(undoing)[0] == "undone"


def set_clock(world: Any, by: timedelta) -> None:
    """Set the clock, as somebody may, and do what the engine does then."""
    world.clock = ManualClock(world.now + by)
    world.store.make_due(world.now)
    world.sweep.drain()


@pytest.mark.parametrize("by", [-10 * SECOND, -60 * MINUTE, 4 * MINUTE], ids=str)
def test_an_undo_is_made_whatever_becomes_of_the_clock(undoing: Any, by: timedelta) -> None:
    undoing.executor.undo_errors = [TemporaryActionError("away")] * 2
    undoing.fires()
    set_clock(undoing, by)
    undoing.passes(MINUTE)
    assert statuses(undoing) == ["undone", "verified"]
    assert len(undoing.executor.undone) == 1


def test_an_undo_has_its_time_and_no_more_after_the_clock_was_set_back(undoing: Any) -> None:
    undoing.executor.undo_errors = [TemporaryActionError("away")] * 999
    undoing.fires()
    set_clock(undoing, -60 * MINUTE)
    undoing.passes(7 * MINUTE)
    assert statuses(undoing)[0] == "failed"


@pytest.mark.parametrize("by", [-10 * SECOND, -60 * MINUTE], ids=str)
@pytest.mark.parametrize("found", [NOT_YET, TemporaryActionError("away")], ids=["not yet", "away"])
def test_the_look_has_its_time_and_no_more_after_the_clock_was_set_back(
    undoing: Any, found: Any, by: timedelta
) -> None:
    undoing.executor.backs = [found] * 99
    undoing.fires()
    set_clock(undoing, by)
    undoing.passes(30 * SECOND)
    assert statuses(undoing) == ["undoing", "pending"]
    undoing.passes(MINUTE)
    assert statuses(undoing)[0] == "undone"


def test_the_look_and_the_lock_outlast_the_incident(undoing: Any) -> None:
    undoing.executor.guards = (Lock(),)
    undoing.executor.backs = [NOT_YET, NOT_YET, NOT_YET, BACK]
    undoing.fires()
    second = undoing.fires(undoing.alert(number="2"), group_key="another").id
    undoing.store.resolve(1, "alertmanager", undoing.now)
    undoing.passes(10 * SECOND)
    assert statuses(undoing) == ["undoing", "skipped"]
    assert undoing.store.steps(second)[0].status == "pending"
    undoing.passes(30 * SECOND)
    assert statuses(undoing) == ["undone", "skipped"]
    assert len(said(undoing, "came_back")) == 1
    assert undoing.store.steps(second)[0].status == "verified"


def test_a_process_that_dies_while_it_looks_takes_back_once(undoing: Any) -> None:
    undoing.executor.backs = [NOT_YET, BACK]
    undoing.fires()
    undoing.clock.advance(10 * SECOND)
    undoing.sweep.claim()
    undoing.store.release_claims(undoing.now)
    undoing.passes(10 * SECOND)
    assert statuses(undoing)[0] == "undone"
    assert len(undoing.executor.undone) == 1


@pytest.mark.parametrize("automation", list(Automation))
def test_no_page_waits_for_the_look_after_the_last_undo(
    undoing: Any, policy: Any, runbook: Any, automation: Automation
) -> None:
    (only,) = runbook("scale").steps
    undoing.runbooks["service-down"] = runbook(replace(only, undo=True, verify_within=10 * MINUTE))
    undoing.policies["default"] = replace(policy, automation=automation, page_after=15 * MINUTE)
    undoing.executor.backs = [NOT_YET] * 999
    undoing.fires()
    undoing.passes(20 * SECOND)
    assert statuses(undoing) == ["undoing"]
    told = "pagerduty" if automation is Automation.FIRST else "l2"
    (page,) = undoing.receivers[told].told.values()
    assert page.automation == "Runbook service-down did not help; it needs a person."


def test_a_page_waits_for_the_steps_that_follow_an_undo(undoing: Any, policy: Any) -> None:
    undoing.policies["default"] = replace(policy, automation=Automation.FIRST, page_after=15 * MINUTE)
    undoing.executor.backs = [NOT_YET] * 999
    undoing.fires()
    undoing.passes(20 * SECOND)
    assert statuses(undoing) == ["undoing", "pending"]
    assert undoing.told("pagerduty") == []


def test_people_hear_of_harm_before_it_is_seen_whether_all_is_as_before(undoing: Any) -> None:
    undoing.executor.healths = [Health.WORSE] * 4
    undoing.executor.backs = [NOT_YET] * 99
    undoing.fires()
    undoing.passes(40 * SECOND)
    assert statuses(undoing)[0] == "undoing"
    escalations = [one for one in undoing.receivers["l2"].told.values() if one.reason == "escalated"]
    assert "made things worse and was taken back" in escalations[0].automation
