"""One database, opened so that a commit is durable: transactions, pragmas, migrations, and its errors in our words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from firebrigade.responder.errors import ConfigError, StoreUnavailableError

BUSY_TIMEOUT_SECONDS = 5.0
POOL_TIMEOUT_SECONDS = 5.0
TURN_TIMEOUT_SECONDS = 10.0
_NO_DATABASE = "FIREBRIGADE_DATABASE_URL: not a database URL; use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


class Database:
    """A connection pool with two kinds of transactions: ``write`` takes the write lock at once, ``read`` never waits.

    Args:
        url: an SQLAlchemy URL, ``sqlite:///file`` or ``postgresql+psycopg://…``.

    Raises:
        ConfigError: the URL can't be used.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        # SQLite has one writer at a time, and lets the others look again after longer and longer naps: under load one
        # of them may never find the moment. A queue of our own wakes the next one at once.
        sqlite = self.engine.dialect.name == "sqlite"
        self._turn = threading.Lock() if sqlite else None
        # PostgreSQL gives each statement a moment of its own, unless it is asked for one for all of them.
        self._reading = {"read_only": True} if sqlite else {"isolation_level": "REPEATABLE READ"}

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run one transaction that writes; nothing of it stays when it raises.

        Raises:
            StoreUnavailableError: locked, full, gone.
        """
        with _turn(self._turn), _errors_translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run one transaction that only reads, of one moment's state.

        Raises:
            StoreUnavailableError: locked, gone.
        """
        with _errors_translated(), self.engine.connect().execution_options(**self._reading) as connection:
            yield connection

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to date; two processes that start at once wait for each other.

        Args:
            revision: how far; an earlier one is for tests of what comes after it.

        Raises:
            StoreUnavailableError: the database can't be reached.
        """
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        with _errors_translated(), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7095271)")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def sqlite_file(url: str) -> Path | None:
    """Return the file that a URL names, or None: it is no SQLite, or SQLite in memory.

    Raises:
        ConfigError: it is no database URL.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: a password with @ and : that are not encoded stands in the error as the port that is none.
        raise ConfigError([_NO_DATABASE]) from None


def _engine(url: str) -> Engine:
    parsed = _parsed(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(parsed, pool_timeout=POOL_TIMEOUT_SECONDS, pool_size=16, max_overflow=16)
            event.listen(engine, "connect", _on_sqlite_connect)
            event.listen(engine, "begin", _on_sqlite_begin)
            return engine
        return create_engine(parsed, pool_timeout=POOL_TIMEOUT_SECONDS, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError([_NO_DATABASE]) from error


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late and is DEFERRED: two writers would meet at the upgrade and fail at once.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL may lose the last commits with the power: a 202 promises more
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _turn(lock: "threading.Lock | None") -> Iterator[None]:
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=TURN_TIMEOUT_SECONDS):
        raise StoreUnavailableError("the database can't answer: too much is waiting to be written")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise StoreUnavailableError(_reason(error)) from error
    except DBAPIError as error:
        # DatabaseError itself, not one of its kinds, is SQLite's word for a file that is no database.
        if error.connection_invalidated or type(error) is DatabaseError:
            raise StoreUnavailableError(_reason(error)) from error
        raise


def _reason(error: Exception) -> str:
    # The driver's own words only: SQLAlchemy's message quotes the statement and its parameters.
    origin = getattr(error, "orig", None)
    return f"the database can't answer: {origin or type(error).__name__}"
