"""A step whose target another step is at work on: it waits for its turn, within bounds. Pure; the runner asks.

A step that waits holds no lock, since only what was begun does; and it is put behind nobody who has waited for less
long, so none ever waits for one that waits for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason
from firebrigade.runbooks.durations import format_duration

LOOK_AGAIN_AFTER = timedelta(seconds=5)
COMES_WITHIN = timedelta(seconds=30)  # whoever does not look when a turn has come, by as long, loses it
_LASTING = {RefusalReason.COOLDOWN, RefusalReason.FLAPPING, RefusalReason.TOO_MANY_RUNS}  # over when enough time is
PASSING = {RefusalReason.LOCKED, RefusalReason.TOO_MANY_AT_ONCE}  # over as soon as other steps are


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
    if refusal is None or refusal.reason not in PASSING or step.status is StepStatus.APPLYING:
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


Asks = Callable[[StepResult, Plan, Sequence[PastStep]], Refusal | None]


def behind(
    step: StepResult, plan: Plan, waiting: Sequence[StepResult], history: Sequence[PastStep], now: datetime, asks: Asks
) -> Refusal | None:
    """Refuse a step that would take the turn of one that has waited longer; None: it takes nobody's.

    Args:
        step: about to be begun; no guard has refused it.
        plan: its plan.
        waiting: the steps that wait, longest first.
        history: what guards go by.
        now: the time.
        asks: step, plan and history → why it may not begin, or None.
    """
    begun, first = list(history), None
    for other in waiting:
        if _before(other, step, now) and other.plan is not None:
            its_plan = records.plan_from_json(other.plan)
            if asks(other, its_plan, begun) is None:
                begun.append(_as_begun(other, its_plan, now))
                first = first or other
    refusal = asks(step, plan, begun) if first else None
    if first is None or refusal is None or refusal.reason not in PASSING:
        return None
    text = f"{first.action} of incident {first.incident_id} has waited longer and goes first."
    return Refusal(reason=refusal.reason, summary=text)


def in_vain(
    step: StepResult,
    plan: Plan,
    history: Sequence[PastStep],
    now: datetime,
    wait_for_lock: timedelta,
    allow: Callable[[Plan, Sequence[PastStep], datetime], Refusal | None],
) -> Refusal | None:
    """Return what would refuse a step that waits though its turn came at the last moment; None: waiting may help.

    Args:
        step: it would wait, or waits.
        plan: its plan.
        history: what guards go by.
        now: the time.
        wait_for_lock: how long it waits.
        allow: the guards: plan, history and time → why not, or None.
    """
    if not wait_for_lock:
        return None
    until = step.expires_at if step.status is StepStatus.APPROVED else (step.locked_since or now) + wait_for_lock
    settled = [replace(past, finished_at=past.finished_at or now) for past in history]
    then = allow(plan, settled, until or now)
    # What counts what was done lately refuses now as well, and says so by the time as it is.
    return allow(plan, settled, now) if then is not None and then.reason in _LASTING else None


def _before(other: StepResult, step: StepResult, now: datetime) -> bool:
    """Return whether another step waits for longer, and goes on looking whether its turn has come."""
    if other.id == step.id or other.locked_since is None or other.next_attempt_at is None:
        return False
    looks = other.attempts <= 1 and abs(other.next_attempt_at - now) <= COMES_WITHIN
    return looks and (other.locked_since, other.id) < (step.locked_since or now, step.id)


def _as_begun(step: StepResult, plan: Plan, now: datetime) -> PastStep:
    return PastStep(
        step_id=step.step_id, action=step.action, target=plan.target, applied_at=now, incident_id=step.incident_id
    )
