"""Mutants that no case can notice, declared in a data file with the reason why.

``rules.commands.mutating`` asks for the reason of each mutant; the bundled file is ``rules/equivalents.yaml``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[str, ...] = Field(min_length=1)
    files: tuple[str, ...] = Field(default=("*",), min_length=1)
    changes: tuple[str, ...] = Field(min_length=1)
    because: str = Field(min_length=10)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    equivalents: tuple[_Entry, ...]


class Change(NamedTuple):
    """One change: the name of the rule file, the rule's name, and the mutant's sentence."""

    file: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """Changes of rules that make no difference.

    Attributes:
        rule, files, change: the rule's name, the names of rule files, the mutant's sentence; ``*`` stands for anything.
        place: where it is declared, as a problem's beginning.
    """

    rule: str
    files: tuple[str, ...]
    change: str
    because: str
    place: tuple[str, int]

    def is_about(self, change: Change) -> bool:
        """Say whether a mutant is declared by it."""
        return self.knows(change) and _fits(self.change, change.sentence)

    def knows(self, change: Change) -> bool:
        """Say whether the changed rule is one of those that it speaks of."""
        return _fits(self.rule, change.rule) and any(_fits(file, change.file) for file in self.files)

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


def unmatched(equivalents: Sequence[Equivalent], changes: Sequence[Change]) -> Iterator[Problem]:
    """Yield a problem for each declaration that is about none of the changes.

    Declarations about rules of which nothing was changed are left alone.
    """
    for one in equivalents:
        known = [change for change in changes if one.knows(change)]
        if known and not any(map(one.is_about, known)):
            yield one.problem("is no change of this rule any more; remove it or correct it")


def _declared(source: Document, file: _File) -> Iterator[Equivalent]:
    for number, entry in enumerate(file.equivalents):
        place = (str(source.path), source.line(("equivalents", number)))
        for rule in entry.rules:
            for change in entry.changes:
                yield Equivalent(rule=rule, files=entry.files, change=change, because=entry.because, place=place)


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
