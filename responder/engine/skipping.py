"""Whether a step is taken at all, by its ``when``. Pure; the runner asks when the step's turn comes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.conditions import unmet
from firebrigade.runbooks.contract import RunbookStep


def skipped(
    step: StepResult, definition: RunbookStep, run: Sequence[StepResult], now: datetime
) -> tuple[StepResult, list[TimelineEntry]] | None:
    """Return the step as skipped with its reason, or None if it is taken.

    Args:
        step: the step whose turn it is.
        definition: what the runbook said of it when the run began.
        run: all steps of the run.
        now: the time.
    """
    reason = unmet(definition.when, step.labels, results(run)) if definition.when else ""
    if not reason:
        return None
    words = f"skipped: {reason}"
    over = replace(step, status=StepStatus.SKIPPED, next_attempt_at=None, finished_at=now, verdict=words)
    return over, [step_entry(step, now, "step_skipped", reason)]


def results(run: Sequence[StepResult]) -> dict[str, str]:
    """Return what the steps of a run have read, by their names."""
    done = (step for step in run if step.status is StepStatus.DONE)
    return {step.name: str((step.after or {}).get("result", "")) for step in done}
