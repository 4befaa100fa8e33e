"""What comes of a step at each of its turns: the step as it is written down, and what the timeline says. Pure.

``runner.py`` calls these, some of them in the transaction that writes the intent of a change down.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import Incident, TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import ActionError, PastStep, PermanentActionError, Refusal, RunbookStep, Verdict
from firebrigade.runbooks.must_not_rise import ChangeAge

Decided = tuple[StepResult, list[TimelineEntry]]


def not_now(step: StepResult, incident: Incident, now: datetime) -> Decided | None:
    """Decide whether the incident still wants the change; None if it does."""
    if not incident.open:
        unknown = step.status is StepStatus.APPLYING
        words = "the incident ended before" + (" it was known whether the change was made" if unknown else "")
        ended = replace(step, status=StepStatus.SKIPPED, next_attempt_at=None, finished_at=now, verdict=words)
        return ended, [step_entry(step, now, "step_skipped", words)]
    if incident.suppressed_by:
        return replace(step, next_attempt_at=None, locked_since=None), []
    return None


def refused(step: StepResult, refusal: Refusal, now: datetime) -> Decided:
    """Return the step as refused, with the reason for people.

    A step that was being applied has failed instead: its change may have been made, by an attempt that got no answer.
    """
    begun = step.status is StepStatus.APPLYING
    words = refusal.summary.rstrip(".") + ("; an earlier attempt may have made the change" if begun else "")
    status = StepStatus.FAILED if begun else StepStatus.REFUSED
    return _refused(replace(step, status=status, verdict=words), refusal, now)


def given_up(step: StepResult, incident: Incident, error: ActionError, now: datetime) -> Decided:
    """Return a step that could not be taken to its end: failed, for people to look at.

    One that was made and could not be looked at in time is no failure where its alert has resolved; where it has not,
    it is taken back as if the last look had been a bad one.
    """
    unseen = step.status is StepStatus.APPLIED and not isinstance(error, PermanentActionError)
    if unseen and not incident.open:
        words = f"the alert resolved, and nobody could look whether it helped: {error}"
        status, kind = StepStatus.UNSEEN, "unverified"
    elif unseen and (step.worse_since is not None or records.step_from_json(step.definition).undo):
        words = f"nobody could look whether it helped: {error}"
        back = replace(step, status=StepStatus.UNDOING, next_attempt_at=now, attempts=0, verdict=words)
        return back, [step_entry(step, now, "step_failed", words)]
    else:
        status, kind, words = StepStatus.FAILED, "step_failed", str(error)
    ended = replace(step, status=status, next_attempt_at=None, finished_at=now, verdict=words)
    return ended, [step_entry(step, now, kind, words)]


def age_of(step: StepResult, definition: RunbookStep, now: datetime) -> ChangeAge | None:
    """Return how long ago an applied step's change was made; None where nobody can tell, as after a clock set back."""
    if step.applied_at is None or step.verify_until is None:
        return None
    begun, made = now - step.applied_at, now - (step.verify_until - definition.verify_within)
    return ChangeAge(begun=begun, made=made) if timedelta() <= made <= begun else None


def in_reach(step: StepResult, now: datetime) -> StepResult:
    """Return an applied step with a deadline that this clock could have set: it may have gone back since it did."""
    if step.verify_until is None:
        return step
    return replace(
        step, verify_until=min(step.verify_until, now + records.step_from_json(step.definition).verify_within)
    )


def left_in_place(step: StepResult, incident: Incident, now: datetime) -> Decided:
    """Return a step that is not undone: its alert resolved, or maintenance holds it back until later."""
    if incident.open:
        return replace(step, next_attempt_at=None), []
    words = f"left in place, the alert resolved; last look: {step.verdict}"
    kept = replace(step, status=StepStatus.UNVERIFIED, verdict=words, next_attempt_at=None, finished_at=now)
    return kept, [step_entry(step, now, "unverified", words)]


def made_after_all(step: StepResult, verdict: Verdict, now: datetime) -> Decided:
    """Return a step, of which nobody knew whether its change was made, as verified: a look has found it healthy."""
    words = f"the planned change is there: {verdict.summary}"
    seen = replace(step, healthy_since=now, healthy_seen_at=now)
    made = replace(seen, status=StepStatus.VERIFIED, verdict=words, next_attempt_at=None, finished_at=now)
    return made, [step_entry(step, now, "verified", words, seen=verdict.evidence)]


def not_taken_back(step: StepResult, refusal: Refusal, now: datetime) -> Decided:
    """Return the step as failed, with its change left in place and the reason for people."""
    words = f"it did not help and was not taken back: {refusal.summary.rstrip('.')}"
    return _refused(replace(step, status=StepStatus.FAILED, verdict=words), refusal, now)


def _refused(step: StepResult, refusal: Refusal, now: datetime) -> Decided:
    told = step_entry(step, now, "refused", f"{step.verdict}.")
    ended = replace(step, next_attempt_at=None, finished_at=now, refusal=refusal.reason.value)
    return ended, [replace(told, data={**told.data, "reason": refusal.reason.value})]


def applying(step: StepResult, now: datetime) -> Decided:
    """Return the step with the intent to change something written into it."""
    begun = replace(step, status=StepStatus.APPLYING, applied_at=step.applied_at or now, locked_since=None)
    again = step.status is StepStatus.APPLYING
    return begun, [] if again else [step_entry(step, now, "applying", str((step.plan or {}).get("summary", "")))]


def past(history: Sequence[StepResult]) -> list[PastStep]:
    """Return what guards are told of the steps that were begun."""
    return [
        PastStep(
            step_id=step.step_id,
            action=step.action,
            target=records.plan_from_json(step.plan).target,
            applied_at=step.applied_at,
            incident_id=step.incident_id,
            finished_at=(step.finished_at or step.applied_at) if step.status.over else None,
            verified=step.status is StepStatus.VERIFIED or step.left,
            parked=not step.status.over and step.next_attempt_at is None and step.lease_until is None,
        )
        for step in history
        if step.plan is not None and step.applied_at is not None
    ]
