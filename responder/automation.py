"""How far the machine got with an incident's runbook, in one word and in one sentence. Pure; stages and pages ask."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from firebrigade.responder.case import Case, Lookup
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks.modes import AutomationMode
from firebrigade.runbooks.shell_commands import fillable, placeholders


class Progress(StrEnum):
    """What the runbook came to so far."""

    NONE = "none"  # no runbook, or not begun
    RUNNING = "running"
    AWAITING = "awaiting"  # a person's approval
    VERIFIED = "verified"
    FAILED = "failed"  # something was tried and nothing helped
    REFUSED = "refused"  # nothing was tried
    REJECTED = "rejected"  # a person wants none of it
    EXPIRED = "expired"  # nobody approved a plan in time
    SUGGESTED = "suggested"  # a person was told a plan, and carries it out


_LEFT = {StepStatus.UNVERIFIED, StepStatus.UNSEEN}
_TRIED = {StepStatus.FAILED, StepStatus.UNDONE, *_LEFT}
# What one step says about the whole run, strongest first. A no, or nobody's yes, ends it: the steps after it were meant
# for a machine that may go on.
_OF_ONE_STEP = {
    StepStatus.VERIFIED: Progress.VERIFIED,
    StepStatus.REJECTED: Progress.REJECTED,
    StepStatus.EXPIRED: Progress.EXPIRED,
    StepStatus.PROPOSED: Progress.AWAITING,
}
_ENDS_THE_RUN = {StepStatus.VERIFIED, StepStatus.REJECTED, StepStatus.EXPIRED, *_LEFT}


def progress(steps: Sequence[StepResult]) -> Progress:
    """Sum up an incident's steps."""
    statuses = [step.status for step in steps]
    if not statuses:
        return Progress.NONE
    for status, came_to in _OF_ONE_STEP.items():
        if status in statuses:
            return came_to
    if any(step.harmed for step in steps):
        return Progress.FAILED
    if any(step.suggested for step in steps):
        return Progress.SUGGESTED
    # Nobody's page waits for the look after the last undo.
    if not all(step.status.over or step.taken_back for step in steps):
        return Progress.RUNNING
    tried = any(step.status in _TRIED or step.taken_back for step in steps)
    return Progress.FAILED if tried else Progress.REFUSED


def ended_at(steps: Sequence[StepResult]) -> datetime | None:
    """Return when the last step that was taken came to its end; nobody waits for the look after an undo."""
    ends = (step.finished_at or step.undone_at for step in steps)
    return max((end for end in ends if end is not None), default=None)


def current(steps: Sequence[StepResult]) -> StepResult | None:
    """Return the step whose turn it is; None once one helped, harmed or is up to people, or when all are over."""
    if any(step.status in _ENDS_THE_RUN or step.harmed or step.suggested for step in steps):
        return None
    return next((step for step in steps if not step.status.over), None)


def sentence(case: Case, lookup: Lookup) -> str:
    """Say what the machine is doing about the incident, or why it does nothing."""
    runbook = case.incident.runbook
    if not runbook:
        return "No runbook answers this alert; nothing is done automatically."
    if not case.automation_on or lookup.mode is AutomationMode.OFF:
        return f"Automation is switched off; runbook {runbook} is for you to follow."
    if lookup.mode is AutomationMode.DRY_RUN:
        return f"Automation is in dry run; runbook {runbook} is planned and not applied."
    if not case.steps:
        found = lookup.runbook(runbook, "")
        names = ", then ".join(step.name for step in found.steps) if found else ""
        return f"Runbook {runbook} starts now: {names}." if names else f"Runbook {runbook} is for you to follow."
    return _about_steps(case, lookup, runbook)


def _about_steps(case: Case, lookup: Lookup, runbook: str) -> str:
    step = current(case.steps)
    match progress(case.steps):
        case Progress.VERIFIED:
            helped = next(step for step in case.steps if step.status is StepStatus.VERIFIED)
            return f"Runbook {runbook}: {helped.name} helped, waiting for the alert to resolve."
        case Progress.FAILED if harmed := next((step for step in case.steps if step.harmed), None):
            backs = {StepStatus.UNDONE: "was taken back", StepStatus.UNVERIFIED: "was left in place"}
            back = "was taken back" if harmed.taken_back else backs.get(harmed.status, "could not be taken back")
            return f"Runbook {runbook}: {harmed.name} made things worse and {back}; it needs a person now."
        case Progress.FAILED if left := next((step for step in case.steps if step.left), None):
            return f"Runbook {runbook}: {left.name} was not verified ({left.verdict})."
        case Progress.FAILED:
            return f"Runbook {runbook} did not help; it needs a person."
        case Progress.REFUSED:
            return _not_applied(case, runbook)
        case Progress.SUGGESTED:
            left = next(step for step in case.steps if step.suggested)
            return f"Runbook {runbook}: {left.verdict.rstrip('.')}. Its commands: {_commands(case, lookup, runbook)}"
        case Progress.REJECTED | Progress.EXPIRED:
            last = next(step for step in case.steps if step.status in {StepStatus.REJECTED, StepStatus.EXPIRED})
            return f"Runbook {runbook}: {last.name} was not applied ({last.verdict}); it needs a person."
        case Progress.AWAITING if step:
            summary = (step.plan or {}).get("summary", "")
            return f"Runbook {runbook}: {step.name} waits for a person to approve its plan: {summary}"
        case _:
            if step and step.locked_since and step.status in {StepStatus.PENDING, StepStatus.APPROVED}:
                return f"Runbook {runbook}: {step.name} {step.verdict}."
            what = f"{step.name} is {_DOING[step.status]}" if step else "on its way"
            return f"Runbook {runbook}: {what}."


def _commands(case: Case, lookup: Lookup, runbook: str) -> str:
    """Return the command that prints the runbook with commands that are right for this incident."""
    found = lookup.runbook(runbook, "")
    wanted = placeholders(found.body) if found else frozenset()
    labels = fillable({name: value for name, value in case.alert_labels.items() if name in wanted})
    pairs = (shlex.quote(f"{name}={value}") for name, value in sorted(labels.items()))
    return " ".join(["firebrigade runbook show", runbook, *pairs])


def _not_applied(case: Case, runbook: str) -> str:
    """Say why nothing was changed: because of the last step that would have, if there is one."""
    changes = [step for step in case.steps if step.status is not StepStatus.DONE]
    if not changes:
        return f"Runbook {runbook} has looked and changes nothing; it needs a person."
    return f"Runbook {runbook} was not applied ({changes[-1].verdict}); it needs a person."


_DOING = {
    StepStatus.PENDING: "being planned",
    StepStatus.PLANNED: "planned",
    StepStatus.PROPOSED: "waiting for approval",
    StepStatus.APPROVED: "approved and about to be applied",
    StepStatus.APPLYING: "being applied",
    StepStatus.APPLIED: "applied and being verified",
    StepStatus.UNDOING: "being undone",
}
