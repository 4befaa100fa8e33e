"""Escalate: L1 → L2 → L3, when nobody acknowledged in time, nobody could be reached, or the runbook did not help."""

from dataclasses import replace
from datetime import datetime

from firebrigade.receivers.contract import Reason
from firebrigade.responder.automation import Progress, ended_at, progress
from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome
from firebrigade.responder.model import (
    EscalationPolicy,
    EscalationStep,
    Incident,
    IncidentStatus,
    TimelineEntry,
)
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.notifications import notification
from firebrigade.responder.pages import all_failed


def escalate(case: Case, lookup: Lookup) -> Outcome:
    """Tell the next level when its time has come; an acknowledged or held incident stays where it is."""
    incident = case.incident
    if incident.held_by:
        return Outcome()
    if incident.status is not IncidentStatus.TRIGGERED or incident.policy is None or incident.level_since is None:
        return Outcome()
    step = _step(incident.policy, incident.level)
    if step is None:
        return Outcome()
    due_at, why = _due(case, incident.policy, step, incident.level_since)
    if due_at > case.now:
        return Outcome(until=due_at)
    return _next_level(case, lookup, incident.policy, why)


def _step(policy: EscalationPolicy, level: int) -> EscalationStep | None:
    return next((step for step in policy.steps if step.level == level), None)


def _due(case: Case, policy: EscalationPolicy, step: EscalationStep, since: datetime) -> tuple[datetime, str]:
    due_at = since + step.acknowledge_within
    if all_failed(case.incident, case.deliveries):
        return case.now, f"nobody at L{step.level} could be reached"
    came_to = progress(case.steps)
    ended = ended_at(case.steps)
    if came_to is Progress.VERIFIED and ended is not None and ended + policy.resolve_within > due_at:
        return ended + policy.resolve_within, "the runbook was verified, and the alert still fires"
    if came_to is Progress.EXPIRED and ended is not None and ended > since:
        return min(ended, due_at), next(step.verdict for step in case.steps if step.status is StepStatus.EXPIRED)
    # Only from the first level: one failure takes the incident up one level, not through all.
    first = case.incident.level == policy.steps[0].level and case.incident.round == 0
    if came_to is Progress.FAILED and ended is not None and first:
        return min(max(ended, since), due_at), "the runbook did not help"
    return due_at, f"not acknowledged within {_words(step.acknowledge_within.total_seconds())}"


def _next_level(case: Case, lookup: Lookup, policy: EscalationPolicy, why: str) -> Outcome:
    incident = case.incident
    later = [step for step in policy.steps if step.level > incident.level]
    if later:
        return _told(case, lookup, replace(incident, level=later[0].level), later[0], why)
    if incident.round < policy.repeat:
        first = policy.steps[0]
        return _told(case, lookup, replace(incident, level=first.level, round=incident.round + 1), first, why)
    detail = f"{why}; L{incident.level} was the last level"
    entry = TimelineEntry(at=case.now, kind="escalation_ended", actor=RESPONDER, detail=detail)
    return Outcome(incident=replace(incident, level_since=None), entries=(entry,))


def _told(case: Case, lookup: Lookup, changed: Incident, step: EscalationStep, why: str) -> Outcome:
    changed = replace(changed, level_since=case.now)
    entry = TimelineEntry(at=case.now, kind="escalated", actor=RESPONDER, detail=f"to L{step.level}: {why}")
    case = replace(case, incident=changed, timeline=(*case.timeline, entry))
    turn = f"L{changed.level}.{changed.round}"
    names = dict.fromkeys(step.targets or changed.receivers)
    told = tuple(notification(case, lookup, name, Reason.ESCALATED, turn=turn) for name in names)
    return Outcome(until=case.now + step.acknowledge_within, incident=changed, entries=(entry,), notifications=told)


def _words(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{int(seconds)} s"
