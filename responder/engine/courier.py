"""The courier: sends one claimed delivery and writes down how it went. The engine's workers call it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from firebrigade.receivers.contract import (
    DeliveryError,
    PermanentDeliveryError,
    Reason,
    Receipt,
    Receiver,
    TemporaryDeliveryError,
)
from firebrigade.responder.case import RESPONDER
from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.backoff import retry_at
from firebrigade.responder.model import Delivery, DeliveryStatus, TimelineEntry
from firebrigade.responder.store.outbox import ClaimedDelivery
from firebrigade.responder.store.store import Store

LEASE = timedelta(minutes=2)  # a receiver answers within 30 s
GIVE_UP_AFTER = timedelta(hours=24)

_log = structlog.get_logger(__name__)


class Courier:
    """Delivers by the configured receivers."""

    def __init__(self, store: Store, receivers: Mapping[str, Receiver], clock: Clock) -> None:
        self._store = store
        self._receivers = receivers
        self._clock = clock

    def claim(self) -> ClaimedDelivery | None:
        """Take the delivery that is longest due."""
        return self._store.claim_delivery(self._clock.now(), LEASE)

    def deliver(self, claimed: ClaimedDelivery) -> None:
        """Send one notification, outside any transaction, and write its result down."""
        delivery = claimed.delivery
        try:
            receipt = self._receiver(delivery.receiver).deliver(claimed.notification)
        except DeliveryError as error:
            self._failed(delivery, error)
        except Exception as error:
            # A receiver's own mistake must not lose a page: it stays due, and people see the kind of the error.
            _log.exception("receiver_broken", receiver=delivery.receiver, delivery_id=delivery.delivery_id)
            words = f"the receiver failed by itself ({type(error).__name__}); see the log"
            self._failed(delivery, TemporaryDeliveryError(words, outcome_unknown=True))
        else:
            self._delivered(delivery, receipt)

    def _receiver(self, name: str) -> Receiver:
        try:
            return self._receivers[name]
        except KeyError:
            raise PermanentDeliveryError(f"no receiver is called {name} any more") from None

    def _delivered(self, delivery: Delivery, receipt: Receipt) -> None:
        now = self._clock.now()
        self._store.finish_delivery(
            delivery,
            {"status": DeliveryStatus.DELIVERED.value, "finished_at": now, "detail": receipt.detail},
            now,
            entry=notified(delivery, receipt, now),
            reference=receipt.reference,
        )
        _log.info("delivered", receiver=delivery.receiver, delivery_id=delivery.delivery_id, attempts=delivery.attempts)

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        now = self._clock.now()
        values = failure(delivery, error, now)
        final = values["status"] == DeliveryStatus.FAILED.value
        entry = None
        if final or delivery.attempts == 1:
            kind = "delivery_failed" if final else "delivery_delayed"
            detail = f"{delivery.reason.value} → {delivery.receiver}: {error}"
            entry = TimelineEntry(at=now, kind=kind, actor=RESPONDER, detail=detail, data=_data(delivery))
        self._store.finish_delivery(delivery, values, now, entry=entry)
        _log.warning(
            "delivery_failed" if final else "delivery_delayed",
            receiver=delivery.receiver,
            delivery_id=delivery.delivery_id,
            attempts=delivery.attempts,
            error=str(error),
        )


def notified(delivery: Delivery, receipt: Receipt, now: datetime) -> TimelineEntry | None:
    """Return what the timeline says of a delivery; a living message that was brought up to date is no news. Pure."""
    if delivery.reason is Reason.UPDATED:
        return None
    detail = f"{delivery.reason.value} → {delivery.receiver}" + (f": {receipt.detail}" if receipt.detail else "")
    return TimelineEntry(at=now, kind="notified", actor=RESPONDER, detail=detail, data=_data(delivery))


def failure(delivery: Delivery, error: DeliveryError, now: datetime) -> dict[str, Any]:
    """Decide what becomes of a delivery that did not succeed: again later, or given up for good. Pure."""
    temporary = error if isinstance(error, TemporaryDeliveryError) else None
    if temporary is None or now - delivery.created_at >= GIVE_UP_AFTER:
        return {"status": DeliveryStatus.FAILED.value, "finished_at": now, "detail": str(error)}
    return {
        "status": DeliveryStatus.PENDING.value,
        "next_attempt_at": retry_at(delivery.attempts, now, temporary.retry_after_seconds),
        "outcome_unknown": delivery.outcome_unknown or temporary.outcome_unknown,
        "detail": str(error),
    }


def _data(delivery: Delivery) -> dict[str, Any]:
    return {"receiver": delivery.receiver, "reason": delivery.reason.value, "attempts": delivery.attempts}
