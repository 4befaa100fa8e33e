"""What becomes of a plan that needs a person: proposed, approved, rejected, expired, or made anew. Pure.

``engine/runner.py`` proposes and gives up, ``store/store.py`` asks `answered` in the transaction that writes the answer
down. Whoever may answer was checked before (``api.py``). Nothing here applies anything: an approved plan still has to
be the same when it is made anew, and every guard is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from firebrigade.responder.durations import format_duration
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import Incident, TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.timestamps import format_rfc3339
from firebrigade.runbooks.records import plan_hash

Decided = tuple[StepResult, list[TimelineEntry]]
_SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person says about a plan.

    Attributes:
        approve: False rejects it.
        plan: the whole hash of the plan that the person has seen (``records.plan_hash``).
        actor: who it is, as the service knows them.
        note: why, in the person's words; may be empty.
    """

    approve: bool
    plan: str
    actor: str
    note: str = ""


def short_hash(plan: str) -> str:
    """Return a plan's hash as people read and type it."""
    return plan[:_SHOWN_DIGITS]


def hash_of(step: StepResult) -> str:
    """Return the hash of a step's plan; empty while there is none."""
    return plan_hash(step.plan) if step.plan is not None else ""


def waiting(step: StepResult) -> bool:
    """Return whether a step waits for a person."""
    return step.status is StepStatus.PROPOSED


def is_approved(step: StepResult) -> bool:
    """Return whether a person has approved exactly the plan that the step has now."""
    return step.approved_plan != "" and step.approved_plan == hash_of(step)


def proposed(step: StepResult, now: datetime, within: timedelta, why: str = "") -> Decided:
    """Return a planned step that waits for a person from now on; ``why`` says what asks for one."""
    waits = replace(
        step,
        verdict=why,
        status=StepStatus.PROPOSED,
        proposed_at=now,
        expires_at=now + within,
        locked_since=None,
        next_attempt_at=now + within,
        attempts=0,
    )
    name = short_hash(hash_of(step))
    words = f"waits for a person to approve plan {name} until {now + within:%H:%M:%S}Z"
    words = f"{words}; {why.rstrip('.')}" if why else words
    return waits, [_entry(waits, now, "proposed", words, plan=hash_of(step))]


def answered(step: StepResult, incident: Incident, answer: Answer, now: datetime) -> Decided | None:
    """Decide what an answer does; None: the very same answer was given before, and nothing changes.

    The first answer counts. Whoever comes later, on whichever replica, is told of it.

    Raises:
        ConflictError: it can't be answered so, or not any more; one sentence says why.
    """
    if _same_again(step, answer):
        return None
    for why_not in _REASONS:
        if words := why_not(step, incident, answer, now):
            raise ConflictError(f"step {step.number} ({step.name}) {words}")
    return _approved(step, answer, now) if answer.approve else _rejected(step, answer, now)


def unanswered(step: StepResult, incident: Incident, now: datetime) -> Decided:
    """Return what becomes of a step that nobody has answered so far."""
    if (over := lapsed(step, incident, now)) is not None:
        return over
    # It was looked at too early: a clock that went back makes everything due.
    return replace(step, next_attempt_at=step.expires_at, attempts=0), []


def lapsed(step: StepResult, incident: Incident, now: datetime) -> Decided | None:
    """Return what ends the wait for an answer, or for an approved plan to be applied; None: nothing does."""
    if not incident.open:
        words = "the incident ended before"
        skipped = replace(step, status=StepStatus.SKIPPED, next_attempt_at=None, finished_at=now, verdict=words)
        return skipped, [_entry(step, now, "step_skipped", words)]
    if incident.suppressed_by:
        return made_anew(step, f"{incident.suppressed_by}: the plan is made and shown again afterwards", now, at=None)
    if step.expires_at is None or now < step.expires_at:
        return None
    within = format_duration(step.expires_at - (step.answered_at or step.proposed_at or step.expires_at))
    if step.status is StepStatus.APPROVED:
        words = f"approved by {step.answered_by}, and it could not be applied within {within}"
    else:
        words = f"nobody approved it within {within}"
    ended = replace(step, status=StepStatus.EXPIRED, next_attempt_at=None, finished_at=now, verdict=words)
    return ended, [_entry(step, now, "expired", words, plan=hash_of(step))]


