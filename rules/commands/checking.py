"""``check`` as a function: every problem of specs, rule files and tests. Of programs it runs only promtool's check."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import checks, contract, cost, ignores, library, specfiles
from firebrigade.rules.checks.kinds import GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.checks.subjects import MAX_SAMPLES, Entry
from firebrigade.rules.commands import dashboards
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.commands.options import Options, surroundings
from firebrigade.rules.contract import Contract
from firebrigade.rules.cost import RuleCost
from firebrigade.rules.grafana import sources
from firebrigade.rules.library import Surroundings
from firebrigade.rules.live.look import Looked, Question, look
from firebrigade.rules.problems import Problem, RulesError, Severity
from firebrigade.rules.specfiles import SpecFile
from firebrigade.rules.testing.promtool import Promtool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to.

    Attributes:
        problems: in the files' order.
        rules: how many rules were looked at.
        costs: what each rule costs, the dearest first.
        looked: what a running Prometheus says, where one was asked.
    """

    problems: tuple[Problem, ...]
    rules: int = 0
    costs: tuple[RuleCost, ...] = ()
    looked: Looked | None = None

    def fails(self, on: Severity = "error") -> bool:
        """Say whether there is a problem that is at least so bad; what can't be used always is."""
        bad = {"error", on}
        return any(problem.severity in bad for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a rule may cost.

    Attributes:
        series: how many series a metric has whose contract does not say.
        max_samples: how many samples an evaluation of one rule may read.
    """

    series: int = 1
    max_samples: int = MAX_SAMPLES


def check(
    files: Sequence[Path] = (),
    metrics: Sequence[Path] = (),
    promtool: Promtool | None = None,
    options: Options | None = None,
    budget: Budget | None = None,
    question: Question | None = None,
) -> Checked:
    """Judge specs, plain Prometheus rule files and promtool test files.

    Args:
        files: files of any of these kinds, or folders of them; none means the bundled library with its tests.
        metrics: further metric contracts, for rules about systems of one's own.
        promtool: which one to use.
        options: period, windows, server and links.
        budget: what a rule may cost.
        question: a running Prometheus to ask about the rules; without it none is.
    """
    allowed = budget or Budget()
    try:
        around = surroundings(options or Options())
        known = contract.load(metrics, allowed.series, around.server.scrape_interval.seconds)
        return _Checking(known, promtool or Promtool(), around, allowed.max_samples, question).check(files)
    except RulesError as error:
        return Checked(problems=error.problems)


@dataclass(frozen=True, slots=True)
class _Checking:
    """Everything that a check is made with."""

    metrics: Contract
    promtool: Promtool
    around: Surroundings
    max_samples: int
    question: Question | None

    def check(self, files: Sequence[Path]) -> Checked:
        read, unreadable = specfiles.read(files or (*library.specs(), *library.dashboards(), *library.tests()))
        tests = [file for file in read if _is_test(file)]
        boards, rest = dashboards.split(file for file in read if not _is_test(file))
        compiled, wrong = builder.compile_each(rest, self.around)
        written, unfit = sources.parse(boards)
        linked = dashboards.linked(self.around, compiled, written)
        # promtool is a process of its own, which runs while we judge.
        with ThreadPoolExecutor(max_workers=1) as pool:
            refused = pool.submit(checker.by_promtool, compiled, self.promtool)
            judged = checker.judge(compiled, self.metrics, linked, self.max_samples, dashboards.shown(written))
            looked, silent = self._looked(judged.entries)
        found = (*judged.problems, *(looked.problems if looked else ()))
        scenery = dashboards.Scenery(around=self.around, metrics=self.metrics, compiled=compiled)
        problems = [
            *silent,
            *unreadable,
            *wrong,
            *ignores.sifted(found, compiled, _made(live=looked is not None)),
            *refused.result(),
            *unfit,
            *scenery.problems(written),
            *([] if files else [*chosen.stale(compiled), *scenery.stale(written, library.generated_dashboards())]),
            *chosen.loaded([file.path for file in tests])[1],
        ]
        costs = tuple(cost.rules(judged.entries))
        return Checked(problems=tuple(problems), rules=len(judged.entries), costs=costs, looked=looked)

    def _looked(self, entries: Sequence[Entry]) -> tuple[Looked | None, tuple[Problem, ...]]:
        """Return what a running Prometheus says, or why it says nothing: the rest is checked all the same."""
        try:
            return (look(entries, self.question) if self.question else None), ()
        except RulesError as error:
            return None, error.problems


def _is_test(file: SpecFile) -> bool:
    return any(isinstance(source.data, dict) and "tests" in source.data for source in file.documents)


def _made(*, live: bool) -> frozenset[str]:
    """Return the names of the checks that are made."""
    kinds = QueryCheck | RuleCheck | GroupCheck | SetCheck
    asked = {name for name in checks.every() if name.startswith("live/")} if live else set[str]()
    return frozenset(asked | {name for name, one in checks.every().items() if isinstance(one, kinds)})
