"""Reading and writing incidents with their alerts and timeline. Called by Store within its transactions."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from firebrigade.responder.chain import Chain, Head, Link, extended
from firebrigade.responder.errors import ConflictError, NotFoundError
from firebrigade.responder.model import Incident, IncidentAlert, IncidentStatus, TimelineEntry
from firebrigade.responder.store import rows
from firebrigade.responder.store.tables import incident_alerts, incidents, timeline


def one(connection: Connection, incident_id: int, *, lock: bool = False) -> Incident:
    """Return an incident; with ``lock``, one that nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is none with this id.
    """
    query = select(incidents).where(incidents.c.id == incident_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
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
    return [link.entry for link in _links(connection, incident_id, last)]


def chain(connection: Connection, incident_id: int) -> Chain:
    """Return an incident's whole timeline with the head that its row names.

    Raises:
        NotFoundError: there is no such incident.
    """
    head = _head(connection, incident_id)
    return Chain(incident_id=incident_id, links=tuple(_links(connection, incident_id)), head=head)


def chains(connection: Connection, limit: int, before_id: int | None) -> list[Chain]:
    """Return the timelines of several incidents, newest first."""
    query = select(incidents.c.id).order_by(incidents.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(incidents.c.id < before_id)
    return [chain(connection, incident_id) for incident_id in connection.execute(query).scalars()]


def append(connection: Connection, incident_id: int, new: Sequence[TimelineEntry]) -> None:
    """Append to an incident's timeline and its chain.

    The incident's row is locked first, so that two writers can't continue the same entry; on SQLite there is one
    writer anyway.

    Raises:
        NotFoundError: there is no such incident.
    """
    if not new:
        return
    links, head = extended(incident_id, _head(connection, incident_id, lock=True), new)
    connection.execute(insert(timeline), [rows.link_row(incident_id, link) for link in links])
    values = {"timeline_length": head.length, "timeline_head": head.hash}
    connection.execute(update(incidents).where(incidents.c.id == incident_id).values(values))


def _links(connection: Connection, incident_id: int, last: int | None = None) -> list[Link]:
    mine = timeline.c.incident_id == incident_id
    query = select(timeline).where(mine).order_by(timeline.c.sequence.desc(), timeline.c.id.desc()).limit(last)
    return [rows.link(row) for row in connection.execute(query).mappings()][::-1]


def _head(connection: Connection, incident_id: int, *, lock: bool = False) -> Head:
    query = select(incidents.c.timeline_length, incidents.c.timeline_head).where(incidents.c.id == incident_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no incident {incident_id}")
    return Head(length=row.timeline_length, hash=row.timeline_head)


def acknowledge(connection: Connection, incident_id: int, actor: str, now: datetime) -> Incident:
    """Acknowledge; a second time changes nothing.

    Raises:
        NotFoundError: no such incident.
        ConflictError: it is resolved.
    """
    incident = one(connection, incident_id, lock=True)
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
    incident = one(connection, incident_id, lock=True)
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
