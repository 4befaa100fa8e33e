"""``check`` as a function: every problem of specs, rule files and tests. Of programs it runs only promtool's check."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import checks, contract, cost, ignores, library, specfiles
from firebrigade.rules.checks.kinds import GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.checks.subjects import MAX_SAMPLES
from firebrigade.rules.commands import dashboards
from firebrigade.rules.commands import files as chosen
from firebrigade.rules.commands.options import Options, surroundings
from firebrigade.rules.contract import Contract
from firebrigade.rules.cost import RuleCost
from firebrigade.rules.grafana import sources
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
        costs: what each rule costs, the dearest first.
    """

    problems: tuple[Problem, ...]
    rules: int = 0
    costs: tuple[RuleCost, ...] = ()

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
) -> Checked:
    """Judge specs, plain Prometheus rule files and promtool test files.

    Args:
        files: files of any of these kinds, or folders of them; none means the bundled library with its tests.
        metrics: further metric contracts, for rules about systems of one's own.
        promtool: which one to use.
        options: period, windows, server and links.
        budget: what a rule may cost.
    """
    allowed = budget or Budget()
    try:
        known = contract.load(metrics, allowed.series)
        return _check(files, known, promtool or Promtool(), surroundings(options or Options()), allowed.max_samples)
    except RulesError as error:
        return Checked(problems=error.problems)


def _check(
    files: Sequence[Path], metrics: Contract, promtool: Promtool, around: Surroundings, max_samples: int
) -> Checked:
    read, unreadable = specfiles.read(files or (*library.specs(), *library.dashboards(), *library.tests()))
    tests = [file for file in read if _is_test(file)]
    boards, rest = dashboards.split(file for file in read if file not in tests)
    compiled, wrong = builder.compile_each(rest, around)
    written, unfit = sources.parse(boards)
    linked = dashboards.linked(around, compiled, written)
    # promtool is a process of its own, which runs while we judge.
    with ThreadPoolExecutor(max_workers=1) as pool:
        refused = pool.submit(checker.by_promtool, compiled, promtool)
        judged = checker.judge(compiled, metrics, linked, max_samples, dashboards.shown(written))
    scenery = dashboards.Scenery(around=around, metrics=metrics, compiled=compiled)
    problems = [
        *unreadable,
        *wrong,
        *ignores.sifted(judged.problems, compiled, _judging()),
        *refused.result(),
        *unfit,
        *(scenery.problems(written) if written else []),
        *([] if files else [*chosen.stale(compiled), *scenery.stale(written, library.generated_dashboards())]),
        *chosen.loaded([file.path for file in tests])[1],
    ]
    return Checked(problems=tuple(problems), rules=len(judged.entries), costs=tuple(cost.rules(judged.entries)))


def _is_test(file: SpecFile) -> bool:
    return any(isinstance(source.data, dict) and "tests" in source.data for source in file.documents)


def _judging() -> frozenset[str]:
    """Return the names of the checks that are made whenever rules are checked."""
    kinds = QueryCheck | RuleCheck | GroupCheck | SetCheck
    return frozenset(name for name, one in checks.every().items() if isinstance(one, kinds))
