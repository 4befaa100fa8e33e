"""What a run says about its runbook: it failed, or once it is over, it helped or would have been applied. Pure.

``store/ledger.py`` asks in every transaction that may have changed a run.
"""

from collections.abc import Sequence
from datetime import datetime

from firebrigade.responder import automation
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.trust import TrustEvent
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import RefusalReason

_FAILED = {StepStatus.FAILED, StepStatus.UNDOING, StepStatus.UNDONE}
# What is asked only when every other guard has let a plan through.
_PASSED = {RefusalReason.DRY_RUN, RefusalReason.SUGGESTED}


def outcomes(steps: Sequence[StepResult]) -> dict[str, tuple[TrustEvent, str]]:
    """Return what a run came to in each environment that it was about, with words; empty while that is not known.

    A step that changed something and did not help, or made things worse, is a failure of its run from that moment on,
    whatever becomes of it and whatever comes after it: the next run is not to make the same mistake meanwhile.
    Everything else counts once the run is over. A run that nobody wanted, or that ended with its incident, says nothing
    about the runbook. Nor does an alert that resolved before any look found the repair healthy: a person may have
    resolved it; or a step of which nobody knows whether it changed anything.
    """
    if not steps:
        return {}
    over = automation.current(steps) is None
    found = {}
    for environment in dict.fromkeys(step.environment for step in steps if step.environment):
        there = [step for step in steps if step.environment == environment]
        came_to = _failure(there) or (_outcome(there) if over else None)
        if came_to is not None:
            found[environment] = came_to
    return found


def begun_at(steps: Sequence[StepResult], environment: str) -> datetime | None:
    """Return when a run first set out to change something in an environment, or was planned; None if neither."""
    there = [step for step in steps if step.environment == environment]
    applied = [step.applied_at for step in there if step.applied_at is not None]
    planned = [records.plan_from_json(step.plan).planned_at for step in there if step.plan is not None]
    return min(applied or planned, default=None)


def _failure(steps: Sequence[StepResult]) -> tuple[TrustEvent, str] | None:
    for step in steps:
        if step.worse_since is not None and (step.status is StepStatus.UNDOING or step.status.over):
            return TrustEvent.FAILED, f"{step.name} made things worse: {step.verdict}"
        if step.after is not None and step.status in _FAILED:
            return TrustEvent.FAILED, f"{step.name} was not verified: {step.verdict}"
    return None


def _outcome(steps: Sequence[StepResult]) -> tuple[TrustEvent, str] | None:
    helped = next((step for step in steps if step.status is StepStatus.VERIFIED and step.healthy_since), None)
    if helped is not None:
        return TrustEvent.VERIFIED, f"{helped.name} was verified"
    planned = next((step for step in steps if step.refusal in _PASSED), None)
    return (TrustEvent.PLANNED, f"{planned.name} was planned") if planned is not None else None
