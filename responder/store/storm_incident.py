"""Reading the storm's own incident, which its group key leads to. Called within the transactions of others."""

from sqlalchemy import Connection, func, select

from firebrigade.responder.own_alerts import INCIDENT_STORM, SOURCE
from firebrigade.responder.store import incidents, outbox
from firebrigade.responder.store.recording import group_hash
from firebrigade.responder.store.tables import group_keys, incident_alerts
from firebrigade.responder.storms import StormIncident


def latest(connection: Connection) -> StormIncident | None:
    """Return the newest storm's incident, open or over, or None: there was none yet."""
    mine = group_keys.c.source == SOURCE, group_keys.c.group_hash == group_hash(SOURCE, INCIDENT_STORM)
    incident_id = connection.execute(select(group_keys.c.incident_id).where(*mine)).scalar_one_or_none()
    if incident_id is None:
        return None
    incident = incidents.one(connection, incident_id)
    seen = select(func.max(incident_alerts.c.last_seen_at)).where(incident_alerts.c.incident_id == incident_id)
    return StormIncident(
        incident=incident,
        deliveries=tuple(outbox.of_incident(connection, incident_id)) if incident.open else (),
        seen_at=connection.execute(seen).scalar_one() or incident.opened_at,
    )


def still_open(connection: Connection) -> StormIncident | None:
    """Return the storm's incident while it is open, or None."""
    found = latest(connection)
    return found if found is not None and found.incident.open else None
