"""Notify: pages people for an open incident, asks them to approve a plan, and keeps living messages up to date.

It looks at deliveries, not at events, so running it again adds nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from firebrigade.receivers.contract import Reason
from firebrigade.responder.automation import Progress, ended_at, progress
from firebrigade.responder.case import Case, Lookup, Outcome
from firebrigade.responder.model import Automation, IncidentStatus
from firebrigade.responder.notifications import notification
from firebrigade.responder.proposal import proposal_of


def notify(case: Case, lookup: Lookup) -> Outcome:
    """Trigger, once per round, unless a person or the machine has it in hand; then tell what is new."""
    if not case.incident.open:
        return Outcome()
    until = _held_until(case)
    if until is not None and until > case.now:
        return Outcome(until=until)
    if case.incident.level == 0 and case.incident.status is IncidentStatus.TRIGGERED and _first_receivers(case):
        if case.incident.held_by:
            return Outcome()
        return _trigger(case, lookup)
    asked = (*_missing_questions(case), *_missing_suggestions(case))
    told = {name for name, _, _ in asked}
    updates = (wanted for wanted in _missing_updates(case, lookup) if wanted[0] not in told)
    return Outcome(
        notifications=tuple(
            notification(case, lookup, name, reason, turn=turn) for name, reason, turn in (*asked, *updates)
        )
    )


def _held_until(case: Case) -> datetime | None:
    """Return until when the machine has the first try: ``automation: first`` pages only if that did not help."""
    incident = case.incident
    policy = incident.policy
    if incident.level or policy is None or policy.automation is not Automation.FIRST or not incident.runbook:
        return None
    match progress(case.steps):
        case Progress.NONE | Progress.RUNNING:  # where it waits for a person, people have to be told
            # Routing comes after suppression: time in maintenance is not the machine's.
            return (incident.routed_at or incident.opened_at) + policy.page_after
        case Progress.VERIFIED:
            verified_at = ended_at(case.steps)
            return verified_at + policy.resolve_within if verified_at else None
        case _:
            return None


def _first_receivers(case: Case) -> tuple[str, ...]:
    incident = case.incident
    targets = incident.policy.steps[0].targets if incident.policy and incident.policy.steps else ()
    return tuple(dict.fromkeys((*incident.receivers, *targets)))


def _trigger(case: Case, lookup: Lookup) -> Outcome:
    """Page the first level; whoever knows the incident from an earlier round is rung again."""
    changed = replace(case.incident, level=1, level_since=case.now)
    case = replace(case, incident=changed)
    known = {delivery.receiver for delivery in case.deliveries}
    again = f"L1.{changed.round}"
    told = tuple(
        notification(case, lookup, name, Reason.ESCALATED, turn=again)
        if name in known
        else notification(case, lookup, name, Reason.TRIGGERED)
        for name in _first_receivers(case)
    )
    return Outcome(incident=changed, notifications=told)


def _missing_questions(case: Case) -> Iterable[tuple[str, Reason, str]]:
    """Whoever knows of the incident is asked about each plan that waits for a person, if no later message did.

    Once: a delivery of the same turn is not written down again.
    """
    found = proposal_of(case.incident, case.steps)
    if found is None:
        return
    turn = f"{found.number}.{found.short}.{int(found.proposed_at.timestamp())}"
    last = {delivery.receiver: delivery for delivery in case.deliveries}
    for name, delivery in last.items():
        if delivery.created_at <= found.proposed_at:
            yield name, Reason.APPROVAL, turn


def _missing_suggestions(case: Case) -> Iterable[tuple[str, Reason, str]]:
    """Whoever knows of the incident is told of a plan that is left for people to carry out, once."""
    left = next((step for step in case.steps if step.suggested), None)
    if left is None or left.finished_at is None:
        return
    last = {delivery.receiver: delivery for delivery in case.deliveries}
    for name, delivery in last.items():
        if delivery.created_at <= left.finished_at:
            yield name, Reason.SUGGESTED, str(left.number)


def _missing_updates(case: Case, lookup: Lookup) -> Iterable[tuple[str, Reason, str]]:
    """Living messages that are behind; one that could not be brought up to date gets its next chance with news."""
    said = {delivery.receiver: delivery.news for delivery in case.deliveries}
    for name, news in said.items():
        if name in lookup.living and news < case.incident.news:
            yield name, Reason.UPDATED, str(case.incident.news)
