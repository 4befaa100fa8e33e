"""A transaction that only reads sees one moment, whatever is written meanwhile."""

from sqlalchemy import text

from firebrigade.responder.store.database import Database

COUNT = text("SELECT count(*) FROM kept")


def test_what_is_written_meanwhile_is_not_seen(empty_database: Database) -> None:
    with empty_database.write() as connection:
        connection.execute(text("CREATE TABLE kept (id integer)"))
    with empty_database.read() as reading:
        before = reading.execute(COUNT).scalar_one()
        with empty_database.write() as connection:
            connection.execute(text("INSERT INTO kept VALUES (1)"))
        assert reading.execute(COUNT).scalar_one() == before
    with empty_database.read() as reading:
        assert reading.execute(COUNT).scalar_one() == before + 1
