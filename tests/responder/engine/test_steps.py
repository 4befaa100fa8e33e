"""Runbook steps: planned, guarded, applied once, verified, undone, and told about."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.case import Suppression
from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.store import Store
from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Refusal,
    RefusalReason,
    TemporaryActionError,
    UnknownOutcomeError,
)

SECOND = timedelta(seconds=1)
STORY = ["runbook", "planned", "applying", "applied", "verified"]


def _story(world: Any) -> list[str]:
    wanted = {*STORY, "refused", "step_failed", "undone", "step_skipped", "step_delayed"}
    return [kind for kind in world.kinds() if kind in wanted]


def test_a_step_that_helps_is_planned_applied_and_verified_once(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    incident = world.fires()
    assert _story(world) == STORY
    assert world.executor.changes == [f"{incident.incident_key}-0"]
    assert [one.status for one in world.store.steps(1)] == ["verified", "pending"]
    world.resolves()
    assert [one.status for one in world.store.steps(1)] == ["verified", "skipped"]


def test_the_next_step_follows_one_that_did_not_help_and_was_undone(world: Any, runbook: Any) -> None:
    first, second = runbook("scale", "roll-back").steps
    world.runbooks["service-down"] = replace(runbook(), steps=(replace(first, undo=True), second))
    world.executor.healths = [Health.FAILED, Health.HEALTHY]
    incident = world.fires()
    assert world.executor.undone == [f"{incident.incident_key}-0"]
    assert [one.status for one in world.store.steps(1)] == ["undone", "verified"]


def test_waiting_ends_when_verify_within_is_over(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.healths = [Health.WAITING] * 999
    world.fires()
    world.passes(timedelta(seconds=58), tick=2 * SECOND)
    assert world.store.steps(1)[0].status == "applied"
    world.passes(timedelta(seconds=4), tick=2 * SECOND)
    assert world.store.steps(1)[0].status == "failed"


def test_a_run_stops_when_its_alert_resolves_between_two_steps(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "scale", "roll-back")
    world.executor.healths = [Health.WAITING, Health.FAILED]
    world.fires()
    world.executor.plan_errors = [TemporaryActionError("busy")]
    world.passes(2 * SECOND)
    assert [one.status for one in world.store.steps(1)] == ["failed", "pending", "pending"]
    world.resolves()
    world.passes(timedelta(minutes=5))
    assert [one.status for one in world.store.steps(1)] == ["failed", "skipped", "skipped"]
    assert len(world.executor.changes) == 1


def test_what_made_the_alert_resolve_is_not_undone(world: Any, runbook: Any) -> None:
    made = runbook("scale")
    world.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], undo=True),))
    world.executor.healths = [Health.WAITING] * 999
    world.fires()
    world.resolves()
    world.passes(timedelta(minutes=2))
    assert world.executor.undone == []
    (step,) = world.store.steps(1)
    assert (step.status, step.verdict) == (
        "unverified",
        "the alert resolved, and it was not found healthy: looks waiting",
    )
    said = world.receivers["slack"].attempts[-1]
    assert (said.reason, said.status) == ("updated", "resolved")
    assert "scale was not verified (the alert resolved, and it was not found healthy" in said.automation
    assert [world.told(name).count("updated") for name in ("pagerduty", "email")] == [0, 0]


def test_a_refusal_is_said_with_its_reason_and_the_next_step_is_tried(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    reason = Refusal(reason=RefusalReason.NOT_SAFE, summary="It is the only pod.")
    world.executor.plan_refusals = {"restart": reason}
    world.fires()
    entry = next(entry for entry in world.store.timeline(1) if entry.kind == "refused")
    assert (entry.detail, entry.data["reason"]) == ("restart: It is the only pod.", "not_safe")
    assert [one.status for one in world.store.steps(1)] == ["refused", "verified"]


def test_the_off_switch_stops_a_step_before_it_is_planned(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.store.switch_automation(False, "alice", world.now)
    world.fires()
    assert world.executor.changes == []
    assert _story(world) == ["runbook", "refused"]
    assert "switched off" in world.receivers["slack"].attempts[0].automation


def test_the_off_file_stops_a_step_before_it_is_planned(world: Any, runbook: Any, tmp_path: Path) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.restraints = Restraints(off_file=tmp_path / "off")
    (tmp_path / "off").touch()
    world.fires()
    assert _story(world) == ["runbook", "refused"]


def test_a_denied_action_is_refused_as_such_though_the_cluster_would_not_let_it_be_planned(
    world: Any, runbook: Any
) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.not_permitted = Refusal(reason=RefusalReason.NOT_ALLOWED, summary="restart is denied.")
    world.executor.plan_errors = [PermanentActionError("the right to get pods is missing")]
    world.fires()
    assert _story(world) == ["runbook", "refused"]
    assert world.store.steps(1)[0].verdict == "restart is denied"


def test_a_temporary_error_is_tried_again_and_an_unknown_outcome_too(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [TemporaryActionError("busy", retry_after_seconds=30), UnknownOutcomeError("no answer")]
    world.fires()
    world.passes(timedelta(seconds=25))
    assert world.executor.changes == []
    world.passes(timedelta(minutes=1))
    assert len(world.executor.changes) == 1
    assert world.store.steps(1)[0].status == "verified"
    assert world.kinds().count("applying") == 1


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(PermanentActionError("the pod is another one by now"), id="the world changed"),
        pytest.param(ZeroDivisionError("oops"), id="the action is broken"),
    ],
)
def test_what_can_not_be_done_is_handed_to_people_and_not_tried_again(
    world: Any, runbook: Any, error: Exception
) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [error]
    world.fires()
    world.passes(timedelta(minutes=4))
    assert world.executor.changes == []
    assert world.store.steps(1)[0].status == "failed"
    assert world.told("l2") == ["escalated"]


class ForgetfulStore(Store):
    """Can't write a step's result down the nth time."""

    fails_at = 0

    def finish_step(self, *arguments: Any) -> bool:
        self.fails_at -= 1
        if self.fails_at == 0:
            raise StoreUnavailableError("the database is busy")
        return super().finish_step(*arguments)


@pytest.mark.parametrize("fails_at", [1, 2, 3], ids=["planned", "applied", "verified"])
def test_a_result_that_could_not_be_written_is_no_failure_of_the_step(world: Any, runbook: Any, fails_at: int) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.store = ForgetfulStore(world.database)
    world.store.fails_at = fails_at
    with pytest.raises(StoreUnavailableError):
        world.fires()
    world.passes(timedelta(minutes=6))
    assert world.store.steps(1)[0].status == "verified"
    assert len(world.executor.changes) == 1
    assert "step_failed" not in world.kinds()


def test_trying_ends_after_some_attempts(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [TemporaryActionError("busy")] * 99
    world.fires()
    world.passes(timedelta(minutes=30))
    assert world.store.steps(1)[0].status == "failed"
    assert 5 < 99 - len(world.executor.errors) < 15


def test_a_step_whose_incident_ended_is_not_applied(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [TemporaryActionError("busy")]
    world.executor.healths = [Health.WAITING] * 99
    world.fires()
    world.resolves()
    world.passes(timedelta(minutes=2))
    assert world.executor.changes == []
    assert world.store.steps(1)[0].status == "skipped"


def test_the_second_of_two_steps_on_one_thing_sees_the_intent_of_the_first(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.fires()
    world.fires(world.alert(alertname="ServiceDown", severity="warning"), group_key="another")
    seen = [[past.step_id for past in history] for history in world.executor.history]
    first = world.store.incident(1).incident_key
    assert seen == [[], [f"{first}-0"]]


def test_a_living_message_is_told_of_what_the_machine_did_and_a_page_is_not(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.fires()
    assert world.told("pagerduty") == ["triggered"]
    assert world.told("slack")[:2] == ["triggered", "updated"]
    assert "restart helped" in world.receivers["slack"].attempts[-1].automation


@pytest.mark.parametrize("error", [TemporaryActionError("busy"), UnknownOutcomeError("no answer")])
def test_an_attempt_is_not_repeated_in_maintenance_and_goes_on_afterwards(
    world: Any, runbook: Any, error: Exception
) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [error]
    world.store.record(world.group(world.alert()), world.now)
    world.sweep.drain()
    world.suppression = Suppression(until=world.now + timedelta(hours=1), reason="maintenance window upgrade")
    world.fires(world.alert(pod="ryot-2"))
    world.passes(timedelta(minutes=50), tick=timedelta(minutes=1))
    assert world.executor.changes == []
    world.passes(timedelta(minutes=15), tick=timedelta(minutes=1))
    assert len(world.executor.changes) == 1


@pytest.mark.parametrize(
    ("health", "status", "said"),
    [
        pytest.param(Health.WAITING, "skipped", "before it was known whether the change was made", id="nobody knows"),
        pytest.param(Health.HEALTHY, "verified", "the planned change is there", id="the change is there"),
    ],
)
def test_an_interrupted_attempt_is_only_looked_at_once_its_incident_ended(
    world: Any, runbook: Any, health: Health, status: str, said: str
) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.errors = [UnknownOutcomeError("no answer")]
    world.fires()
    world.suppression = Suppression(until=world.now + timedelta(hours=1), reason="maintenance window upgrade")
    world.fires(world.alert(pod="ryot-2"))
    world.passes(timedelta(minutes=5))
    world.executor.healths = [health] * 99
    world.resolves(world.alert(AlertStatus.RESOLVED), world.alert(AlertStatus.RESOLVED, pod="ryot-2"))
    world.passes(timedelta(minutes=2))
    (step,) = world.store.steps(1)
    assert (step.status, said in step.verdict) == (status, True)
    assert world.executor.changes == []


def test_what_made_the_alert_resolve_is_not_undone_even_if_undoing_had_begun(world: Any, runbook: Any) -> None:
    made = runbook("scale")
    world.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], undo=True),))
    world.executor.healths = [Health.FAILED]
    world.executor.undo_errors = [TemporaryActionError("busy")]
    world.fires()
    world.resolves()
    world.passes(timedelta(minutes=2))
    assert world.executor.undone == []
    assert world.store.steps(1)[0].status == "unverified"


def test_undoing_has_its_own_attempts(world: Any, runbook: Any) -> None:
    made = runbook("scale")
    world.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], undo=True),))
    world.executor.healths = [Health.WAITING] * 999
    world.executor.undo_errors = [TemporaryActionError("busy")]
    world.fires()
    world.passes(timedelta(minutes=2), tick=2 * SECOND)
    assert len(world.executor.undone) == 1
