"""Reading and writing incidents with their alerts and timeline. Called by Store within its transactions."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from firebrigade.responder.errors import ConflictError, NotFoundError
from firebrigade.responder.model import Incident, IncidentAlert, IncidentStatus, TimelineEntry
from firebrigade.responder.store import rows
from firebrigade.responder.store.tables import incident_alerts, incidents, timeline


def one(connection: Connection, incident_id: int) -> Incident:
    """Return an incident.

    Raises:
        NotFoundError: there is none with this id.
    """
    row = connection.execute(select(incidents).where(incidents.c.id == incident_id)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no incident {incident_id}")
    return rows.incident(row)


def many(
    connection: Connection, statuses: Collection[IncidentStatus], limit: int, before_id: int | None
) -> list[Incident]:
    """Return incidents, newest first."""
    query = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
    if statuses:
        query = query.where(incidents.c.status.in_([status.value for status in statuses]))
    if before_id is not None:
        query = query.where(incidents.c.id < before_id)
    return [rows.incident(row) for row in connection.execute(query).mappings()]


def due(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Return the ids of the incidents to look at, longest due first."""
    query = select(incidents.c.id).where(incidents.c.next_due_at <= now).order_by(incidents.c.next_due_at).limit(limit)
    return list(connection.execute(query).scalars())


def still_open(connection: Connection) -> list[Incident]:
    """Return every incident that is not resolved, oldest first."""
    query = select(incidents).where(incidents.c.status != IncidentStatus.RESOLVED.value).order_by(incidents.c.id)
    return [rows.incident(row) for row in connection.execute(query).mappings()]


def write(connection: Connection, incident: Incident) -> None:
    """Write every column of an incident and count the version up."""
    values = rows.incident_row(replace(incident, version=incident.version + 1))
    connection.execute(update(incidents).where(incidents.c.id == incident.id).values(values))


def poke(connection: Connection, incident_id: int, now: datetime, *, news: bool = False) -> None:
    """Make an incident due now; with ``news``, its living messages are brought up to date."""
    connection.execute(
        update(incidents)
        .where(incidents.c.id == incident_id)
        .values(next_due_at=now, updated_at=now, news=incidents.c.news + int(news))
    )


def make_due(connection: Connection, now: datetime) -> None:
    """Make every incident due that waits for a later moment; looking too early changes nothing."""
    connection.execute(update(incidents).where(incidents.c.next_due_at > now).values(next_due_at=now))


def alerts(connection: Connection, incident_id: int) -> list[IncidentAlert]:
    """Return an incident's alerts, oldest first."""
    query = (
        select(incident_alerts)
        .where(incident_alerts.c.incident_id == incident_id)
        .order_by(incident_alerts.c.starts_at, incident_alerts.c.fingerprint)
    )
    return [rows.incident_alert(row) for row in connection.execute(query).mappings()]


def entries(connection: Connection, incident_id: int, last: int | None = None) -> list[TimelineEntry]:
    """Return an incident's timeline, oldest first; with ``last``, only its latest entries."""
    query = select(timeline).where(timeline.c.incident_id == incident_id).order_by(timeline.c.id.desc()).limit(last)
    found = [rows.timeline_entry(row) for row in connection.execute(query).mappings()]
    return found[::-1]


def append(connection: Connection, incident_id: int, new: Sequence[TimelineEntry]) -> None:
    """Append to an incident's timeline."""
    if new:
        values = [
            {
                "incident_id": incident_id,
                "at": entry.at,
                "kind": entry.kind,
                "actor": entry.actor,
                "detail": entry.detail,
                "data": dict(entry.data),
            }
            for entry in new
        ]
        connection.execute(insert(timeline), values)


def acknowledge(connection: Connection, incident_id: int, actor: str, now: datetime) -> Incident:
    """Acknowledge; a second time changes nothing.

    Raises:
        NotFoundError: no such incident.
        ConflictError: it is resolved.
    """
    incident = one(connection, incident_id)
    if not incident.open:
        raise ConflictError(f"incident {incident_id} is resolved: it can't be acknowledged any more")
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return incident
    changed = replace(
        incident,
        status=IncidentStatus.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=actor,
        updated_at=now,
        next_due_at=now,
        news=incident.news + 1,
    )
    return _by_person(connection, changed, "acknowledged", actor, now)


def resolve(connection: Connection, incident_id: int, actor: str, now: datetime) -> Incident:
    """Resolve; a second time changes nothing.

    Raises:
        NotFoundError: no such incident.
    """
    incident = one(connection, incident_id)
    if not incident.open:
        return incident
    changed = replace(
        incident,
        status=IncidentStatus.RESOLVED,
        resolved_at=now,
        resolved_by=actor,
        updated_at=now,
        next_due_at=now,
        news=incident.news + 1,
    )
    return _by_person(connection, changed, "resolved", actor, now)


def _by_person(connection: Connection, changed: Incident, kind: str, actor: str, now: datetime) -> Incident:
    write(connection, changed)
    entry = TimelineEntry(at=now, kind=kind, actor=actor, detail=f"{kind} by {actor}")
    append(connection, changed.id, [entry])
    return one(connection, changed.id)
