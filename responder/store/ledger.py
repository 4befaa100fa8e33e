"""The ledger of trust: entries are only ever added, by a run that is over or by a person. Called by Store and the web.

A run's entry is written in the transaction that ends the run or its alert, once for each environment that it was about:
a unique index on both stands behind that. Whoever adds to the ledger waits for whoever is adding, so that no failure is
lost between a person's look at it and their promotion; whoever begins a change waits as well, so that none is begun by
a level that is no more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, text, update

from firebrigade.responder.case import RESPONDER
from firebrigade.responder.chain import Head, Link
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.store import incidents, steps, tables
from firebrigade.responder.store.database import Database
from firebrigade.responder.trust import (
    Standing,
    TrustEntry,
    TrustEvent,
    TrustKey,
    TrustLevel,
    TrustSettings,
    demotion,
    standing,
    steps_hash,
)
from firebrigade.responder.trust_chain import TrustChain, as_written, link_of
from firebrigade.responder.trust_outcomes import Aftermath, begun_at, outcomes
from firebrigade.responder.trusting import TrustChange, entry_of

_LOCK = 7095272
_rows = tables.trust_ledger
_heads = tables.trust_chain


class Ledger:
    """The ledger on one database, each call one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, runbook: str = "", environment: str = "") -> list[TrustEntry]:
        """Return entries, oldest first; of one runbook in one environment where they are named."""
        with self._database.read() as connection:
            return _entries(connection, runbook, environment)

    def since_levels(self) -> list[TrustEntry]:
        """Return all that standings are made of: each runbook's entries from its latest level on, oldest first."""
        place = _rows.c.runbook, _rows.c.environment
        last = select(*place, func.max(_rows.c.id).label("id")).where(_rows.c.level != "").group_by(*place).subquery()
        same = and_(last.c.runbook == _rows.c.runbook, last.c.environment == _rows.c.environment)
        later = _rows.c.id >= func.coalesce(last.c.id, 0)
        query = select(_rows).outerjoin(last, same).where(later).order_by(_rows.c.id)
        with self._database.read() as connection:
            return [_entry(dict(row)) for row in connection.execute(query).mappings()]

    def chain(self) -> TrustChain:
        """Return the whole ledger to check it."""
        with self._database.read() as connection:
            found = connection.execute(select(_rows).order_by(_rows.c.sequence, _rows.c.id)).mappings().all()
            return TrustChain(links=tuple(_link(dict(row)) for row in found), head=_head(connection))

    def change(self, settings: TrustSettings, change: TrustChange, now: datetime) -> Standing:
        """Write a person's change down if it is allowed, and return what comes of it; raises ConflictError."""
        key = change.key
        with self._database.write() as connection:
            take_turn(connection)
            entry = entry_of(settings, change, _standing(connection, settings, key), now)
            if entry is not None:
                _add(connection, entry)
            return _standing(connection, settings, key)


def standing_of(connection: Connection, settings: TrustSettings, step: StepResult) -> Standing:
    """Return where the runbook that a step is of stands in the step's environment, with the steps of its run.

    It stays so until the transaction ends only for whoever has taken their turn.
    """
    run = steps.of_incident(connection, step.incident_id)
    runbook = incidents.one(connection, step.incident_id).runbook
    return _standing(connection, settings, _key(runbook, step.environment, run))


def conclude(connection: Connection, settings: TrustSettings | None, incident_id: int, now: datetime) -> None:
    """Write down what an incident's run came to, once that is known; a run that failed takes a level away at once."""
    if settings is None:
        return
    # Two transactions that each end one step of a run: whoever comes second sees what the first has written.
    connection.execute(select(tables.incidents.c.id).where(tables.incidents.c.id == incident_id).with_for_update())
    run = steps.of_incident(connection, incident_id)
    if not run:
        return
    incident, alerts = incidents.one(connection, incident_id), incidents.alerts(connection, incident_id)
    found = outcomes(run, Aftermath(incident=incident, alerts=alerts, now=now))
    if not found:
        return
    take_turn(connection)
    known = _environments_told(connection, incident_id)
    for environment, (event, reason) in found.items():
        if environment not in known:
            key = _key(incident.runbook, environment, run)
            entry = replace(_run_entry(key, now, event, reason, incident_id), begun_at=begun_at(run, environment))
            _write_down(connection, settings, key, entry)


