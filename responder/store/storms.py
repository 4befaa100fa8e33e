"""What the storm watch asks of the database and writes: the storm's own incident, the window, and who is held."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, update

from firebrigade.responder.case import Case
from firebrigade.responder.model import AlertGroup, Incident, IncidentStatus
from firebrigade.responder.store import cases, incidents, recording, rows, storm_incident, tables
from firebrigade.responder.store.database import Database
from firebrigade.responder.storms import StormIncident

_DUE_ANYWAY = timedelta(minutes=1)  # what is looked at so soon needs no poke
_incidents = tables.incidents


class StormRows:
    """The rows of storms on one database, each call one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> StormIncident | None:
        """Return the newest storm's incident, open or over, or None: there was none yet."""
        with self._database.read() as connection:
            return storm_incident.latest(connection)

    def opened_since(self, moment: datetime) -> list[Incident]:
        """Return the open incidents that were opened since a moment, oldest first."""
        recent = and_(_incidents.c.status != IncidentStatus.RESOLVED.value, _incidents.c.opened_at >= moment)
        query = select(_incidents).where(recent).order_by(_incidents.c.id)
        with self._database.read() as connection:
            return [rows.incident(row) for row in connection.execute(query).mappings()]

    def ask(self, incident_id: int, now: datetime, question: Callable[[Case], bool]) -> bool:
        """Show one incident to a pure question, and change nothing."""
        with self._database.read() as connection:
            return question(cases.whole(connection, incident_id, now))

    def tell(self, group: AlertGroup, now: datetime) -> None:
        """Record what the storm's own alert says by now; its incident says the same, and living messages show it."""
        with self._database.write() as connection:
            for incident_id in recording.record(connection, group, now, ""):
                incident = incidents.one(connection, incident_id)
                if incident.annotations != group.common_annotations:
                    _say(connection, incident, group, now)

    def let_go(self, now: datetime) -> None:
        """Make every incident due that a storm holds: none does any more."""
        held = and_(_incidents.c.held_by != 0, _incidents.c.suppressed_by == "")
        late = or_(_incidents.c.next_due_at.is_(None), _incidents.c.next_due_at > now + _DUE_ANYWAY)
        with self._database.read() as connection:
            if connection.execute(select(_incidents.c.id).where(held, late).limit(1)).first() is None:
                return
        with self._database.write() as connection:
            connection.execute(update(_incidents).where(held, late).values(next_due_at=now))


def _say(connection: Connection, incident: Incident, group: AlertGroup, now: datetime) -> None:
    said = dict(group.common_annotations)
    changed = replace(incident, annotations=said, summary=said.get("summary", ""), updated_at=now, next_due_at=now)
    incidents.write(connection, replace(changed, news=incident.news + 1))
