"""The outbox: deliveries are claimed with a lease and a fence, sent outside any transaction, and then finished.

Claimed in order for each incident and receiver, so that nobody hears "resolved" before "triggered". A claim whose lease
ran out belonged to a process that died: it may have arrived, and the next attempt is told so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, exists, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from firebrigade.receivers.contract import Notification, Reason
from firebrigade.responder.model import Delivery, DeliveryStatus
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.responder.store import rows
from firebrigade.responder.store.tables import deliveries, incidents, threads

_UNFINISHED = (DeliveryStatus.PENDING.value, DeliveryStatus.SENDING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that is ours until its lease runs out, and what it says."""

    delivery: Delivery
    notification: Notification


def add(connection: Connection, incident_id: int, delivery: Delivery, notification: Notification) -> None:
    """Add a delivery to the outbox; one that is there already is not added again, whatever became of it."""
    known = select(deliveries.c.id).where(deliveries.c.delivery_id == delivery.delivery_id)
    if connection.execute(known).first() is not None:
        return
    row = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__ if name != "id"}
    values = row | {
        "incident_id": incident_id,
        "reason": delivery.reason.value,
        "status": delivery.status.value,
        "notification": rows.notification_json(notification),
    }
    connection.execute(insert(deliveries).values(values))


def drop(connection: Connection, dropped: Sequence[Delivery], now: datetime) -> None:
    """Try some deliveries no more; one that was claimed meanwhile goes on."""
    waiting = and_(
        deliveries.c.id.in_([delivery.id for delivery in dropped]),
        deliveries.c.status == DeliveryStatus.PENDING.value,
    )
    if dropped:
        values = {"status": DeliveryStatus.SUPERSEDED.value, "finished_at": now, "detail": "it would come too late"}
        connection.execute(update(deliveries).where(waiting).values(values))


def of_incident(connection: Connection, incident_id: int, reasons: Collection[Reason] = ()) -> list[Delivery]:
    """Return an incident's deliveries, oldest first; with ``reasons``, those for one of them."""
    query = select(deliveries).where(deliveries.c.incident_id == incident_id).order_by(deliveries.c.id)
    if reasons:
        query = query.where(deliveries.c.reason.in_([reason.value for reason in reasons]))
    return [rows.delivery(row) for row in connection.execute(query).mappings()]


def claim(connection: Connection, now: datetime, lease: timedelta) -> ClaimedDelivery | None:
    """Write down the intent to send the delivery that is longest due, and return it; None when nothing is due.

    What Firebrigade says for itself comes first: a storm's page stands for all that wait behind it.
    """
    _supersede(connection, now)
    own = deliveries.c.incident_id.in_(select(incidents.c.id).where(incidents.c.source == SOURCE))
    first = case((own, 0), else_=1)
    order = first, deliveries.c.next_attempt_at, deliveries.c.id
    query = select(deliveries).where(_claimable(now)).order_by(*order).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    interrupted = row["status"] == DeliveryStatus.SENDING.value
    claimed = {
        "status": DeliveryStatus.SENDING.value,
        "attempts": row["attempts"] + 1,
        "fence": row["fence"] + 1,
        "lease_until": now + lease,
        "outcome_unknown": row["outcome_unknown"] or interrupted,
    }
    same = and_(deliveries.c.id == row["id"], deliveries.c.fence == row["fence"])
    if connection.execute(update(deliveries).where(same).values(claimed)).rowcount != 1:
        return None
    row = connection.execute(select(deliveries).where(deliveries.c.id == row["id"])).mappings().one()
    delivery = rows.delivery(row)
    notification = rows.notification(
        row["notification"],
        reference=_reference(connection, delivery),
        outcome_unknown=delivery.outcome_unknown,
    )
    return ClaimedDelivery(delivery=delivery, notification=notification)


def finish(connection: Connection, delivery: Delivery, values: Mapping[str, Any]) -> bool:
    """Write a claimed delivery's result; False when the claim was lost to another process in between."""
    mine = and_(deliveries.c.id == delivery.id, deliveries.c.fence == delivery.fence)
    return connection.execute(update(deliveries).where(mine).values({**values, "lease_until": None})).rowcount == 1


def keep_reference(connection: Connection, delivery: Delivery, reference: Mapping[str, str]) -> None:
    """Remember how to continue the incident's thread with this receiver."""
    key = and_(threads.c.incident_id == delivery.incident_id, threads.c.receiver == delivery.receiver)
    if connection.execute(update(threads).where(key).values(reference=dict(reference))).rowcount == 0:
        values = {"incident_id": delivery.incident_id, "receiver": delivery.receiver, "reference": dict(reference)}
        connection.execute(insert(threads).values(values))


def make_due(connection: Connection, now: datetime) -> None:
    """Make every delivery due that waits for a later moment."""
    waiting = and_(deliveries.c.status == DeliveryStatus.PENDING.value, deliveries.c.next_attempt_at > now)
    connection.execute(update(deliveries).where(waiting).values(next_attempt_at=now))


def release(connection: Connection, now: datetime) -> None:
    """Give back every claim of a process that is known to be dead; what it was sending may have arrived.

    A start is also a chance for whatever waits: the network may have been what was wrong before.
    """
    make_due(connection, now)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.status == DeliveryStatus.SENDING.value)
        .values(
            status=DeliveryStatus.PENDING.value,
            outcome_unknown=True,
            fence=deliveries.c.fence + 1,
            lease_until=None,
        )
    )


def _claimable(now: datetime) -> ColumnElement[bool]:
    earlier = deliveries.alias("earlier")
    blocked = exists().where(
        earlier.c.incident_id == deliveries.c.incident_id,
        earlier.c.receiver == deliveries.c.receiver,
        earlier.c.id < deliveries.c.id,
        earlier.c.status.in_(_UNFINISHED),
    )
    # Whoever is paged is paged after the window; whoever knows of the incident may hear how it goes on.
    held = and_(
        deliveries.c.reason.in_([Reason.TRIGGERED.value, Reason.ESCALATED.value]),
        exists().where(incidents.c.id == deliveries.c.incident_id, incidents.c.suppressed_by != ""),
    )
    return and_(
        deliveries.c.next_attempt_at <= now,
        or_(
            deliveries.c.status == DeliveryStatus.PENDING.value,
            and_(deliveries.c.status == DeliveryStatus.SENDING.value, deliveries.c.lease_until <= now),
        ),
        ~blocked,
        ~held,
    )


def _supersede(connection: Connection, now: datetime) -> None:
    """Drop updates that were never tried and that a later delivery to the same receiver says as well."""
    later = deliveries.alias("later")
    said_later = exists().where(
        later.c.incident_id == deliveries.c.incident_id,
        later.c.receiver == deliveries.c.receiver,
        later.c.id > deliveries.c.id,
    )
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.status == DeliveryStatus.PENDING.value,
            deliveries.c.reason == Reason.UPDATED.value,
            said_later,
        )
        .values(status=DeliveryStatus.SUPERSEDED.value, finished_at=now, detail="a later one says it too")
    )


def _reference(connection: Connection, delivery: Delivery) -> Mapping[str, str]:
    query = select(threads.c.reference).where(
        threads.c.incident_id == delivery.incident_id, threads.c.receiver == delivery.receiver
    )
    found: Mapping[str, str] | None = connection.execute(query).scalar_one_or_none()
    return found or {}