def _write_down(connection: Connection, settings: TrustSettings, key: TrustKey, entry: TrustEntry) -> None:
    if entry.event is not TrustEvent.FAILED:
        _add(connection, entry)
        return
    before = _since_last_level(connection, key)
    level = demotion(settings, key, before, entry)
    _add(connection, replace(entry, level=level))
    if level is None or entry.incident_id is None:
        return
    was = standing(settings, key, before).level
    words = f"trust of {key.runbook} in {key.environment} goes from {was.value} to {level.value}: {entry.reason}"
    data = {"runbook": key.runbook, "environment": key.environment, "level": level.value}
    told = TimelineEntry(at=entry.at, kind="trust_lost", actor=RESPONDER, detail=words, data=data)
    incidents.append(connection, entry.incident_id, [told])


def take_turn(connection: Connection) -> None:
    """Wait for whoever is adding, or is about to act on what is there; SQLite has one writer anyway.

    It comes after every lock of a row, so that no two transactions wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _standing(connection: Connection, settings: TrustSettings, key: TrustKey) -> Standing:
    return standing(settings, key, _since_last_level(connection, key))


def _since_last_level(connection: Connection, key: TrustKey) -> list[TrustEntry]:
    """Return all that a standing is made of: a ledger of years is not read for each step."""
    about = and_(_rows.c.runbook == key.runbook, _rows.c.environment == key.environment)
    last = select(func.max(_rows.c.id)).where(about, _rows.c.level != "")
    query = select(_rows).where(about, _rows.c.id >= func.coalesce(last.scalar_subquery(), 0)).order_by(_rows.c.id)
    return [_entry(dict(row)) for row in connection.execute(query).mappings()]


def _key(runbook: str, environment: str, run: Sequence[StepResult]) -> TrustKey:
    steps_of_run = steps_hash([step.definition for step in run])
    return TrustKey(runbook=runbook, environment=environment, steps=steps_of_run)


def _entries(connection: Connection, runbook: str, environment: str) -> list[TrustEntry]:
    query = select(_rows).order_by(_rows.c.id)
    if runbook:
        query = query.where(_rows.c.runbook == runbook, _rows.c.environment == environment)
    return [_entry(dict(row)) for row in connection.execute(query).mappings()]


def _entry(row: dict[str, Any]) -> TrustEntry:
    values = {name: row[name] for name in TrustEntry.__dataclass_fields__}
    level = TrustLevel(row["level"]) if row["level"] else None
    return TrustEntry(**values | {"event": TrustEvent(row["event"]), "level": level})


def _environments_told(connection: Connection, incident_id: int) -> set[str]:
    query = select(_rows.c.environment).where(_rows.c.incident_id == incident_id)
    return set(connection.execute(query).scalars())


def _run_entry(key: TrustKey, now: datetime, event: TrustEvent, reason: str, incident_id: int) -> TrustEntry:
    return TrustEntry(
        runbook=key.runbook,
        environment=key.environment,
        steps=key.steps,
        at=now,
        event=event,
        level=None,
        actor=RESPONDER,
        reason=reason,
        incident_id=incident_id,
    )


def _add(connection: Connection, entry: TrustEntry) -> None:
    """Add an entry and its place in the chain; for whoever has taken their turn."""
    link = link_of(entry, _head(connection))
    values = {name: getattr(entry, name) for name in TrustEntry.__dataclass_fields__}
    values |= {"event": entry.event.value, "level": entry.level.value if entry.level else ""}
    values |= {"sequence": link.sequence, "previous": link.previous, "hash": link.hash}
    connection.execute(insert(_rows).values(values))
    connection.execute(update(_heads).values(length=link.sequence, head=link.hash))


def _link(row: dict[str, Any]) -> Link:
    written = as_written(_entry(row))
    return Link(entry=written, sequence=row["sequence"], previous=row["previous"], hash=row["hash"])


def _head(connection: Connection) -> Head:
    row = connection.execute(select(_heads)).one_or_none()
    return Head(length=row.length, hash=row.head) if row else Head()
