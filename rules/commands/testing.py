"""``test`` as a function: promtool cases one by one, and whether there are enough of them."""

# ruff: noqa: PT028 (`test` is a command here and no test of pytest)

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import contract, document, library
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.problems import Problem
from firebrigade.rules.testing import casecache, coverage, disturbances
from firebrigade.rules.testing.cases import Case, CaseResult, Loaded
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.testing.ruleset import Place

_BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the tests; they passed when there is no problem and every case passed."""

    cases: tuple[CaseResult, ...]
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not self.problems and all(case.passed for case in self.cases)


def test(
    files: Sequence[Path] = (),
    promtool: Promtool | None = None,
    jobs: int = 2,
    cache: Path | None = None,
    progress: Callable[[CaseResult], None] | None = None,
) -> Outcome:
    """Run promtool test files case by case, and ask whether every alert of their rules has the cases that it needs.

    Args:
        files: promtool test files; none means the bundled ones.
        promtool: which one to use.
        jobs: how many promtool processes run at once.
        cache: the folder with the results of earlier runs, by content; None runs everything.
        progress: is told each result as it comes.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    tool = promtool or Promtool()
    loaded, problems = chosen.loaded(files or library.tests())
    problems += [*_bundled(loaded)] if not files else []
    problems += [*_refused(loaded, tool), *coverage.problems(loaded)]
    every = tuple(_all(loaded))
    results: dict[int, CaseResult] = {}
    runner = casecache.runner(tool, cache)
    batches = _batches(every)
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        ran = pool.map(runner.run_cases, ([every[number] for number in batch] for batch in batches))
        for number, result in (pair for batch in zip(batches, ran, strict=True) for pair in zip(*batch, strict=True)):
            results[number] = result
            if progress:
                progress(result)
    return Outcome(cases=tuple(results[number] for number in sorted(results)), problems=tuple(problems))


def _refused(loaded: Sequence[Loaded], promtool: Promtool) -> Iterator[Problem]:
    """Yield what Prometheus would not load: a case has only the rules that it needs, and says nothing of the others."""
    paths = list(dict.fromkeys(path for one in loaded for path in one.rules.files))
    names = {f"{number}-{path.name}": path for number, path in enumerate(paths)}
    told = promtool.check_rules({name: path.read_text(encoding="utf-8") for name, path in names.items()}, lint=False)
    for name, said in told.items():
        message = f"Prometheus would not load it: {said.replace(name, names[name].name)}"
        yield Problem(file=str(names[name]), line=0, key="", message=message)


def _batches(cases: Sequence[Case]) -> list[tuple[int, ...]]:
    """Return the numbers of cases that one process can run, what takes long first, so that nobody waits for it."""
    alike: dict[str, list[int]] = {}
    for number, case in enumerate(cases):
        alike.setdefault(case.batch, []).append(number)
    batches = [tuple(same[at : at + _BATCH]) for same in alike.values() for at in range(0, len(same), _BATCH)]
    return sorted(batches, key=lambda batch: sum(cases[number].cost for number in batch), reverse=True)


def _all(loaded: Sequence[Loaded]) -> Iterator[Case]:
    """Yield the written cases, with the rules that none depends on, and those that follow from them."""
    counted = contract.load()
    read = frozenset[Place]().union(*(case.needed for one in loaded for case in one.cases))
    for one in loaded:
        unread = frozenset(one.rules.by_place) - read
        yield from (replace(case, unread=unread) for case in one.cases)
        yield from disturbances.cases(one, counted)


def _bundled(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """Yield what is wrong with the library as a whole: old rule files, and alerts without any test file."""
    yield from chosen.stale(builder.compile_all(library.specs(), library.surroundings()))
    yield from coverage.untested(loaded, [document.read(path) for path in sorted(library.generated().glob("*.yaml"))])
