"""Remediate: starts the runbook's steps, one after the other, until one helps. The engine's runner takes them."""

from dataclasses import replace

from firebrigade.responder import automation
from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome
from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import Runbook

_ENDED = "the incident ended before"
_ASKED = {StepStatus.PROPOSED, StepStatus.APPROVED}
_UNBEGUN = {StepStatus.PENDING, StepStatus.PLANNED, *_ASKED}


def remediate(case: Case, lookup: Lookup) -> Outcome:
    """Write down the steps of a routed incident, start the one whose turn it is, skip them all when it is over."""
    incident = case.incident
    if not incident.open:
        return Outcome(steps=_ended(case), entries=_unanswered(case))
    if incident.runbook and not case.steps:
        runbook = lookup.runbook(incident.runbook, "")
        if runbook is not None and runbook.steps:
            return _begin(case, runbook)
    step = automation.current(case.steps)
    if step is None or step.lease_until is not None or step.next_attempt_at is not None:
        return Outcome()
    return Outcome(steps=(replace(step, next_attempt_at=case.now),))


def _begin(case: Case, runbook: Runbook) -> Outcome:
    labels = case.alert_labels
    steps = tuple(
        StepResult(
            id=0,
            step_id=f"{case.incident.incident_key}-{position}",
            incident_id=case.incident.id,
            position=position,
            name=step.name,
            action=step.action,
            status=StepStatus.PENDING,
            created_at=case.now,
            next_attempt_at=case.now if position == 0 else None,
            labels=labels,
            definition=records.step_to_json(step),
        )
        for position, step in enumerate(runbook.steps)
    )
    detail = f"{runbook.name}: {', then '.join(step.name for step in runbook.steps)}"
    entry = TimelineEntry(at=case.now, kind="runbook", actor=RESPONDER, detail=detail)
    return Outcome(steps=steps, entries=(entry,))


def _ended(case: Case) -> tuple[StepResult, ...]:
    """Skip what was not begun; what was, and waits for the end of maintenance, is the runner's to bring to an end."""
    free = [step for step in case.steps if step.lease_until is None]
    unbegun = [step for step in free if step.status in _UNBEGUN]
    parked = [
        step
        for step in free
        if step.status in {StepStatus.APPLYING, StepStatus.UNDOING} and step.next_attempt_at is None
    ]
    return (
        *(replace(step, status=StepStatus.SKIPPED, next_attempt_at=None, verdict=_ENDED) for step in unbegun),
        *(replace(step, next_attempt_at=case.now) for step in parked),
    )


def _unanswered(case: Case) -> tuple[TimelineEntry, ...]:
    """Say of a plan that people were asked about that nothing comes of it any more."""
    asked = [step for step in case.steps if step.status in _ASKED and step.lease_until is None]
    return tuple(step_entry(step, case.now, "step_skipped", _ENDED) for step in asked)
