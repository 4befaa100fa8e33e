"""What is wrong in a file of rules, and the error that carries all of it at once.

Every module of the library makes problems; the command line prints them. Nothing here reads a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "information"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake of a user.

    Attributes:
        file: the file as the user named it, or empty when no file is to blame.
        line: from 1; 0 where no line is known.
        key: where in the file, as in ``slos[0].objective``; empty for the whole file.
        message: one sentence: what is wrong and what to do.
        check: the name of the check that tells it; without one, that the file can't be used as it is.
        severity: an ``error`` must be put right, a ``warning`` should be, ``information`` is for whoever asks.
    """

    file: str
    line: int
    key: str
    message: str
    check: str = "file/format"
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.message) if part)


class RulesError(Exception):
    """Files of rules can't be used; ``problems`` holds every mistake that was found, in the files' order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
