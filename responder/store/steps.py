"""Runbook steps: claimed with a lease and a fence like deliveries; one result is written after each thing done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from firebrigade.responder.model import IncidentStatus
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store import rows
from firebrigade.responder.store.tables import incidents, steps

_UNBEGUN = tuple(status.value for status in (StepStatus.PENDING, StepStatus.PLANNED, StepStatus.APPROVED))
_OPEN = tuple(status.value for status in StepStatus if not status.over)


def of_incident(connection: Connection, incident_id: int, *, lock: bool = False) -> list[StepResult]:
    """Return an incident's steps in order; with ``lock``, nobody else changes them until the transaction ends."""
    query = select(steps).where(steps.c.incident_id == incident_id).order_by(steps.c.position)
    return [rows.step(row) for row in connection.execute(query.with_for_update() if lock else query).mappings()]


def put(connection: Connection, incident_id: int, step: StepResult) -> None:
    """Write a new step, or one that a stage changed, unless somebody has a claim on it or changed it since."""
    if step.id == 0:
        values = rows.step_row(replace(step, incident_id=incident_id)) | {"fence": 0}
        connection.execute(insert(steps).values(values))
        return
    free = and_(steps.c.id == step.id, steps.c.fence == step.fence, steps.c.lease_until.is_(None))
    connection.execute(update(steps).where(free).values(rows.step_row(step)))


def claim(connection: Connection, now: datetime, lease: timedelta) -> StepResult | None:
    """Take the step that is longest due; None when nothing is due."""
    free = or_(steps.c.lease_until.is_(None), steps.c.lease_until <= now)
    due = and_(steps.c.status.in_(_OPEN), steps.c.next_attempt_at <= now, free)
    query = select(steps).where(due).order_by(steps.c.next_attempt_at, steps.c.id).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    same = and_(steps.c.id == row["id"], steps.c.fence == row["fence"])
    claimed = {"fence": row["fence"] + 1, "lease_until": now + lease, "attempts": row["attempts"] + 1}
    if connection.execute(update(steps).where(same).values(claimed)).rowcount != 1:
        return None
    return replace(rows.step(row), **claimed)


def locked(connection: Connection, incident_id: int, position: int) -> StepResult | None:
    """Return a step that nobody else changes until the transaction ends; on SQLite there is one writer anyway."""
    mine = and_(steps.c.incident_id == incident_id, steps.c.position == position)
    row = connection.execute(select(steps).where(mine).with_for_update()).mappings().one_or_none()
    return rows.step(row) if row else None


def take_over(connection: Connection, step: StepResult) -> None:
    """Write a step that is locked, and end whatever claim somebody has on it: their result is not written any more."""
    changed = {**rows.step_row(step), "fence": step.fence + 1, "lease_until": None}
    connection.execute(update(steps).where(steps.c.id == step.id).values(changed))


def note(connection: Connection, step: StepResult) -> bool:
    """Write a claimed step and keep the claim; False when it was lost to another process in between."""
    return _write(connection, step, {})


def finish(connection: Connection, step: StepResult) -> bool:
    """Write a claimed step and give the claim back; False when it was lost to another process in between."""
    return _write(connection, step, {"lease_until": None})


def make_due(connection: Connection, now: datetime) -> None:
    """Make every step due that waits for a later moment."""
    connection.execute(update(steps).where(steps.c.next_attempt_at > now).values(next_attempt_at=now))


def release(connection: Connection) -> None:
    """Give back every claim of a process that is known to be dead."""
    held = steps.c.lease_until.is_not(None)
    connection.execute(update(steps).where(held).values(fence=steps.c.fence + 1, lease_until=None))


def begun_since(connection: Connection, since: datetime) -> list[StepResult]:
    """Return the steps whose change was begun since a moment, or is under way; on whichever incident, oldest first."""
    under_way = and_(steps.c.status.in_(_OPEN), steps.c.applied_at.is_not(None))
    query = select(steps).where(or_(steps.c.applied_at >= since, under_way)).order_by(steps.c.applied_at, steps.c.id)
    return [rows.step(row) for row in connection.execute(query).mappings()]


def waiting(connection: Connection) -> list[StepResult]:
    """Return the steps that wait for their turn, of whichever incident, the one that waits longest first."""
    in_line = and_(
        steps.c.status.in_(_UNBEGUN), steps.c.locked_since.is_not(None), steps.c.next_attempt_at.is_not(None)
    )
    query = select(steps).where(in_line).order_by(steps.c.locked_since, steps.c.id)
    return [rows.step(row) for row in connection.execute(query).mappings()]


def wanted_since(connection: Connection, since: datetime) -> list[datetime]:
    """Return when each open incident that has steps was opened, as far as that was since a moment."""
    is_open = and_(incidents.c.status != IncidentStatus.RESOLVED.value, incidents.c.opened_at >= since)
    with_steps = select(steps.c.incident_id)
    query = select(incidents.c.opened_at).where(is_open, incidents.c.id.in_(with_steps))
    return list(connection.execute(query).scalars())


def _write(connection: Connection, step: StepResult, more: Mapping[str, Any]) -> bool:
    mine = and_(steps.c.id == step.id, steps.c.fence == step.fence)
    return connection.execute(update(steps).where(mine).values({**rows.step_row(step), **more})).rowcount == 1
