"""A step that only reads, taken to its end: what it found goes on the timeline, and the next step follows.

The runner calls it; only the reading itself goes out into the world. Such a step never fails a run: what can't be
read after a few attempts is a reading too, and says so.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.backoff import retry_at
from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import ActionError, Refusal, TemporaryActionError
from firebrigade.runbooks.readings import UNKNOWN, Asked, Pause, Reading, StepExecutor

ATTEMPTS = 3  # a repair waits for it
LONGEST_WAIT = timedelta(seconds=10)  # between two of them, whatever the other side asks for

_log = structlog.get_logger(__name__)

Decided = tuple[StepResult, list[TimelineEntry]]


def take_reading(executor: StepExecutor, step: StepResult, clock: Clock) -> Decided | Refusal:
    """Read once, and return the step as it is then with what the timeline says of it, or why nothing is read."""
    definition = records.step_from_json(step.definition)
    asked = Asked(labels=step.labels, now=clock.now(), paused_until=step.verify_until)
    try:
        found = executor.read(definition, step.step_id, asked)
    except ActionError as error:
        _log.warning("reading_delayed", action=step.action, step_id=step.step_id, error=str(error))
        if isinstance(error, TemporaryActionError) and step.attempts < ATTEMPTS:
            return _again(step, error, clock.now())
        found = _unread(str(error))
    except Exception as error:
        _log.exception("action_broken", action=step.action, step_id=step.step_id)
        found = _unread(f"the action failed by itself ({type(error).__name__}); see the log")
    if isinstance(found, Refusal):
        return found
    return paused(step, found, clock.now()) if isinstance(found, Pause) else done(step, found, clock.now())


def done(step: StepResult, found: Reading, now: datetime) -> Decided:
    """Return a step that has found something. Pure."""
    kept = {
        "result": found.result,
        "summary": found.summary,
        "evidence": dict(found.evidence),
        "lines": list(found.lines),
    }
    over = replace(
        step, status=StepStatus.DONE, after=kept, verdict=found.summary, next_attempt_at=None, finished_at=now
    )
    return over, [step_entry(step, now, "read", found.summary, result=found.result, read=kept["evidence"])]


def paused(step: StepResult, found: Pause, now: datetime) -> Decided:
    """Return a step that is looked at again at a moment. Pure."""
    waiting = replace(step, verify_until=found.until, next_attempt_at=found.until, attempts=0, verdict=found.summary)
    return waiting, [] if step.verify_until else [step_entry(step, now, "waiting", found.summary)]


def _again(step: StepResult, error: TemporaryActionError, now: datetime) -> Decided:
    at = min(retry_at(max(step.attempts, 1), now, error.retry_after_seconds), now + LONGEST_WAIT)
    return replace(step, next_attempt_at=at, verdict=str(error)), []


def _unread(why: str) -> Reading:
    return Reading(result=UNKNOWN, summary=f"It could not be read: {why}")
