"""A step whose target another step is at work on: it waits for its turn, within bounds. Pure; the runner asks.

A step that waits holds no lock, since only what was begun does; so none ever waits for one that waits for it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.contract import Refusal, RefusalReason
from firebrigade.runbooks.durations import format_duration

LOOK_AGAIN_AFTER = timedelta(seconds=5)
_PASSING = {RefusalReason.LOCKED, RefusalReason.TOO_MANY_AT_ONCE}  # over as soon as other steps are


def waits_its_turn(
    step: StepResult, refusal: Refusal | None, now: datetime, wait_for_lock: timedelta
) -> tuple[StepResult, list[TimelineEntry]] | None:
    """Return a step that waits for the lock on its target, or None: nothing is locked, or it is refused for it.

    Args:
        step: planned, approved, or waiting already. What is being applied does not wait: its change may be there.
        refusal: what the guards say of its plan.
        now: the time.
        wait_for_lock: how long it waits; an approved plan waits for as long as its approval holds. Nothing: never.
    """
    if refusal is None or refusal.reason not in _PASSING or step.status is StepStatus.APPLYING:
        return None
    since = min(step.locked_since or now, now)  # a clock that went back begins the wait anew
    approved = step.status is StepStatus.APPROVED
    if not wait_for_lock or not (approved or now - since < wait_for_lock):
        return None
    words = f"waits for its turn: {refusal.summary.rstrip('.')}"
    waiting = replace(
        step,
        # Only an approval is kept: everything else is planned anew when the lock is free, since the world has changed.
        status=StepStatus.APPROVED if approved else StepStatus.PENDING,
        locked_since=since,
        next_attempt_at=now + LOOK_AGAIN_AFTER,
        attempts=0,
        verdict=words,
    )
    if step.locked_since is not None:
        return waiting, []
    bound = "as long as its approval holds" if approved else f"{format_duration(wait_for_lock)} at most"
    return waiting, [step_entry(step, now, "locked", f"{words}; {bound}")]
