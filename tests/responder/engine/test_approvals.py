"""Plans that wait for a person, from the proposal to the change: in virtual time, with the real guards and store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.case import Suppression
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import Automation
from firebrigade.responder.restraints import Restraints
from firebrigade.runbooks.contract import Health, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import Modes

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
WAITS = ["runbook", "planned", "proposed"]


def test_a_plan_waits_and_is_applied_once_a_person_has_approved_it(asking: Any, say: Any, story: Any) -> None:
    asking.fires()
    asking.passes(MINUTE)
    assert story(asking) == WAITS
    assert asking.executor.changes == []
    say(asking)
    assert story(asking) == [*WAITS, "approved", "applying", "applied", "verified"]
    assert len(asking.executor.changes) == 1
    say(asking)
    asking.passes(MINUTE)
    assert len(asking.executor.changes) == 1


def test_a_plan_that_needs_nobody_is_applied_at_once(asking: Any) -> None:
    asking.executor.guards = guards_for(
        GuardSettings(modes=Modes(approve_actions=frozenset({"roll-back"})), namespaces=frozenset({"neurectomy"}))
    )
    asking.executor.healths = [Health.FAILED]
    asking.fires()
    assert [step.status for step in asking.store.steps(1)] == ["failed", "proposed"]
    assert len(asking.executor.changes) == 1


def test_a_rejected_plan_is_not_applied_and_the_runbook_ends(asking: Any, say: Any) -> None:
    asking.fires()
    say(asking, approve=False)
    asking.passes(20 * MINUTE)
    assert [step.status for step in asking.store.steps(1)] == ["rejected", "pending"]
    assert asking.executor.changes == []
    assert "rejected by anna); it needs a person" in asking.receivers["slack"].attempts[-1].automation


def test_an_unanswered_plan_expires_and_escalates_with_the_reason(
    asking: Any, policy: Any, say: Any, story: Any
) -> None:
    later = tuple(replace(step, acknowledge_within=60 * MINUTE) for step in policy.steps)
    asking.policies["default"] = replace(policy, steps=later)
    asking.fires()
    asking.passes(15 * MINUTE - SECOND)
    assert story(asking) == WAITS
    asking.passes(SECOND)
    assert story(asking) == [*WAITS, "expired", "escalated"]
    escalated = asking.store.timeline(1)[[one.kind for one in asking.store.timeline(1)].index("escalated")]
    assert escalated.detail == "to L2: nobody approved it within 15m"
    assert asking.told("l2") == ["escalated"]
    asking.store.postpone(1, asking.now)
    asking.sweep.drain()
    assert asking.told("l3") == []
    asking.passes(30 * MINUTE)
    assert story(asking).count("escalated") == 1
    assert [step.status for step in asking.store.steps(1)] == ["expired", "pending"]
    with pytest.raises(ConflictError, match="has expired"):
        say(asking)
    assert asking.executor.changes == []


def test_how_long_a_plan_waits_is_configured(asking: Any, step_of: Any) -> None:
    asking.restraints = Restraints(approve_within=MINUTE)
    asking.fires()
    asking.passes(MINUTE)
    assert step_of(asking).status == "expired"
    assert step_of(asking).verdict == "nobody approved it within 1m"


def test_a_world_that_changed_since_is_shown_and_has_to_be_approved_again(
    asking: Any, say: Any, story: Any, step_of: Any
) -> None:
    asking.fires()
    first = hash_of(step_of(asking))
    asking.passes(MINUTE)
    asking.executor.before = {**CALM, "ready": 1}
    say(asking)
    assert asking.executor.changes == []
    assert story(asking) == [*WAITS, "approved", "approval_void", "planned", "proposed"]
    with pytest.raises(ConflictError, match="another plan"):
        say(asking, plan=first)
    assert asking.executor.changes == []
    say(asking, actor="bert")
    assert len(asking.executor.changes) == 1
    assert step_of(asking).answered_by == "bert"
    assert (step_of(asking).plan or {})["before"]["ready"] == 1
    approvals = [one for one in asking.receivers["email"].told.values() if one.reason == "approval"]
    assert [one.approval.plan == first for one in approvals] == [True, False]


def test_a_reading_that_changes_by_itself_needs_no_second_approval(asking: Any, say: Any) -> None:
    plan = asking.executor.plan
    asking.executor.plan = lambda *asked: replace(plan(*asked), seen={"last_heartbeat_at": str(asking.now)})
    asking.fires()
    asking.passes(MINUTE)
    say(asking)
    assert len(asking.executor.changes) == 1


def test_a_plan_that_names_its_own_time_is_compared_as_of_that_time(asking: Any, say: Any) -> None:
    plan = asking.executor.plan

    def restart(step: Any, labels: Any, step_id: str, now: Any) -> Any:
        return replace(plan(step, labels, step_id, now), desired={"restarted_at": str(now)})

    asking.executor.plan = restart
    asking.fires()
    asking.passes(MINUTE)
    say(asking)
    assert len(asking.executor.changes) == 1


def test_an_incident_that_ends_takes_its_plan_along(asking: Any, say: Any, story: Any, step_of: Any) -> None:
    asking.fires()
    asking.resolves()
    assert story(asking) == [*WAITS, "step_skipped"]
    assert step_of(asking).status == "skipped"
    with pytest.raises(ConflictError, match="resolved"):
        say(asking)
    assert asking.executor.changes == []


def test_an_incident_that_ends_right_after_the_approval_is_left_alone(asking: Any, step_of: Any) -> None:
    asking.fires()
    answer = Answer(approve=True, plan=hash_of(step_of(asking)), actor="anna")
    asking.store.answer_step(1, 0, answer, asking.now)
    asking.store.resolve(1, "bert", asking.now)
    asking.sweep.drain()
    assert asking.executor.changes == []
    assert step_of(asking).status == "skipped"


def test_in_maintenance_nobody_approves_and_afterwards_the_plan_is_shown_anew(
    asking: Any, say: Any, story: Any
) -> None:
    asking.fires()
    asking.suppression = Suppression(until=asking.now + 60 * MINUTE, reason="maintenance upgrade")
    asking.store.postpone(1, asking.now)
    asking.sweep.drain()
    with pytest.raises(ConflictError, match="held back by maintenance upgrade"):
        say(asking)
    asking.passes(59 * MINUTE)
    assert "expired" not in story(asking)
    asking.passes(2 * MINUTE)
    assert story(asking)[-3:] == ["approval_void", "planned", "proposed"]
    say(asking)
    assert len(asking.executor.changes) == 1


def test_the_change_is_made_once_though_its_answer_is_lost(asking: Any, say: Any, step_of: Any) -> None:
    asking.executor.errors = [UnknownOutcomeError("no answer")]
    asking.fires()
    say(asking)
    asking.passes(MINUTE)
    assert len(asking.executor.changes) == 1
    assert step_of(asking).status == "verified"


def test_an_approval_waits_for_a_cluster_that_does_not_answer_and_then_lapses(
    asking: Any, say: Any, step_of: Any
) -> None:
    asking.fires()
    asking.executor.plan_errors = [TemporaryActionError("no answer", retry_after_seconds=16 * 60)]
    say(asking)
    assert step_of(asking).status == "approved"
    asking.passes(17 * MINUTE)
    assert asking.executor.changes == []
    assert step_of(asking).status == "expired"
    assert step_of(asking).verdict.startswith("approved by anna, and it could not be applied")


def test_a_clock_that_went_back_changes_nothing_for_a_plan_that_waits(asking: Any, step_of: Any) -> None:
    asking.fires()
    asking.store.make_due(asking.now)
    asking.sweep.drain()
    assert step_of(asking).status == "proposed"
    assert step_of(asking).next_attempt_at == step_of(asking).expires_at


def test_the_timeline_names_who_decided_about_which_plan_and_is_chained(asking: Any, say: Any, step_of: Any) -> None:
    asking.fires()
    plan = hash_of(step_of(asking))
    say(asking)
    entries = {one.kind: one for one in asking.store.timeline(1)}
    assert entries["approved"].actor == "anna"
    assert entries["approved"].data["plan"] == entries["proposed"].data["plan"] == plan
    assert entries["planned"].data["planned"]["summary"] == "restart ryot-1"
    assert asking.store.chain(1).head.length == len(asking.store.timeline(1))


def test_everybody_who_knows_of_the_incident_is_asked_once(asking: Any, step_of: Any) -> None:
    asking.fires()
    asking.passes(2 * MINUTE)
    for receiver in ("pagerduty", "slack", "email"):
        assert asking.told(receiver).count("approval") == 1
    asked = next(one for one in asking.receivers["email"].told.values() if one.reason == "approval")
    plan = hash_of(step_of(asking))
    assert asked.approval.plan == plan
    assert asked.approval.approve_with == f"firebrigade incident approve 1 {plan[:12]}"
    assert asked.approval.reject_with == f"firebrigade incident reject 1 {plan[:12]}"
    lines = "\n".join(asked.approval.lines)
    for part in ("restart ryot-1", "where: pod/neurectomy/ryot-1", "why: ", "verified: ", "undone: ", "waits until: "):
        assert part in lines
    assert "waits for a person to approve its plan" in asked.automation


def test_after_the_answer_a_living_message_says_so_and_asks_no_more(asking: Any, say: Any) -> None:
    asking.fires()
    say(asking, approve=False)
    assert asking.told("slack")[-1] == "updated"
    last = asking.receivers["slack"].attempts[-1]
    assert last.approval is None
    assert any("rejected by anna" in line for line in last.timeline)


def test_where_the_machine_goes_first_people_are_paged_as_soon_as_it_needs_them(asking: Any, policy: Any) -> None:
    asking.policies["default"] = replace(policy, automation=Automation.FIRST)
    asking.fires()
    assert asking.told("pagerduty")[0] == "triggered"
    assert asking.receivers["pagerduty"].attempts[0].approval is not None


def test_whom_the_page_has_asked_is_not_asked_again(asking: Any, policy: Any, step_of: Any) -> None:
    asking.policies["default"] = replace(policy, automation=Automation.FIRST)
    asking.store.record(asking.group(asking.alert()), asking.now)
    asking.sweep.advance_due()
    while step_of(asking).status != "proposed":
        asking.sweep.claim()()
    asking.clock.advance(SECOND)
    asking.sweep.drain()
    asking.store.postpone(1, asking.now)
    asking.sweep.drain()
    assert asking.told("pagerduty") == ["triggered"]
    assert asking.receivers["pagerduty"].attempts[0].approval is not None


def test_an_acknowledged_incident_still_asks(asking: Any) -> None:
    asking.executor.plan_errors = [TemporaryActionError("busy", retry_after_seconds=30)]
    asking.fires()
    asking.store.acknowledge(1, "anna", asking.now)
    asking.passes(MINUTE)
    assert asking.told("pagerduty").count("approval") == 1
