"""Inform: those who heard of an incident hear that it is acknowledged or resolved, in maintenance too.

It comes first and pages nobody. What was tried, surely did not arrive, and would now wake somebody for nothing, is
dropped; then its receiver has nothing to be told the end of. A message that is kept up to date says as well that a
repair was not seen to help, though the alert resolved.
"""

from collections.abc import Iterable, Mapping

from firebrigade.receivers.contract import Reason
from firebrigade.responder.case import Case, Lookup, Outcome
from firebrigade.responder.model import Delivery, DeliveryStatus, IncidentStatus
from firebrigade.responder.notifications import notification

_REASONS = {IncidentStatus.ACKNOWLEDGED: Reason.ACKNOWLEDGED, IncidentStatus.RESOLVED: Reason.RESOLVED}
_POINTLESS: Mapping[IncidentStatus, frozenset[Reason]] = {
    IncidentStatus.TRIGGERED: frozenset(),
    IncidentStatus.ACKNOWLEDGED: frozenset({Reason.ESCALATED}),
    IncidentStatus.RESOLVED: frozenset(set(Reason) - {Reason.RESOLVED}),
}


def inform(case: Case, lookup: Lookup) -> Outcome:
    """Tell whoever was told, once; drop what would only come too late."""
    dropped = tuple(delivery for delivery in case.deliveries if _pointless(case, delivery))
    reason = _REASONS.get(case.incident.status)
    if reason is None:
        return Outcome()
    # An incident can be acknowledged again after its severity rose: that is another round.
    turn = str(case.incident.round) if case.incident.round and reason is Reason.ACKNOWLEDGED else ""
    told = [(name, reason, turn) for name in _told(case, dropped)]
    made = [notification(case, lookup, name, why, turn=turn) for name, why, turn in (*told, *_too_early(case, lookup))]
    known = {delivery.delivery_id for delivery in case.deliveries}
    return Outcome(notifications=tuple(one for one in made if one[0].delivery_id not in known), dropped=dropped)


def _too_early(case: Case, lookup: Lookup) -> Iterable[tuple[str, Reason, str]]:
    """Return what the living messages lack that said resolved while a step was still looked at."""
    ended = case.incident.resolved_at
    late = any(step.left and step.finished_at and ended and step.finished_at >= ended for step in case.steps)
    if not late:
        return
    for name, news in {delivery.receiver: delivery.news for delivery in case.deliveries}.items():
        if name in lookup.living and news < case.incident.news:
            yield name, Reason.UPDATED, str(case.incident.news)


def _pointless(case: Case, delivery: Delivery) -> bool:
    """Whether a delivery was tried in vain or held back, is known not to have arrived, and is overtaken by now."""
    return (
        delivery.status is DeliveryStatus.PENDING
        and (delivery.attempts > 0 or case.incident.suppressed_by != "")
        and not delivery.outcome_unknown
        and delivery.reason in _POINTLESS[case.incident.status]
    )


def _told(case: Case, dropped: Iterable[Delivery]) -> Iterable[str]:
    """Return the receivers that heard of the incident, may have heard, or are about to."""
    gone = {delivery.id for delivery in dropped}
    heard = (
        delivery.receiver
        for delivery in case.deliveries
        if delivery.id not in gone
        and delivery.status is not DeliveryStatus.SUPERSEDED
        and (delivery.status is not DeliveryStatus.FAILED or delivery.outcome_unknown)
    )
    return dict.fromkeys(heard)
