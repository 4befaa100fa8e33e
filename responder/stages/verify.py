"""Verify: judges each look at a change, and gives a repair that was verified its time to make the alert resolve."""

from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.automation import Progress, ended_at, progress
from firebrigade.responder.case import Case, Lookup, Outcome
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.contract import Health, Verdict
from firebrigade.runbooks.durations import format_duration

LOOK_AGAIN_AFTER = timedelta(seconds=2)
LONGEST_GAP = timedelta(minutes=1)  # between two looks of one stretch, healthy or worse
WORSE_FOR = timedelta(seconds=20)  # a pod that fails a single probe is ready again by then
PATIENCE = timedelta(hours=1)  # after its time, with what is neither healthy nor worse for long enough


def verify(case: Case, _lookup: Lookup) -> Outcome:
    """Look again when a verified repair ought to have made the alert resolve."""
    if not case.incident.open or progress(case.steps) is not Progress.VERIFIED:
        return Outcome()
    verified_at = ended_at(case.steps)
    due = verified_at + case.incident.resolve_within if verified_at else None
    return Outcome(until=due if due and due > case.now else None)


def judge(
    step: StepResult,
    verdict: Verdict,
    *,
    incident_open: bool,
    undo: bool,
    now: datetime,
    healthy_for: timedelta = timedelta(),
) -> StepResult:
    """Decide what one look at an applied step means.

    Only looks verify it: an alert may resolve because the pod that it names is gone. It is looked at as long as if the
    alert still fired, but what may have made an alert resolve is never undone. What stays worse than before is undone
    at once, whatever the runbook says: nobody asked for that.
    """
    judged = replace(step, verdict=verdict.summary)
    if verdict.health is Health.HEALTHY:
        return _healthy(judged, healthy_for, now=now)
    judged = replace(judged, healthy_since=None, healthy_seen_at=None)
    if verdict.health is Health.WORSE:
        judged = replace(judged, worse_since=_worse_since(step, now), worse_seen_at=now)
        # A deadline makes no single bad look believable; it only ends a change that is never found healthy.
        undo, over = True, _stays_worse(judged, verdict.lingers, now) or _overdue(step, now)
    else:
        judged = replace(judged, worse_since=None, worse_seen_at=None)
        over = verdict.health is Health.FAILED or out_of_time(judged, now)
    if not over:
        return replace(judged, next_attempt_at=now + LOOK_AGAIN_AFTER)
    if not incident_open:
        words = f"the alert resolved, and it was not found healthy: {verdict.summary}"
        return replace(judged, status=StepStatus.UNVERIFIED, verdict=words, next_attempt_at=None, finished_at=now)
    if undo:
        return replace(judged, status=StepStatus.UNDOING, next_attempt_at=now, attempts=0)
    return replace(judged, status=StepStatus.FAILED, next_attempt_at=None, finished_at=now)


def out_of_time(step: StepResult, now: datetime) -> bool:
    """Return whether an applied step had its time; one that was found healthy in time may prove that it stays so."""
    if step.verify_until is None or now < step.verify_until:
        return False
    return step.healthy_seen_at is None or abs(now - step.healthy_seen_at) > LONGEST_GAP


def _worse_since(step: StepResult, now: datetime) -> datetime:
    """Return since when it is worse as far as anybody has seen: two bad moments are no stretch."""
    seen_at = step.worse_seen_at
    return now if step.worse_since is None or seen_at is None or abs(now - seen_at) > LONGEST_GAP else step.worse_since


def _stays_worse(step: StepResult, lingers: timedelta, now: datetime) -> bool:
    """Return whether it is worse for longer than one bad moment goes on being seen."""
    return step.worse_since is not None and now - step.worse_since >= WORSE_FOR + lingers


def _overdue(step: StepResult, now: datetime) -> bool:
    return step.verify_until is not None and now > step.verify_until + PATIENCE


def _healthy(step: StepResult, healthy_for: timedelta, *, now: datetime) -> StepResult:
    since = _unbroken_since(step, now)
    held = replace(step, healthy_since=since, healthy_seen_at=now, worse_since=None, worse_seen_at=None)
    missing, said = since + healthy_for - now, step.verdict.rstrip(".")
    if missing <= timedelta():
        words = f"{said}, for {format_duration(healthy_for)} without a break." if healthy_for else step.verdict
        return _verified(held, words, now)
    words = f"{said}; it counts once that holds for {format_duration(healthy_for)} without a break."
    return replace(held, verdict=words, next_attempt_at=now + min(missing, LOOK_AGAIN_AFTER))


def _unbroken_since(step: StepResult, now: datetime) -> datetime:
    """Return since when it is healthy as far as anybody has seen: what nobody looked at does not count."""
    if step.healthy_since is None or step.healthy_seen_at is None:
        return now
    unseen = abs(now - step.healthy_seen_at) > LONGEST_GAP
    # Somebody who looks too rarely for any stretch must come to an end all the same.
    return now if unseen and not _overdue(step, now) else step.healthy_since


def _verified(step: StepResult, words: str, now: datetime) -> StepResult:
    return replace(step, status=StepStatus.VERIFIED, verdict=words, next_attempt_at=None, finished_at=now)
