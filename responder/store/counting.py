"""Counts over the rows, for metrics: they survive restarts and are the same whichever process is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from firebrigade.responder.model import DeliveryStatus
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.store.tables import deliveries, incidents, steps

WAITING_DELIVERIES = (DeliveryStatus.PENDING.value, DeliveryStatus.SENDING.value)
WAITING_STEPS = tuple(status.value for status in StepStatus if not status.over)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows there are.

    Attributes:
        incidents: by status.
        deliveries: by receiver and status.
        attempts: of deliveries, by receiver.
        steps: by action and status.
        longest_due_at: since when the work that waits longest has been due, or None.
    """

    incidents: Mapping[str, int]
    deliveries: Mapping[tuple[str, str], int]
    attempts: Mapping[str, int]
    steps: Mapping[tuple[str, str], int]
    longest_due_at: datetime | None


def count(connection: Connection) -> Counts:
    """Count."""
    by_receiver = deliveries.c.receiver, deliveries.c.status
    by_action = steps.c.action, steps.c.status
    return Counts(
        incidents={
            status: number
            for status, number in connection.execute(
                select(incidents.c.status, func.count()).group_by(incidents.c.status)
            )
        },
        deliveries={
            (receiver, status): number
            for receiver, status, number in connection.execute(
                select(*by_receiver, func.count()).group_by(*by_receiver)
            )
        },
        attempts={
            receiver: int(number)
            for receiver, number in connection.execute(
                select(deliveries.c.receiver, func.sum(deliveries.c.attempts)).group_by(deliveries.c.receiver)
            )
        },
        steps={
            (action, status): number
            for action, status, number in connection.execute(select(*by_action, func.count()).group_by(*by_action))
        },
        longest_due_at=_longest_due_at(connection),
    )


def _longest_due_at(connection: Connection) -> datetime | None:
    queries = (
        select(func.min(incidents.c.next_due_at)),
        select(func.min(deliveries.c.next_attempt_at)).where(deliveries.c.status.in_(WAITING_DELIVERIES)),
        select(func.min(steps.c.next_attempt_at)).where(steps.c.status.in_(WAITING_STEPS)),
    )
    moments = [connection.execute(query).scalar_one_or_none() for query in queries]
    return min((moment for moment in moments if moment is not None), default=None)
