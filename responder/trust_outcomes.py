"""What a run says about its runbook, once it is over: it helped, it failed, or its plan would have been applied. Pure.

``store/ledger.py`` asks in every transaction that may have ended a run.
"""

from collections.abc import Sequence

from firebrigade.responder import automation
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.trust import TrustEvent
from firebrigade.runbooks.contract import RefusalReason

# What is asked only when every other guard has let a plan through.
_PASSED = {RefusalReason.DRY_RUN, RefusalReason.SUGGESTED}


def outcomes(steps: Sequence[StepResult]) -> dict[str, tuple[TrustEvent, str]]:
    """Return what a run came to in each environment that it was about, with words; empty while it is not over.

    The run counts, not its steps: a runbook may try one thing after the other. A run that nobody wanted, or that ended
    with its incident, says nothing about the runbook.
    """
    if not steps or automation.current(steps) is not None:
        return {}
    found = {}
    for environment in dict.fromkeys(step.environment for step in steps if step.environment):
        came_to = _outcome([step for step in steps if step.environment == environment])
        if came_to is not None:
            found[environment] = came_to
    return found


def _outcome(steps: Sequence[StepResult]) -> tuple[TrustEvent, str] | None:
    helped = next((step for step in steps if step.status is StepStatus.VERIFIED), None)
    if helped is not None:
        return TrustEvent.VERIFIED, f"{helped.name} was verified"
    tried = [step for step in steps if step.applied_at and step.status in {StepStatus.FAILED, StepStatus.UNDONE}]
    if tried:
        what = "made things worse" if tried[-1].harmed else "was not verified"
        return TrustEvent.FAILED, f"{tried[-1].name} {what}: {tried[-1].verdict}"
    planned = next((step for step in steps if step.refusal in _PASSED), None)
    return (TrustEvent.PLANNED, f"{planned.name} was planned") if planned is not None else None
