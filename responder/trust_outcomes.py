"""What a run says about its runbook: it failed, or once its alert resolved, it helped; or it was only planned. Pure.

``store/ledger.py`` asks in every transaction that may have changed a run, or what became of its alert.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firebrigade.responder import automation
from firebrigade.responder.conclusion import EXPIRY
from firebrigade.responder.model import Incident, IncidentAlert
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.trust import TrustEvent
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import RefusalReason

_FAILED = {StepStatus.FAILED, StepStatus.UNDOING, StepStatus.UNDONE, StepStatus.UNVERIFIED}
# What is asked only when every other guard has let a plan through.
_PASSED = {RefusalReason.DRY_RUN, RefusalReason.SUGGESTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What became of the alerts that a run was to end, at one moment."""

    incident: Incident
    alerts: Sequence[IncidentAlert]
    now: datetime

    @property
    def resolved(self) -> bool:
        """Whether Alertmanager has said of every alert that it is over: a person's word is no sign of a repair."""
        incident = self.incident
        if incident.open or incident.incomplete or incident.resolved_by == EXPIRY:
            return False
        return not any(held.firing for held in self.alerts)

    def ended_by(self, repair: StepResult) -> bool:
        """Whether every alert resolved, and in the time after a repair in which it could be the repair's doing.

        Later ones, such as those of the next pod, were ended by somebody who was called for them.
        """
        resolved_at, finished_at = self.incident.resolved_at, repair.finished_at
        if not self.resolved or resolved_at is None or finished_at is None:
            return False
        return resolved_at <= finished_at + self.incident.resolve_within

    def outlasts(self, repair: StepResult) -> bool:
        """Whether the alert that a verified step answers fires though it had its time to resolve.

        Not while something holds the incident back: what keeps an alert alive in maintenance may be the work itself.
        """
        if not self.incident.open or self.incident.suppressed_by or repair.finished_at is None:
            return False
        if self.now < repair.finished_at + self.incident.resolve_within:
            return False
        return any(held.firing and held.alert.labels.items() <= repair.labels.items() for held in self.alerts)


def outcomes(steps: Sequence[StepResult], aftermath: Aftermath) -> dict[str, tuple[TrustEvent, str]]:
    """Return what a run came to in each environment that it was about, with words; empty while that is not known.

    Args:
        steps: the run.
        aftermath: its incident, now.

    A step that changed something and did not help, or made things worse, is a failure of its run from that moment on,
    whatever becomes of it and whatever comes after it: the next run is not to make the same mistake meanwhile.
    Everything else counts once the run is over: a plan at once, a repair that a look has found healthy with the end of
    its alert. Where the alert has not resolved in time, people are called, and it has failed. A run that nobody wanted,
    or whose incident a person ended, says nothing about the runbook. Nor does a step that nobody could look at, and
    whose alert resolved, or of which nobody knows whether it changed anything.
    """
    if not steps:
        return {}
    over = automation.current(steps) is None
    found = {}
    for environment in dict.fromkeys(step.environment for step in steps if step.environment):
        there = [step for step in steps if step.environment == environment]
        came_to = _failure(there) or (_outcome(there, aftermath) if over else None)
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


def _outcome(steps: Sequence[StepResult], aftermath: Aftermath) -> tuple[TrustEvent, str] | None:
    helped = next((step for step in steps if step.status is StepStatus.VERIFIED and step.healthy_since), None)
    if helped is not None and aftermath.ended_by(helped):
        return TrustEvent.VERIFIED, f"{helped.name} was verified, and the alert resolved"
    if helped is not None and aftermath.outlasts(helped):
        return TrustEvent.FAILED, f"{helped.name} was verified, and the alert still fires"
    if any(step.applied_at is not None for step in steps):
        return None  # what becomes of that says more than another step's plan
    planned = next((step for step in steps if step.refusal in _PASSED), None)
    return (TrustEvent.PLANNED, f"{planned.name} was planned") if planned is not None else None
