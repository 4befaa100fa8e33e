"""Mutants that no case can notice, declared in a data file with the reason why.

``rules.commands.mutating`` asks for the reason of each mutant; the bundled file is ``rules/equivalents.yaml``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[str, ...] = Field(min_length=1)
    changes: tuple[str, ...] = Field(min_length=1)
    because: str = Field(min_length=10)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    equivalents: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """Changes of one rule that make no difference.

    Attributes:
        change: the mutant's sentence; ``*`` stands for anything.
        place: where it is declared, as a problem's beginning.
    """

    rule: str
    change: str
    because: str
    place: tuple[str, int]

    def is_about(self, rule: str, change: str) -> bool:
        """Say whether a mutant is declared by it."""
        pattern = ".*".join(map(re.escape, self.change.split("*")))
        return rule == self.rule and re.fullmatch(pattern, change) is not None

    def problem(self, message: str) -> Problem:
        """Return a problem at the place where it is declared."""
        file, line = self.place
        return Problem(file=file, line=line, key="", message=f"{self.rule}: {self.change}: {message}")


def load(paths: Iterable[Path]) -> tuple[Equivalent, ...]:
    """Read files of equivalent mutants.

    Raises:
        RulesError: with the mistakes of all files.
    """
    found: list[Equivalent] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            source = document.read(path)
            found += _declared(source, source.parse(_File))
        except RulesError as error:
            problems += error.problems
    if problems:
        raise RulesError(problems)
    return tuple(found)


def unmatched(equivalents: Sequence[Equivalent], changes: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """Yield a problem for each declaration that is about none of the changes, given as rule and sentence.

    Declarations about rules of which nothing was changed are left alone.
    """
    changed = {rule for rule, _ in changes}
    for one in equivalents:
        if one.rule in changed and not any(one.is_about(rule, change) for rule, change in changes):
            yield one.problem("is no change of this rule any more; remove it or correct it")


def _declared(source: Document, file: _File) -> Iterator[Equivalent]:
    for number, entry in enumerate(file.equivalents):
        place = (str(source.path), source.line(("equivalents", number)))
        for rule in entry.rules:
            for change in entry.changes:
                yield Equivalent(rule=rule, change=change, because=entry.because, place=place)
