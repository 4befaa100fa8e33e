"""``mutate`` as a function: rules broken on purpose, and which changes no promtool case notices."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from firebrigade.rules import library
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.mutation import equivalents
from firebrigade.rules.mutation.equivalents import Equivalent
from firebrigade.rules.mutation.mutant import Mutant
from firebrigade.rules.mutation.subject import Subject, subjects
from firebrigade.rules.mutation.trial import Trials, Verdict
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing import casecache
from firebrigade.rules.testing.promtool import Promtool

Work = tuple[Subject, Mutant]
Progress = Callable[[Verdict, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much may be spent on mutants.

    Attributes:
        jobs: how many promtool processes run at once.
        budget_seconds: no mutant is begun after that long; None means all of them are.
        cache: the folder with the results of earlier runs, by content; None runs everything.
        clock: seconds from any beginning.
    """

    jobs: int = 2
    budget_seconds: float | None = None
    cache: Path | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutated:
    """What became of the mutants.

    Attributes:
        mutants: how many there are; more than ``verdicts`` if the time was up or somebody interrupted.
        problems: declarations of equivalents that are no longer true.
    """

    verdicts: tuple[Verdict, ...]
    mutants: int
    problems: tuple[Problem, ...]
    interrupted: bool = False

    @property
    def survivors(self) -> tuple[Verdict, ...]:
        """Those that a case should have noticed."""
        return tuple(verdict for verdict in self.verdicts if verdict.survived)


def mutate(
    files: Sequence[Path] = (),
    alerts: Sequence[str] = (),
    effort: Effort | None = None,
    equivalent: Sequence[Path] = (),
    promtool: Promtool | None = None,
    progress: Progress | None = None,
) -> Mutated:
    """Change each alerting rule, and the recording rules that it reads, in one place, and run the rule's cases on it.

    Ctrl-C ends it with what is known by then.

    Args:
        files: promtool test files; none means the bundled ones.
        alerts: only what these alerts depend on; none means all alerts.
        effort: how much may be spent.
        equivalent: files of changes that no case can notice; those of the bundled rules are known.
        promtool: which one to use.
        progress: is told each verdict as it comes, the how many-th it is, and of how many.

    Raises:
        RulesError: a file is wrong, there is no such alert, a case fails without a change, promtool does not answer.
    """
    declared = equivalents.load([*([] if _foreign(files) else [library.equivalents()]), *equivalent])
    work = [(subject, mutant) for subject in _subjects(files, alerts) for mutant in subject.mutants()]
    verdicts: list[Verdict] = []
    interrupted = False
    try:
        for verdict in _verdicts(work, effort or Effort(), promtool or Promtool()):
            verdicts.append(replace(verdict, because=_because(declared, verdict)))
            if progress:
                progress(verdicts[-1], len(verdicts), len(work))
    except KeyboardInterrupt:
        interrupted = True
    changes = [subject.change(mutant) for subject, mutant in work]
    problems = [*equivalents.unmatched(declared, changes), *_untrue(declared, verdicts)]
    return Mutated(verdicts=tuple(verdicts), mutants=len(work), problems=tuple(problems), interrupted=interrupted)


def _verdicts(work: Sequence[Work], effort: Effort, promtool: Promtool) -> Iterator[Verdict]:
    """Yield verdicts one after the other, from several promtools at once, until the time is up."""
    trials = Trials(runner=casecache.runner(promtool, effort.cache))
    ends = None if effort.budget_seconds is None else effort.clock() + effort.budget_seconds

    def judge(one: Work) -> Verdict | None:
        return None if ends is not None and effort.clock() >= ends else trials.verdict(*one)

    with ThreadPoolExecutor(max_workers=max(1, effort.jobs)) as pool:
        verdicts = [pool.submit(judge, one) for one in _in_order(work, effort)]
        try:
            yield from (known for verdict in verdicts if (known := verdict.result()) is not None)
        finally:  # what has not begun is given up; the pool waits for what has
            for verdict in verdicts:
                verdict.cancel()


def _subjects(files: Sequence[Path], alerts: Sequence[str]) -> tuple[Subject, ...]:
    loaded, problems = chosen.loaded(files or library.tests())
    if problems:
        raise RulesError(problems)
    found = subjects(loaded)
    known = {alert for subject in found for alert in subject.read_by}
    if unknown := [alert for alert in alerts if alert not in known]:
        message = "is no alert of these files' rules; check its spelling"
        raise RulesError(Problem(file="", line=0, key=alert, message=message) for alert in unknown)
    return tuple(subject for subject in found if not alerts or set(alerts) & set(subject.read_by))


def _foreign(files: Sequence[Path]) -> bool:
    return not {path.resolve() for path in files} <= {path.resolve() for path in library.tests()}


def _in_order(work: Sequence[Work], effort: Effort) -> Sequence[Work]:
    """Return mutants as their files have them, or so mixed that the first of them are a fair sample of all."""
    if effort.budget_seconds is None:
        return work
    return sorted(work, key=lambda one: sha256(f"{one[0].name}{one[0].place.number}{one[1].change}".encode()).digest())


def _because(declared: Sequence[Equivalent], verdict: Verdict) -> str:
    if verdict.noticed_by:
        return ""
    about = (one for one in declared if one.is_about(verdict.subject.change(verdict.mutant)))
    return next((one.because for one in about), "")


def _untrue(declared: Sequence[Equivalent], verdicts: Sequence[Verdict]) -> Iterator[Problem]:
    for verdict in verdicts:
        for one in declared:
            if verdict.noticed_by and one.is_about(verdict.subject.change(verdict.mutant)):
                yield one.problem(f"is noticed by {verdict.noticed_by}, so it is no equivalent; remove it")
