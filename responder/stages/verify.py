"""Verify: judges each look at a change, and gives a repair that was verified its time to make the alert resolve."""

from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.automation import Progress, ended_at, progress
from firebrigade.responder.case import Case, Lookup, Outcome
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.contract import Health, Verdict

LOOK_AGAIN_AFTER = timedelta(seconds=2)


def verify(case: Case, _lookup: Lookup) -> Outcome:
    """Look again when a verified repair ought to have made the alert resolve."""
    policy = case.incident.policy
    if not case.incident.open or policy is None or progress(case.steps) is not Progress.VERIFIED:
        return Outcome()
    verified_at = ended_at(case.steps)
    due = verified_at + policy.resolve_within if verified_at else None
    return Outcome(until=due if due and due > case.now else None)


def judge(step: StepResult, verdict: Verdict, *, incident_open: bool, undo: bool, now: datetime) -> StepResult:
    """Decide what one look at an applied step means.

    An alert that resolved meanwhile has the last word: what made it resolve is never undone.
    """
    judged = replace(step, verdict=verdict.summary)
    late = step.verify_until is not None and now >= step.verify_until
    if verdict.health is Health.HEALTHY:
        return replace(judged, status=StepStatus.VERIFIED, next_attempt_at=None, finished_at=now)
    if verdict.health is Health.WAITING and not late:
        return replace(judged, next_attempt_at=now + LOOK_AGAIN_AFTER)
    if not incident_open:
        words = f"the alert resolved; last look: {verdict.summary}"
        return replace(judged, status=StepStatus.VERIFIED, verdict=words, next_attempt_at=None, finished_at=now)
    if undo:
        return replace(judged, status=StepStatus.UNDOING, next_attempt_at=now, attempts=0)
    return replace(judged, status=StepStatus.FAILED, next_attempt_at=None, finished_at=now)
