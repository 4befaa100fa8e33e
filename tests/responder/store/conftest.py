"""A PostgreSQL server of the tests' own, where Debian's is installed, and databases of both kinds."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from firebrigade.responder.store.database import Database
from sandbox.processes.child import Child

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
    initdb, postgres = _found("initdb"), _found("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    folder, user = Path(tempfile.mkdtemp(prefix="firebrigade-")), _user()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    as_user = _as_user(user) if user else []
    initialise = [*as_user, initdb, "-D", str(data), "-U", "tests", "--auth", "trust", "--no-sync"]
    subprocess.run(initialise, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = Child([*map(str, [*as_user, postgres, "-D", data, *options])], {"LANG": "C.UTF-8"}, folder / "log")
    _wait_until_ready(server, folder)
    yield str(folder)
    server.kill()
    shutil.rmtree(folder)


def _as_user(user: str) -> list[str]:
    # A change of the user id takes back that the process dies with its parent (prctl(2)), so it is said once more.
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--pdeathsig", "KILL", "--"]


def _wait_until_ready(server: Child, socket: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host=str(socket), user="tests", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.wait(0.05) or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL does not start:\n{server.log_tail()}") from None
        else:
            return


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
