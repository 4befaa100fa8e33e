"""The ``runbooks`` block: which folder holds the runbooks, and what they are called. ``config.py`` calls this."""

from pathlib import Path

from firebrigade import runbooks
from firebrigade.responder.config_problems import Problems
from firebrigade.responder.config_secrets import relative_to


def read_runbooks(directory: str, problems: Problems) -> tuple[Path | None, frozenset[str]]:
    """Return the folder (None: the one that comes with Firebrigade) and the names of its runbooks."""
    folder = relative_to(problems.source, directory) if directory else None
    if folder and not folder.is_dir():
        problems.add(("runbooks", "directory"), f"there is no folder {folder}; check the path")
    return folder, frozenset(path.stem for path in (folder or bundled_directory()).glob("*.md"))


def bundled_directory() -> Path:
    """Return the folder of the runbooks that come with Firebrigade."""
    return Path(next(iter(runbooks.__path__)))
