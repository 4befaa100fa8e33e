"""Taking a step's change back: made within a deadline, and then looked at until its target is as it was before.

The runner gives it a step that is ``undoing``, and writes down what comes of it. The step stays so, and keeps its lock,
until the target is back or its time is over; only then may the next step begin.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.backoff import retry_at
from firebrigade.responder.engine.permission import Permission
from firebrigade.responder.engine.step_decisions import Decided, left_in_place, not_taken_back
from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.store import Store
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import ActionError, Health, PermanentActionError, TemporaryActionError, Verdict
from firebrigade.runbooks.durations import format_duration
from firebrigade.runbooks.readings import StepExecutor

MADE_WITHIN = timedelta(minutes=5)
LOOK_AGAIN_AFTER = timedelta(seconds=2)


class Undoing:
    """Takes steps back."""

    def __init__(self, store: Store, executor: StepExecutor, clock: Clock, permission: Permission) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._permission = permission

    def go_on(self, step: StepResult) -> Decided:
        """Take the change back, or look at what was taken back; raises as Action.undo does."""
        return self._make(step) if step.undone_at is None else self._look(step)

    def _make(self, step: StepResult) -> Decided:
        incident, now = self._store.incident(step.incident_id), self._clock.now()
        if not incident.open or incident.suppressed_by:
            return left_in_place(replace(step, undo_until=None), incident, now)
        plan = records.plan_from_json(step.plan or {})
        if off := self._permission.to_undo(plan):
            return not_taken_back(step, off, now)
        change = self._executor.undo(plan)
        now = self._clock.now()
        if change is None:
            ended = replace(step, status=StepStatus.FAILED, next_attempt_at=None, finished_at=now)
            return ended, [step_entry(step, now, "undone", "there was nothing to take back", changed=None)]
        within = records.step_from_json(step.definition).verify_within
        made = replace(step, undone_at=now, undo_until=now + within, next_attempt_at=now, attempts=0)
        return made, [step_entry(step, now, "undone", change.summary, changed=records.change_to_json(change))]

    def _look(self, step: StepResult) -> Decided:
        verdict = self._executor.came_back(records.plan_from_json(step.plan or {}))
        now = self._clock.now()
        if verdict is None:
            return _ended(step, now), []
        return looked_at(step, verdict, now)


def looked_at(step: StepResult, verdict: Verdict, now: datetime) -> Decided:
    """Decide what one look at a target whose change was taken back means. Pure.

    The look goes on though the alert resolves: what still moves must be touched by nobody else.
    """
    step = _not_too_far_ahead(step, now)
    if verdict.health is Health.HEALTHY:
        words = f"taken back, and {verdict.summary}"
        return _ended(step, now), [step_entry(step, now, "came_back", words, seen=verdict.evidence)]
    if verdict.health is Health.WAITING and _in_time(step, now):
        return replace(step, next_attempt_at=now + LOOK_AGAIN_AFTER), []
    words = f"taken back, and after {_since(step, now)} {verdict.summary}"
    ended = replace(_ended(step, now), verdict=f"{step.verdict.rstrip('.')}; {words}")
    return ended, [step_entry(step, now, "not_back", words, seen=verdict.evidence)]


def not_undone(step: StepResult, error: ActionError, now: datetime) -> Decided:
    """Decide what an undo, or a look after it, that ended in an error means: again later, or over. Pure."""
    temporary = not isinstance(error, PermanentActionError)
    step = _not_too_far_ahead(step, now)
    if step.undone_at is not None:
        if temporary and _in_time(step, now):
            return replace(step, next_attempt_at=now + LOOK_AGAIN_AFTER), []
        words = f"taken back, and nobody could look whether it is as before: {error}"
        ended = replace(_ended(step, now), verdict=f"{step.verdict.rstrip('.')}; {words}")
        return ended, [step_entry(step, now, "not_back", words)]
    begun = replace(step, undo_until=step.undo_until or now + MADE_WITHIN)
    if temporary and _in_time(begun, now):
        asked = error.retry_after_seconds if isinstance(error, TemporaryActionError) else None
        entries = [step_entry(step, now, "step_delayed", str(error))] if step.undo_until is None else []
        return replace(begun, next_attempt_at=retry_at(max(step.attempts, 1), now, asked)), entries
    within = f" within {format_duration(MADE_WITHIN)}" if temporary else ""
    words = f"it could not be taken back{within}: {error}"
    failed = replace(step, status=StepStatus.FAILED, next_attempt_at=None, finished_at=now, verdict=words)
    return failed, [step_entry(step, now, "step_failed", words)]


def _in_time(step: StepResult, now: datetime) -> bool:
    return step.undo_until is not None and now < step.undo_until


def _not_too_far_ahead(step: StepResult, now: datetime) -> StepResult:
    """Return the step with a deadline that this clock could have set: it may have gone back since it did."""
    within = records.step_from_json(step.definition).verify_within if step.undone_at else MADE_WITHIN
    return step if step.undo_until is None else replace(step, undo_until=min(step.undo_until, now + within))


def _since(step: StepResult, now: datetime) -> str:
    seconds = max(0, round((now - (step.undone_at or now)).total_seconds()))
    return format_duration(timedelta(seconds=seconds))


def _ended(step: StepResult, now: datetime) -> StepResult:
    return replace(step, status=StepStatus.UNDONE, next_attempt_at=None, finished_at=now)
