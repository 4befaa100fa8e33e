"""What the storm watch asks of the database and writes: the storm's own incident, the window, and who is held."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from firebrigade.responder.model import AlertGroup, Incident, IncidentAlert, IncidentStatus
from firebrigade.responder.store import incidents, recording, rows, storm_incident, tables
from firebrigade.responder.store.database import Database
from firebrigade.responder.storms import StormIncident

_DUE_ANYWAY = timedelta(minutes=1)  # what is looked at so soon needs no poke
_AT_ONCE = 500  # SQLite takes 32766 parameters in one statement
_incidents = tables.incidents
_OPEN = _incidents.c.status != IncidentStatus.RESOLVED.value


class StormRows:
    """The rows of storms on one database, each call one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> StormIncident | None:
        """Return the newest storm's incident, open or over, or None: there was none yet."""
        with self._database.read() as connection:
            return storm_incident.latest(connection)

    def due(self, now: datetime) -> int | None:
        """Return the id of the storm's incident if that is to be looked at, or None."""
        with self._database.read() as connection:
            found = storm_incident.latest(connection)
        moment = found.incident.next_due_at if found is not None else None
        return found.incident.id if found is not None and moment is not None and moment <= now else None

    def paging_since(self, moment: datetime, due: Collection[int] = (), held_by: int = 0) -> list[Incident]:
        """Return the open incidents that may page since a moment, oldest first; those that a storm holds, too.

        Args:
            moment: since when.
            due: incidents that are about to be looked at, which are returned as well.
            held_by: the storm's incident, 0 for none.
        """
        wanted = or_(
            func.coalesce(_incidents.c.pages_since, _incidents.c.opened_at) >= moment,
            _incidents.c.id.in_(due),
            and_(_incidents.c.held_by != 0, _incidents.c.held_by == held_by),
        )
        query = select(_incidents).where(_OPEN, wanted).order_by(_incidents.c.id)
        with self._database.read() as connection:
            return [rows.incident(row) for row in connection.execute(query).mappings()]

    def alerts(self, incident_ids: Sequence[int]) -> dict[int, list[IncidentAlert]]:
        """Return the alerts of several incidents."""
        found: dict[int, list[IncidentAlert]] = {one: [] for one in incident_ids}
        query = select(tables.incident_alerts).where(tables.incident_alerts.c.incident_id.in_(incident_ids))
        with self._database.read() as connection:
            for row in connection.execute(query).mappings():
                found[row["incident_id"]].append(rows.incident_alert(row))
        return found

    def holds_any(self, storm_id: int) -> bool:
        """Return whether a storm still holds an incident."""
        held = _incidents.c.held_by == storm_id, _incidents.c.status == IncidentStatus.TRIGGERED.value
        with self._database.read() as connection:
            return connection.execute(select(_incidents.c.id).where(*held).limit(1)).first() is not None

    def tell(self, group: AlertGroup, now: datetime) -> None:
        """Record what the storm's own alert says by now; its incident says the same, and living messages show it."""
        with self._database.write() as connection:
            for incident_id in recording.record(connection, group, now, ""):
                incident = incidents.one(connection, incident_id)
                if incident.annotations != group.common_annotations:
                    _say(connection, incident, group, now)

    def let_go(self, now: datetime) -> None:
        """Make every incident due that a storm holds: none does any more."""
        held = and_(_incidents.c.held_by != 0, *_waits(now))
        with self._database.read() as connection:
            if connection.execute(select(_incidents.c.id).where(held).limit(1)).first() is None:
                return
        with self._database.write() as connection:
            connection.execute(update(_incidents).where(held).values(next_due_at=now))

    def make_due(self, incident_ids: Sequence[int], now: datetime) -> None:
        """Make some incidents due: what a storm holds of them has changed."""
        if not incident_ids:
            return
        with self._database.write() as connection:
            for start in range(0, len(incident_ids), _AT_ONCE):
                these = _incidents.c.id.in_(incident_ids[start : start + _AT_ONCE])
                connection.execute(update(_incidents).where(these, *_waits(now)).values(next_due_at=now))


def _waits(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    late = or_(_incidents.c.next_due_at.is_(None), _incidents.c.next_due_at > now + _DUE_ANYWAY)
    return _incidents.c.suppressed_by == "", late


def _say(connection: Connection, incident: Incident, group: AlertGroup, now: datetime) -> None:
    said = dict(group.common_annotations)
    # What is due for longer stays so: it would not come to its turn behind thousands of others.
    due_at = min(incident.next_due_at or now, now)
    changed = replace(incident, annotations=said, summary=said.get("summary", ""), updated_at=now, next_due_at=due_at)
    incidents.write(connection, replace(changed, news=incident.news + 1))
