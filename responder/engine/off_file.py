"""The kill switch that needs neither the service nor its database: a file that somebody makes.

The runner looks for it just before each change. What the file holds is of no interest.
"""

from pathlib import Path

from firebrigade.runbooks.contract import Refusal, RefusalReason


def look_for(off_file: Path | None) -> Refusal | None:
    """Return the refusal while the file is there, as a link to nothing too, or while nobody can say."""
    if off_file is None:
        return None
    try:
        off_file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        words = f"Nobody can say whether {off_file.name} is there ({error.strerror}), so automation is off."
        return Refusal(reason=RefusalReason.OFF, summary=words)
    return Refusal(reason=RefusalReason.OFF, summary=f"Automation is switched off by the file {off_file.name}.")
