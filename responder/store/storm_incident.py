"""Reading the storm's own incident, which its group key leads to. Called within the transactions of others."""

from sqlalchemy import Connection, func, select

from firebrigade.responder.model import IncidentStatus
from firebrigade.responder.own_alerts import INCIDENT_STORM, SOURCE
from firebrigade.responder.pages import PAGES
from firebrigade.responder.store import outbox, rows
from firebrigade.responder.store.recording import group_hash
from firebrigade.responder.store.tables import group_keys, incident_alerts, incidents
from firebrigade.responder.storms import StormIncident

_SEEN = (
    select(func.max(incident_alerts.c.last_seen_at))
    .where(incident_alerts.c.incident_id == incidents.c.id)
    .scalar_subquery()
    .label("seen_at")
)
_LATEST = (
    select(incidents, _SEEN)
    .join(group_keys, group_keys.c.incident_id == incidents.c.id)
    .where(group_keys.c.source == SOURCE, group_keys.c.group_hash == group_hash(SOURCE, INCIDENT_STORM))
)
_OPEN = _LATEST.where(incidents.c.status != IncidentStatus.RESOLVED.value)


def latest(connection: Connection) -> StormIncident | None:
    """Return the newest storm's incident, open or over, or None: there was none yet."""
    return _read(connection)


def still_open(connection: Connection) -> StormIncident | None:
    """Return the storm's incident while it is open, or None."""
    return _read(connection, only_open=True)


def _read(connection: Connection, *, only_open: bool = False) -> StormIncident | None:
    # With every decision about an incident, so in as few queries as can be.
    row = connection.execute(_OPEN if only_open else _LATEST).mappings().one_or_none()
    if row is None:
        return None
    incident = rows.incident(row)
    pages = outbox.of_incident(connection, incident.id, PAGES) if incident.open else ()
    return StormIncident(incident=incident, deliveries=tuple(pages), seen_at=row["seen_at"] or incident.opened_at)
