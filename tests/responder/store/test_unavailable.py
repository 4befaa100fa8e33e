"""A database that can't answer: "not now", in one sentence without the statement, and nothing half written."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "garbage.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    store = Store(Database(f"sqlite:///{path}"))
    with pytest.raises(StoreUnavailableError, match="the database can't answer: file is not a database"):
        store.migrate()
    store.close()


def test_a_file_that_somebody_else_holds_is_not_available_now(world: Any) -> None:
    with world.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(world.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreUnavailableError, match="locked"):
            world.store.record(world.group(world.alert()), world.now)
    finally:
        other.close()
    assert world.store.incidents() == []
