"""The three commands on rules, as functions: build, check and test. The command line prints what they return.

Without files, each works on the bundled library. Nothing is printed here, and no option is parsed.
"""

# ruff: noqa: PT028 (`test` is a command here and no test of pytest)

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import cases, contract, coverage, document, library
from firebrigade.rules import check as checker
from firebrigade.rules.build import Compiled
from firebrigade.rules.cases import Loaded
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.promtool import CaseResult, Promtool


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built.

    Attributes:
        text: all rules as one rule file, for standard output.
        files: the files that were written; empty when nothing was to be written.
        rules: how many rules there are.
    """

    text: str
    files: tuple[Path, ...]
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the tests; they passed when there is no problem and every case passed."""

    cases: tuple[CaseResult, ...]
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not self.problems and all(case.passed for case in self.cases)


def build(specs: Sequence[Path] = (), out: Path | None = None) -> Built:
    """Build rule files from alert files and SLO specs.

    Args:
        specs: files anywhere; none means the bundled library.
        out: the folder for the rule files; None writes nothing.

    Raises:
        RulesError: with every mistake in the specs, or because the folder can't be written.
    """
    compiled = builder.compile_all(specs or library.specs(), library.surroundings())
    files = builder.write(compiled, out) if out else ()
    rules = sum(len(group.rules) for part in compiled for group in part.file.groups)
    return Built(text=builder.merged(compiled), files=files, rules=rules)


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
    problems += [] if files else _stale(compiled)
    return problems + _loaded(tests)[1]


def test(
    files: Sequence[Path] = (),
    promtool: Promtool | None = None,
    jobs: int = 2,
    progress: Callable[[CaseResult], None] | None = None,
) -> Outcome:
    """Run promtool test files case by case, and ask whether every alert of their rules has the cases that it needs.

    Args:
        files: promtool test files; none means the bundled ones.
        promtool: which one to use.
        jobs: how many promtool processes run at once.
        progress: is told each result as it comes.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    loaded, problems = _loaded(files or library.tests())
    problems += [*_bundled(loaded)] if not files else []
    problems += coverage.problems(loaded)
    results: list[CaseResult] = []
    tool = promtool or Promtool()
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        for result in pool.map(tool.run_case, [case for one in loaded for case in one.cases]):
            results.append(result)
            if progress:
                progress(result)
    return Outcome(cases=tuple(results), problems=tuple(problems))


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


def _loaded(paths: Sequence[Path]) -> tuple[list[Loaded], list[Problem]]:
    good: list[Loaded] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            good.append(cases.load(path))
        except RulesError as error:
            problems += error.problems
    return good, problems


def _bundled(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """Yield what is wrong with the library as a whole: old rule files, and alerts without any test file."""
    yield from _stale(builder.compile_all(library.specs(), library.surroundings()))
    yield from coverage.untested(loaded, [document.read(path) for path in sorted(library.generated().glob("*.yaml"))])


def _stale(compiled: Sequence[Compiled]) -> list[Problem]:
    present = {path.name: path.read_text(encoding="utf-8") for path in library.generated().glob("*.yaml")}
    return checker.stale(compiled, present)
