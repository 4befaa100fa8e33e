"""Many threads that write at once: each gets its turn, and none gives up because the others were faster."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, text

from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.store.database import Database


def test_writers_wait_for_each_other_in_a_queue_of_their_own(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'turns.sqlite'}")
    # Whoever SQLite itself would have to keep waiting fails at once.
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 0"))

    def write(number: int) -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO turns VALUES (:number)"), {"number": number})

    with database.write() as connection:
        connection.execute(text("CREATE TABLE turns (number INTEGER)"))
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(write, range(200)))
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM turns")).scalar_one() == 200
    database.close()


def test_a_write_that_fails_gives_its_turn_back(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'turns.sqlite'}")
    for _ in range(2):
        with pytest.raises(StoreUnavailableError), database.write() as connection:
            connection.execute(text("SELECT nothing"))
    with database.write() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()
