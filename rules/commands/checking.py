"""``check`` as a function: every problem of specs, rule files and tests. Of programs it runs only promtool's check."""

from collections.abc import Sequence
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import contract, document, library
from firebrigade.rules.build import Compiled
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.promtool import Promtool


def check(files: Sequence[Path] = (), metrics: Sequence[Path] = (), promtool: Promtool | None = None) -> list[Problem]:
    """Judge specs, plain Prometheus rule files and promtool test files; return every problem, none when all is well.

    Args:
        files: files of any of these kinds; none means the bundled library with its tests.
        metrics: further metric contracts, for rules about systems of one's own.
        promtool: which one to use.
    """
    try:
        return _check(files, metrics, promtool or Promtool())
    except RulesError as error:
        return list(error.problems)


def _check(files: Sequence[Path], metrics: Sequence[Path], promtool: Promtool) -> list[Problem]:
    named = files or (*library.specs(), *library.tests())
    tests = [path for path in named if _is_test(path)]
    compiled, problems = _compiled([path for path in named if path not in tests])
    problems += checker.problems(compiled, contract.load(metrics), library.surroundings())
    problems += checker.by_promtool(compiled, promtool)
    problems += [] if files else chosen.stale(compiled)
    return problems + chosen.loaded(tests)[1]


def _is_test(path: Path) -> bool:
    try:
        data = document.read(path).data
    except RulesError:
        return False
    return isinstance(data, dict) and "tests" in data


def _compiled(paths: Sequence[Path]) -> tuple[list[Compiled], list[Problem]]:
    """Compile what can be compiled, so that one bad file does not hide the problems of the others."""
    good: list[Compiled] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            good += builder.compile_all([path], library.surroundings())
        except RulesError as error:
            problems += error.problems
    return good, problems
