"""The migrations lead to the tables that the code works with, may run again, and keep what was there."""

from datetime import UTC, datetime
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from firebrigade.responder.chain import Head, broken
from firebrigade.responder.store import incidents
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.store.tables import metadata
from firebrigade.responder.trust import TrustKey, TrustLevel, TrustSettings
from firebrigade.responder.trust_chain import broken as lacks
from firebrigade.responder.trusting import TrustChange

AT = "2026-01-05T09:00:0{}.250000+00:00"


def insert(connection: Any, table: str, **values: Any) -> None:
    names = ", ".join(values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{one}' for one in values)})"), values)


def insert_incident(connection: Any, number: int) -> None:
    """Write an incident as the first schema has it."""
    texts = ("source", "service", "severity", "title", "summary", "external_url", "runbook", "suppressed_by")
    more = ("silenced_by", "acknowledged_by", "resolved_by")
    values: dict[str, Any] = dict.fromkeys((*texts, *more), "x")
    values |= {"labels": "{}", "annotations": "{}", "receivers": "[]", "status": "triggered", "incomplete": False}
    values |= dict.fromkeys(("level", "round", "version", "news"), 0)
    values |= {"incident_key": f"fb-{number}", "opened_at": AT.format(0), "updated_at": AT.format(0)}
    insert(connection, "incidents", id=number, **values)


def insert_entry(connection: Any, incident: int, second: int, detail: str) -> None:
    data = '{"step": "restart", "to": [2, 4]}'
    values = {"kind": "applied", "actor": "firebrigade", "detail": detail, "data": data, "at": AT.format(second)}
    insert(connection, "timeline", incident_id=incident, **values)


def test_the_migrations_lead_to_the_tables(empty_database: Database) -> None:
    empty_database.migrate()
    empty_database.migrate()
    with empty_database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_timelines_of_the_first_schema_become_chains(empty_database: Database) -> None:
    empty_database.migrate("0001")
    with empty_database.write() as connection:
        for number in (1, 2, 3):
            insert_incident(connection, number)
        # In the order in which they were written, whatever their times say: the clock may have gone back.
        for incident, second, detail in ((1, 3, "Σ"), (2, 1, "b"), (1, 2, "c"), (1, 4, "d")):
            insert_entry(connection, incident, second, detail)
    empty_database.migrate()
    store = Store(empty_database)
    chains = {chain.incident_id: chain for chain in store.chains(limit=9)}
    assert {number: broken(chain) for number, chain in chains.items()} == {1: [], 2: [], 3: []}
    assert [(link.sequence, link.entry.detail) for link in chains[1].links] == [(1, "Σ"), (2, "c"), (3, "d")]
    assert [chains[number].head.length for number in (1, 2, 3)] == [3, 1, 0]
    assert chains[3].head == Head()
    with empty_database.write() as connection:
        incidents.append(connection, 1, [chains[2].links[0].entry])
    assert (broken(store.chain(1)), store.chain(1).head.length) == ([], 4)


def test_a_ledger_of_before_becomes_a_chain_that_goes_on(empty_database: Database) -> None:
    empty_database.migrate("0008")
    place = {"runbook": "Σ", "environment": "production"}
    with empty_database.write() as connection:
        insert_incident(connection, 1)
        for second, event, level in ((3, "verified", ""), (1, "failed", "approve"), (2, "promoted", "auto")):
            values = {"steps": "a", "actor": "anna", "reason": "Σ", "at": AT.format(second), "event": event}
            more = {"incident_id": 1, "begun_at": AT.format(0)} if event == "failed" else {}
            insert(connection, "trust_ledger", **place, **values, **more, level=level)
    empty_database.migrate()
    ledger = Store(empty_database).ledger
    assert (lacks(ledger.chain()), ledger.chain().head.length) == ([], 3)
    assert [link.entry.kind for link in ledger.chain().links] == ["verified", "failed", "promoted"]
    key = TrustKey(**place, steps="a")
    now = datetime(2026, 1, 6, tzinfo=UTC)
    ledger.change(TrustSettings(), TrustChange(key=key, level=TrustLevel.OBSERVE, actor="anna", reason="x"), now)
    assert (lacks(ledger.chain()), ledger.chain().head.length) == ([], 4)


def test_an_empty_ledger_of_before_has_an_empty_head(empty_database: Database) -> None:
    empty_database.migrate()
    assert Store(empty_database).ledger.chain().head == Head()
