"""A PostgreSQL server of the tests' own, where Debian's is installed, and databases of both kinds."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from firebrigade.responder.store.database import Database

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _found(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([*map(str, DEBIAN), os.environ.get("PATH", "")]))


def _user() -> str | None:
    """Return whom the server runs as: it refuses root."""
    if os.getuid():
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the folder with the socket of a running server."""
    pytest.importorskip("psycopg")
    initdb, pg_ctl = _found("initdb"), _found("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    folder, user = Path(tempfile.mkdtemp(prefix="firebrigade-")), _user()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str | Path) -> None:
        null = subprocess.DEVNULL
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=null, stderr=null)

    run(initdb, "-D", data, "-U", "tests", "--auth", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run(pg_ctl, "-D", data, "-w", "-o", options, "start")
    yield str(folder)
    run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a database of each kind, without tables."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
        yield database
        database.close()
        return
    socket = request.getfixturevalue("postgresql")
    name = f"test_{tmp_path.name.encode().hex()[-40:]}"
    url = f"postgresql+psycopg://tests@/{{}}?host={socket}"
    server = create_engine(url.format("postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    database = Database(url.format(name))
    yield database
    database.close()
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()
