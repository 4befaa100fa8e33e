"""Notify: compares what receivers were told with what is true, and tells them the difference.

It looks at deliveries, not at events, so running it again adds nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from firebrigade.receivers.contract import Reason
from firebrigade.responder.automation import Progress, ended_at, progress
from firebrigade.responder.case import Case, Lookup, Outcome
from firebrigade.responder.model import Automation, Delivery, DeliveryStatus, IncidentStatus
from firebrigade.responder.notifications import notification


def notify(case: Case, lookup: Lookup) -> Outcome:
    """Tell receivers that the incident was triggered, acknowledged, updated or resolved, each once."""
    until = _held_until(case)
    if until is not None and until > case.now:
        return Outcome(until=until)
    if case.incident.open and case.incident.level == 0 and _first_receivers(case):
        return _trigger(case, lookup)
    wanted = [*_missing_triggers(case), *_missing_states(case), *_missing_updates(case, lookup)]
    return Outcome(
        notifications=tuple(notification(case, lookup, name, reason, turn=turn) for name, reason, turn in wanted)
    )


def _held_until(case: Case) -> datetime | None:
    """Return until when the machine has the first try: ``automation: first`` pages only if that did not help."""
    incident = case.incident
    policy = incident.policy
    if not incident.open or incident.level or policy is None or policy.automation is not Automation.FIRST:
        return None
    if not incident.runbook:
        return None
    match progress(case.steps):
        case Progress.NONE | Progress.RUNNING:
            return incident.opened_at + policy.page_after
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
    changed = replace(case.incident, level=1, level_since=case.now)
    case = replace(case, incident=changed)
    told = tuple(notification(case, lookup, name, Reason.TRIGGERED) for name in _first_receivers(case))
    return Outcome(incident=changed, notifications=told)


def _missing_triggers(case: Case) -> Iterable[tuple[str, Reason, str]]:
    """Receivers that joined when the severity got worse."""
    if case.incident.open and case.incident.level:
        triggered = {delivery.receiver for delivery in case.deliveries if delivery.reason is Reason.TRIGGERED}
        yield from ((name, Reason.TRIGGERED, "") for name in case.incident.receivers if name not in triggered)


def _missing_states(case: Case) -> Iterable[tuple[str, Reason, str]]:
    reasons = {
        IncidentStatus.TRIGGERED: None,
        IncidentStatus.ACKNOWLEDGED: Reason.ACKNOWLEDGED,
        IncidentStatus.RESOLVED: Reason.RESOLVED,
    }
    reason = reasons[case.incident.status]
    if reason is not None:
        known = {delivery.receiver for delivery in case.deliveries if delivery.reason is reason}
        yield from ((name, reason, "") for name in _told(case) if name not in known)


def _missing_updates(case: Case, lookup: Lookup) -> Iterable[tuple[str, Reason, str]]:
    news = case.incident.news
    if case.incident.open:
        for name, last in _told(case).items():
            if name in lookup.living and last.news < news and last.status is not DeliveryStatus.FAILED:
                yield name, Reason.UPDATED, str(news)


def _told(case: Case) -> dict[str, Delivery]:
    """Return the receivers that heard of the incident, or may have, each with its last delivery."""
    return {delivery.receiver: delivery for delivery in case.deliveries if delivery.status is not DeliveryStatus.FAILED}
