"""The ``runbooks`` block: the library that it names, read and checked with the rest. ``config.py`` calls this."""

from firebrigade.responder.config_problems import Problems
from firebrigade.responder.config_secrets import relative_to
from firebrigade.runbooks.loader import BUNDLED, RunbookError, RunbookLibrary


def load_runbooks(directory: str, problems: Problems) -> tuple[RunbookLibrary, frozenset[str]]:
    """Return the runbooks, and the names that a route may use: a runbook with a problem of its own is still known.

    Args:
        directory: the folder as written; empty for the one that comes with Firebrigade.
        problems: what is wrong is added here, a runbook's own problems too.
    """
    folder = relative_to(problems.source, directory) if directory else BUNDLED
    if not folder.is_dir():
        problems.add(("runbooks", "directory"), f"there is no folder {folder}; check the path")
        return RunbookLibrary(()), frozenset()
    names = frozenset(path.stem for path in folder.glob("*.md"))
    try:
        return RunbookLibrary.load(folder), names
    except RunbookError as error:
        for problem in error.problems:
            problems.add_elsewhere(problem)
        return RunbookLibrary(()), names
