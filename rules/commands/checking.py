"""``check`` as a function: every problem of specs, rule files and tests. Of programs it runs only promtool's check."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import checks, contract, document, ignores, library
from firebrigade.rules.build import Compiled
from firebrigade.rules.checks.kinds import GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError, Severity
from firebrigade.rules.promtool import Promtool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to.

    Attributes:
        problems: in the files' order.
        rules: how many rules were looked at.
    """

    problems: tuple[Problem, ...]
    rules: int = 0

    def fails(self, on: Severity = "error") -> bool:
        """Say whether there is a problem that is at least so bad; what can't be used always is."""
        bad = {"error", on}
        return any(problem.severity in bad for problem in self.problems)


def check(files: Sequence[Path] = (), metrics: Sequence[Path] = (), promtool: Promtool | None = None) -> Checked:
    """Judge specs, plain Prometheus rule files and promtool test files.

    Args:
        files: files of any of these kinds; none means the bundled library with its tests.
        metrics: further metric contracts, for rules about systems of one's own.
        promtool: which one to use.
    """
    try:
        return _check(files, metrics, promtool or Promtool())
    except RulesError as error:
        return Checked(problems=error.problems)


@dataclass(frozen=True, slots=True)
class _Read:
    """The files as far as they can be used, and what is wrong with the others."""

    compiled: list[Compiled] = field(default_factory=list)
    tests: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Read a file; one bad file does not hide the problems of the others."""
        try:
            source = document.read(path)
            if isinstance(source.data, dict) and "tests" in source.data:
                self.tests.append(path)
            else:
                self.compiled.append(_compile(source))
        except RulesError as error:
            self.problems.extend(error.problems)


def _compile(source: Document) -> Compiled:
    return builder.compile_one(source, library.surroundings())


def _check(files: Sequence[Path], metrics: Sequence[Path], promtool: Promtool) -> Checked:
    read = _Read()
    for path in files or (*library.specs(), *library.tests()):
        read.add(path)
    found = checker.problems(read.compiled, contract.load(metrics), library.surroundings())
    problems = [
        *read.problems,
        *ignores.sifted(found, read.compiled, _judging()),
        *checker.by_promtool(read.compiled, promtool),
        *([] if files else chosen.stale(read.compiled)),
        *chosen.loaded(read.tests)[1],
    ]
    rules = sum(len(group.rules) for part in read.compiled for group in part.file.groups)
    return Checked(problems=tuple(problems), rules=rules)


def _judging() -> frozenset[str]:
    """Return the names of the checks that are made whenever rules are checked."""
    kinds = QueryCheck | RuleCheck | GroupCheck | SetCheck
    return frozenset(name for name, one in checks.every().items() if isinstance(one, kinds))
