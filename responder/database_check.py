"""Whether the database's file can be worked with, looked at without opening it as a database.

``serve`` asks before it listens, and ``config check`` without starting anything. Not the place where it is opened
(``store/database.py``), and no promise that this will work a moment later.
"""

import os
from pathlib import Path

from firebrigade.responder.errors import ConfigError
from firebrigade.responder.settings import Settings

VARIABLE = "FIREBRIGADE_DATABASE_URL"
_HEADER = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1


def check_database(settings: Settings) -> None:
    """Return if the database is there or can be made.

    Raises:
        ConfigError: it can't be used; one sentence that names the path.
    """
    # Everything of SQLAlchemy comes with it, which a command that only asks for the rest of the settings need not load.
    from firebrigade.responder.store.database import sqlite_file

    path = sqlite_file(settings.database_url.get_secret_value())
    problem = _problem(path) if path else "must name an SQLite file, as in sqlite:///firebrigade.sqlite"
    if problem:
        raise ConfigError([f"{VARIABLE}: {problem}"])


def _problem(path: Path) -> str:
    """Return what is wrong with the file or its folder, in words that follow the setting's name; or nothing."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}; make it, or correct the path"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"can't write into the folder {folder}, where SQLite keeps files beside {path.name}; allow it"
    try:
        with path.open("r+b") as file:
            beginning = file.read(len(_HEADER))
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"can't open {path}: {error.strerror}; check the path and its permissions"
    if beginning not in {b"", _HEADER}:
        return f"{path} is not an SQLite database; correct the path, or move the file away"
    return ""
