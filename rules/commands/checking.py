"""``check`` as a function: every problem of specs, rule files and tests. Of programs it runs only promtool's check."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import checks, contract, ignores, library, specfiles
from firebrigade.rules.checks.kinds import GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.commands.options import Options, surroundings
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError, Severity
from firebrigade.rules.promtool import Promtool
from firebrigade.rules.specfiles import SpecFile


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


def check(
    files: Sequence[Path] = (),
    metrics: Sequence[Path] = (),
    promtool: Promtool | None = None,
    options: Options | None = None,
) -> Checked:
    """Judge specs, plain Prometheus rule files and promtool test files.

    Args:
        files: files of any of these kinds, or folders of them; none means the bundled library with its tests.
        metrics: further metric contracts, for rules about systems of one's own.
        promtool: which one to use.
        options: period, windows, server and links.
    """
    try:
        return _check(files, metrics, promtool or Promtool(), surroundings(options or Options()))
    except RulesError as error:
        return Checked(problems=error.problems)


def _check(files: Sequence[Path], metrics: Sequence[Path], promtool: Promtool, around: Surroundings) -> Checked:
    read, unreadable = specfiles.read(files or (*library.specs(), *library.tests()))
    tests = [file for file in read if _is_test(file)]
    compiled, wrong = builder.compile_each([file for file in read if file not in tests], around)
    found = checker.problems(compiled, contract.load(metrics), around)
    problems = [
        *unreadable,
        *wrong,
        *ignores.sifted(found, compiled, _judging()),
        *checker.by_promtool(compiled, promtool),
        *([] if files else chosen.stale(compiled)),
        *chosen.loaded([file.path for file in tests])[1],
    ]
    rules = sum(len(group.rules) for part in compiled for group in part.file.groups)
    return Checked(problems=tuple(problems), rules=rules)


def _is_test(file: SpecFile) -> bool:
    return any(isinstance(source.data, dict) and "tests" in source.data for source in file.documents)


def _judging() -> frozenset[str]:
    """Return the names of the checks that are made whenever rules are checked."""
    kinds = QueryCheck | RuleCheck | GroupCheck | SetCheck
    return frozenset(name for name, one in checks.every().items() if isinstance(one, kinds))
