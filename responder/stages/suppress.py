"""Suppress: in a maintenance window or a silence an incident is recorded, and neither pages nor acts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome, Suppression, Then
from firebrigade.responder.model import Incident, IncidentAlert, IncidentStatus, TimelineEntry
from firebrigade.responder.model_steps import StepStatus


def suppress(case: Case, lookup: Lookup) -> Outcome:
    """Wait while every firing alert is suppressed; go on, escalation starting anew, when that ends."""
    if not case.incident.open:
        return Outcome()
    found = suppression(case, lookup)
    if found is not None:
        return _wait(case, found)
    if case.incident.suppressed_by:
        return _go_on(case)
    return Outcome()


def suppression(case: Case, lookup: Lookup) -> Suppression | None:
    """Return what keeps the case's incident quiet, or None."""
    return suppression_of(case.incident, case.alerts, lookup, case.now)


def suppression_of(
    incident: Incident, alerts: Iterable[IncidentAlert], lookup: Lookup, now: datetime
) -> Suppression | None:
    """Return what keeps an incident quiet, or None; it ends with the first of its alerts that nothing keeps quiet."""
    if incident.silenced_until is not None and incident.silenced_until > now:
        return Suppression(until=incident.silenced_until, reason=incident.silenced_by)
    found = [lookup.suppression(held.alert.labels, now) for held in alerts if held.firing]
    holding = [suppression for suppression in found if suppression is not None]
    if not holding or len(holding) < len(found):
        return None
    return min(holding, key=lambda suppression: suppression.until)


def _wait(case: Case, suppression: Suppression) -> Outcome:
    # A clock that is a little behind must not make us look in a tight loop.
    until = max(suppression.until, case.now + timedelta(seconds=1))
    parked = tuple(
        replace(step, next_attempt_at=None, locked_since=None)
        for step in case.steps
        if step.status in {StepStatus.PENDING, StepStatus.PLANNED}
        and step.lease_until is None
        and step.next_attempt_at is not None
    )
    if case.incident.suppressed_by == suppression.reason:
        return Outcome(then=Then.WAIT, until=until, steps=parked)
    detail = f"{suppression.reason}, until {suppression.until:%Y-%m-%d %H:%M} UTC"
    return Outcome(
        then=Then.WAIT,
        until=until,
        steps=parked,
        incident=replace(case.incident, suppressed_by=suppression.reason),
        entries=(TimelineEntry(at=case.now, kind="suppressed", actor=RESPONDER, detail=detail),),
    )


def _go_on(case: Case) -> Outcome:
    incident = case.incident
    since = case.now if incident.level_since is not None else None
    pages_since = case.now if incident.status is IncidentStatus.TRIGGERED else incident.pages_since
    detail = f"no longer held back by: {incident.suppressed_by}"
    changed = replace(incident, suppressed_by="", silenced_by="", silenced_until=None)
    return Outcome(
        incident=replace(changed, level_since=since, pages_since=pages_since),
        entries=(TimelineEntry(at=case.now, kind="suppression_ended", actor=RESPONDER, detail=detail),),
    )
