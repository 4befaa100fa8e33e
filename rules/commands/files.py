"""The files that a command is about, read together, so that one bad file does not hide the problems of the others."""

from collections.abc import Sequence
from pathlib import Path

from firebrigade.rules import check as checker
from firebrigade.rules import library
from firebrigade.rules.build import Compiled
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.cases import Loaded


def loaded(paths: Sequence[Path]) -> tuple[list[Loaded], list[Problem]]:
    """Load test files; return those that can be used, and the problems of the others."""
    good: list[Loaded] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            good.append(cases.load(path))
        except RulesError as error:
            problems += error.problems
    return good, problems


def stale(compiled: Sequence[Compiled]) -> list[Problem]:
    """Return a problem for each bundled rule file that is not what its spec says."""
    present = {path.name: path.read_text(encoding="utf-8") for path in library.generated().glob("*.yaml")}
    return checker.stale(compiled, present)
