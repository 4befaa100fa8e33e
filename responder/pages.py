"""An incident's pages: what of its deliveries rings for people, and whether all of it failed. Pure; stages ask."""

from collections.abc import Sequence

from firebrigade.receivers.contract import Reason
from firebrigade.responder.model import Delivery, DeliveryStatus, Incident

PAGES = frozenset({Reason.TRIGGERED, Reason.ESCALATED})


def all_failed(incident: Incident, deliveries: Sequence[Delivery]) -> bool:
    """Return whether every page of the incident's level failed for good: nobody there could be reached."""
    pages = [
        delivery
        for delivery in deliveries
        if delivery.level == incident.level
        and delivery.reason in PAGES
        and incident.level_since is not None
        and delivery.created_at >= incident.level_since
    ]
    return bool(pages) and all(delivery.status is DeliveryStatus.FAILED for delivery in pages)