def made_anew(step: StepResult, why: str, now: datetime, *, at: datetime | None) -> Decided:
    """Return a step without its plan's approval: another plan is made, and a person asked again.

    Args:
        step: proposed or approved.
        why: what happened, for people.
        now: the time.
        at: when it is planned; None: when the incident goes on.
    """
    again = replace(
        step,
        status=StepStatus.PENDING,
        next_attempt_at=at,
        attempts=0,
        proposed_at=None,
        expires_at=None,
        approved_plan="",
        answered_by="",
        answered_at=None,
        locked_since=None,
    )
    return again, [_entry(step, now, "approval_void", why, plan=hash_of(step))]


def _same_again(step: StepResult, answer: Answer) -> bool:
    if answer.approve:
        return step.approved_plan == answer.plan != ""
    return step.status is StepStatus.REJECTED and hash_of(step) == answer.plan


def _was_answered(step: StepResult, _incident: Incident, _answer: Answer, _now: datetime) -> str:
    if step.answered_at is None:
        return ""
    what = "rejected" if step.status is StepStatus.REJECTED else "approved"
    return f"was {what} by {step.answered_by} at {format_rfc3339(step.answered_at)}; that stands"


def _has_ended(_step: StepResult, incident: Incident, _answer: Answer, _now: datetime) -> str:
    return "" if incident.open else f"is of an incident that is resolved, by {incident.resolved_by}: nothing is applied"


def _has_expired(step: StepResult, _incident: Incident, _answer: Answer, now: datetime) -> str:
    if step.status is StepStatus.EXPIRED:
        return f"has expired: {step.verdict}"
    if step.status is not StepStatus.PROPOSED or step.expires_at is None or now < step.expires_at:
        return ""
    return f"has expired: it waited until {format_rfc3339(step.expires_at)} and nobody answered"


def _does_not_wait(step: StepResult, _incident: Incident, _answer: Answer, _now: datetime) -> str:
    return "" if waiting(step) else f"is {step.status.value}: it waits for nobody's approval"


def _is_held_back(_step: StepResult, incident: Incident, _answer: Answer, _now: datetime) -> str:
    if not incident.suppressed_by:
        return ""
    return f"is held back by {incident.suppressed_by}; its plan is shown again when that is over"


def _is_another_plan(step: StepResult, _incident: Incident, answer: Answer, _now: datetime) -> str:
    if hash_of(step) == answer.plan:
        return ""
    name, summary = short_hash(hash_of(step)), str((step.plan or {}).get("summary", ""))
    return f"has another plan than the one that you name: now it is {name}, {summary}"


_REASONS: tuple[Callable[[StepResult, Incident, Answer, datetime], str], ...] = (
    _has_expired,
    _was_answered,
    _has_ended,
    _does_not_wait,
    _is_held_back,
    _is_another_plan,
)


def _approved(step: StepResult, answer: Answer, now: datetime) -> Decided:
    # An approval holds as long as the question did: what could not be applied by then is of another world.
    holds = (step.expires_at or now) - (step.proposed_at or now)
    made = replace(
        step,
        status=StepStatus.APPROVED,
        approved_plan=answer.plan,
        answered_by=answer.actor,
        answered_at=now,
        expires_at=now + holds,
        next_attempt_at=now,
        attempts=0,
    )
    return made, [_by(answer, _entry(step, now, "approved", _said("approved", step, answer), plan=answer.plan))]


def _rejected(step: StepResult, answer: Answer, now: datetime) -> Decided:
    words = f"rejected by {answer.actor}" + (f": {answer.note}" if answer.note else "")
    made = replace(
        step,
        status=StepStatus.REJECTED,
        answered_by=answer.actor,
        answered_at=now,
        next_attempt_at=None,
        finished_at=now,
        verdict=words,
    )
    return made, [_by(answer, _entry(step, now, "rejected", _said("rejected", step, answer), plan=answer.plan))]


def _said(what: str, step: StepResult, answer: Answer) -> str:
    note = f" ({answer.note})" if answer.note else ""
    return f"{what} by {answer.actor}{note}: {(step.plan or {}).get('summary', '')}"


def _by(answer: Answer, entry: TimelineEntry) -> TimelineEntry:
    return replace(entry, actor=answer.actor)


def _entry(step: StepResult, now: datetime, kind: str, words: str, *, plan: str = "") -> TimelineEntry:
    entry = step_entry(step, now, kind, words)
    return replace(entry, data={**entry.data, "plan": plan}) if plan else entry
