"""What an answer to a plan does, in every state that a step and its incident can be in. Pure."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.approval import Answer, answered, hash_of, is_approved, lapsed, made_anew, proposed
from firebrigade.responder.automation import Progress, current, progress
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import Incident, IncidentStatus
from firebrigade.responder.model_steps import StepResult, StepStatus

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WITHIN = timedelta(minutes=15)
PLAN: Mapping[str, Any] = {
    "step_id": "fb-1-0",
    "action": "restart_pod",
    "target": {"kind": "deployment", "namespace": "shop", "name": "checkout"},
    "params": {},
    "before": {"ready": 2},
    "desired": {"ready": 3},
    "precondition": {"uid": "u-1"},
    "summary": "Evict pod checkout-1.",
    "planned_at": NOW.isoformat(),
    "seen": {},
}
PLANNED = StepResult(
    id=1,
    step_id="fb-1-0",
    incident_id=1,
    position=0,
    name="restart",
    action="restart_pod",
    status=StepStatus.PLANNED,
    created_at=NOW,
    next_attempt_at=NOW,
    plan=PLAN,
)
PROPOSED, _ = proposed(PLANNED, NOW, WITHIN)
HASH = hash_of(PLANNED)
OTHER = "0" * 64
YES = Answer(approve=True, plan=HASH, actor="anna")
NO = Answer(approve=False, plan=HASH, actor="anna", note="too risky")


def incident(**changes: Any) -> Incident:
    values: dict[str, Any] = dict.fromkeys(
        ("incident_key", "source", "service", "severity", "title", "summary", "external_url"), ""
    )
    values |= {"id": 1, "status": IncidentStatus.TRIGGERED, "labels": {}, "annotations": {}, "level": 1}
    return Incident(**{**values, "opened_at": NOW, "updated_at": NOW, **changes})


OPEN = incident()
RESOLVED = incident(status=IncidentStatus.RESOLVED, resolved_by="alertmanager", resolved_at=NOW)
HELD = incident(suppressed_by="maintenance upgrade")


def after(answer: Answer, step: StepResult = PROPOSED, now: datetime = NOW + SECOND) -> StepResult:
    decided = answered(step, OPEN, answer, now)
    assert decided is not None
    return decided[0]


APPROVED, REJECTED = after(YES), after(NO)
EXPIRED = lapsed(PROPOSED, OPEN, NOW + WITHIN)[0]  # type: ignore[index]


def test_a_plan_waits_for_its_answer_until_a_moment() -> None:
    step, (entry,) = proposed(PLANNED, NOW, WITHIN)
    assert (step.status, step.expires_at, step.next_attempt_at) == (StepStatus.PROPOSED, NOW + WITHIN, NOW + WITHIN)
    assert (entry.kind, entry.data["plan"]) == ("proposed", HASH)
    assert f"plan {HASH[:12]} until 09:15:00Z" in entry.detail


def test_an_approved_plan_is_due_and_holds_as_long_as_the_question_did() -> None:
    decided = answered(PROPOSED, OPEN, YES, NOW + SECOND)
    assert decided is not None
    step, (entry,) = decided
    assert (step.status, step.next_attempt_at) == (StepStatus.APPROVED, NOW + SECOND)
    assert (step.answered_by, step.answered_at, step.expires_at) == ("anna", NOW + SECOND, NOW + SECOND + WITHIN)
    assert is_approved(step)
    assert (entry.kind, entry.actor, entry.data["plan"]) == ("approved", "anna", HASH)


def test_a_rejected_plan_is_over_with_who_and_why() -> None:
    decided = answered(PROPOSED, OPEN, NO, NOW + SECOND)
    assert decided is not None
    step, (entry,) = decided
    assert (step.status, step.next_attempt_at, step.finished_at) == (StepStatus.REJECTED, None, NOW + SECOND)
    assert step.verdict == "rejected by anna: too risky"
    assert (entry.kind, entry.actor) == ("rejected", "anna")
    assert not is_approved(step)


@pytest.mark.parametrize(
    ("step", "found", "answer", "now", "words"),
    [
        pytest.param(APPROVED, OPEN, NO, NOW, "was approved by anna at 2026-01-05T09:00:01Z", id="no after yes"),
        pytest.param(REJECTED, OPEN, YES, NOW, "was rejected by anna", id="yes after no"),
        pytest.param(replace(APPROVED, status=StepStatus.APPLIED), OPEN, NO, NOW, "was approved", id="no, being done"),
        pytest.param(PROPOSED, OPEN, YES, NOW + WITHIN, "has expired", id="the moment it expires"),
        pytest.param(PROPOSED, OPEN, NO, NOW + WITHIN, "has expired", id="no when it expires"),
        pytest.param(EXPIRED, OPEN, YES, NOW + WITHIN, "nobody approved it within 15m", id="expired"),
        pytest.param(PROPOSED, RESOLVED, YES, NOW, "resolved, by alertmanager", id="the incident is over"),
        pytest.param(PROPOSED, HELD, YES, NOW, "held back by maintenance upgrade", id="in maintenance"),
        pytest.param(PLANNED, OPEN, YES, NOW, "waits for nobody's approval", id="it needs nobody"),
        pytest.param(
            replace(PLANNED, status=StepStatus.PENDING, plan=None), OPEN, YES, NOW, "is pending", id="no plan yet"
        ),
        pytest.param(
            PROPOSED, OPEN, replace(YES, plan=OTHER), NOW, f"now it is {HASH[:12]}, Evict pod", id="another plan"
        ),
        pytest.param(PROPOSED, OPEN, replace(NO, plan=OTHER), NOW, "another plan", id="no to another plan"),
        pytest.param(APPROVED, OPEN, replace(YES, plan=OTHER), NOW, "was approved by anna", id="yes to another plan"),
        pytest.param(
            made_anew(APPROVED, "changed", NOW, at=NOW)[0], OPEN, YES, NOW, "is pending", id="approved, then overtaken"
        ),
    ],
)
def test_what_can_not_be_answered_is_told_in_one_sentence(
    step: StepResult, found: Incident, answer: Answer, now: datetime, words: str
) -> None:
    with pytest.raises(ConflictError, match=r"^step 1 \(restart\) ") as caught:
        answered(step, found, answer, now)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        pytest.param(APPROVED, YES, id="approved"),
        pytest.param(APPROVED, replace(YES, actor="bert"), id="approved by somebody else"),
        pytest.param(replace(APPROVED, status=StepStatus.APPLYING), YES, id="being applied"),
        pytest.param(replace(APPROVED, status=StepStatus.VERIFIED), YES, id="helped"),
        pytest.param(REJECTED, NO, id="rejected"),
    ],
)
@pytest.mark.parametrize("found", [OPEN, RESOLVED, HELD], ids=["open", "resolved", "held back"])
def test_the_same_answer_again_changes_nothing(step: StepResult, found: Incident, answer: Answer) -> None:
    assert answered(step, found, answer, NOW + WITHIN) is None


def test_what_is_overtaken_needs_another_approval() -> None:
    step, (entry,) = made_anew(APPROVED, "the world has changed", NOW, at=NOW)
    assert (step.status, step.next_attempt_at) == (StepStatus.PENDING, NOW)
    assert not is_approved(step)
    assert (step.approved_plan, step.answered_by, step.answered_at, step.expires_at) == ("", "", None, None)
    assert (entry.kind, entry.data["plan"]) == ("approval_void", HASH)


@pytest.mark.parametrize(
    ("step", "found", "now", "status", "kind"),
    [
        pytest.param(PROPOSED, RESOLVED, NOW, StepStatus.SKIPPED, "step_skipped", id="over while it waits"),
        pytest.param(APPROVED, RESOLVED, NOW, StepStatus.SKIPPED, "step_skipped", id="over when approved"),
        pytest.param(PROPOSED, HELD, NOW + WITHIN, StepStatus.PENDING, "approval_void", id="held back"),
        pytest.param(APPROVED, HELD, NOW, StepStatus.PENDING, "approval_void", id="held back when approved"),
        pytest.param(PROPOSED, OPEN, NOW + WITHIN, StepStatus.EXPIRED, "expired", id="nobody answered"),
        pytest.param(APPROVED, OPEN, NOW + SECOND + WITHIN, StepStatus.EXPIRED, "expired", id="not applied in time"),
        pytest.param(PROPOSED, OPEN, NOW + WITHIN - SECOND, None, "", id="waits"),
        pytest.param(APPROVED, OPEN, NOW + WITHIN, None, "", id="still holds"),
    ],
)
def test_what_ends_the_wait(
    step: StepResult, found: Incident, now: datetime, status: StepStatus | None, kind: str
) -> None:
    over = lapsed(step, found, now)
    assert (over is None) is (status is None)
    if over is not None:
        assert (over[0].status, over[1][0].kind) == (status, kind)
        assert not is_approved(over[0]) or over[0].status.over


def test_an_approved_plan_that_could_not_be_applied_in_time_says_so() -> None:
    over = lapsed(APPROVED, OPEN, NOW + SECOND + WITHIN)
    assert over is not None
    assert over[0].verdict == "approved by anna, and it could not be applied within 15m"


@pytest.mark.parametrize(
    ("statuses", "came_to", "turn"),
    [
        pytest.param(["proposed", "pending"], Progress.AWAITING, 0, id="waits"),
        pytest.param(["done", "proposed"], Progress.AWAITING, 1, id="waits after a reading"),
        pytest.param(["approved", "pending"], Progress.RUNNING, 0, id="approved"),
        pytest.param(["rejected", "pending"], Progress.REJECTED, None, id="a no ends the run"),
        pytest.param(["failed", "expired", "pending"], Progress.EXPIRED, None, id="nobody's yes ends the run"),
    ],
)
def test_how_far_a_runbook_got(statuses: list[str], came_to: Progress, turn: int | None) -> None:
    steps = [replace(PLANNED, id=n, position=n, status=StepStatus(one)) for n, one in enumerate(statuses)]
    found = current(steps)
    assert progress(steps) is came_to
    assert (found.position if found else None) == turn


_ANSWERS = st.builds(
    Answer, approve=st.booleans(), plan=st.sampled_from([HASH, OTHER]), actor=st.sampled_from(["anna", "bert"])
)


@given(st.lists(st.tuples(_ANSWERS, st.integers(0, 20)), max_size=8))
def test_whatever_people_say_one_answer_counts_and_it_stands(said: list[tuple[Answer, int]]) -> None:
    step, minutes, counted = PROPOSED, 0, []
    for answer, later in said:
        minutes += later
        try:
            decided = answered(step, OPEN, answer, NOW + timedelta(minutes=minutes))
        except ConflictError:
            continue
        if decided is not None:
            step = decided[0]
            counted.append((answer, minutes))
    assert len(counted) <= 1
    assert all(answer.plan == HASH and at < 15 for answer, at in counted)
    assert is_approved(step) is any(answer.approve for answer, _ in counted)


def test_only_exactly_the_approved_plan_is_approved() -> None:
    for name, value in itertools.chain(PLAN.items(), [("more", 1)]):
        if name in {"planned_at", "seen"}:
            continue
        changed = {**PLAN, name: [value, "changed"]}
        assert not is_approved(replace(APPROVED, plan=changed)), name
    later = {**PLAN, "planned_at": "2026-01-05T09:09:00+00:00", "seen": {"last_heartbeat_at": "now"}}
    assert is_approved(replace(APPROVED, plan=later))
