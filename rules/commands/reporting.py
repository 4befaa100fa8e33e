"""``report`` as a function: how fast each burn-rate alert comes and goes, measured by promtool. It prints nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from firebrigade.rules import build, library
from firebrigade.rules.measurement import behaviour
from firebrigade.rules.measurement import report as written
from firebrigade.rules.measurement.behaviour import Row
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.windows import Tier

BURNS = tuple(map(Decimal, ("1.01", "1.5", "2", "3.1", "5", "6.1", "10", "14.5", "20", "37", "100", "1000")))

Wanted = tuple[Objective, Tier, Decimal]


def measurements(specs: Sequence[Path] = (), burns: Sequence[Decimal] = BURNS) -> tuple[Wanted, ...]:
    """Return what a report measures: objectives with the same percent and windows behave the same and are taken once.

    Raises:
        RulesError: with every mistake in the specs.
    """
    compiled = build.compile_all(specs or library.specs(), library.surroundings())
    found = [objective for part in compiled for objective in part.objectives]
    distinct = {written.title(objective): objective for objective in reversed(found)}
    ordered = sorted(distinct.values(), key=lambda objective: (objective.percent, len(objective.tiers)))
    return tuple(_wanted(ordered, burns))


def measure(
    wanted: Sequence[Wanted],
    promtool: Promtool | None = None,
    jobs: int = 2,
    progress: Callable[[Row], None] | None = None,
) -> tuple[Row, ...]:
    """Measure, a few at a time, in the order of what is wanted.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    tool = promtool or Promtool()
    done: list[Row] = []
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        for row in pool.map(lambda one: behaviour.measure(tool, *one), wanted):
            done.append(row)
            if progress:
                progress(row)
    return tuple(done)


def report(measured: Sequence[Row], style: str, picture: str = "") -> str:
    """Return what was measured as ``text``, ``markdown`` or ``json``; Markdown shows a picture that lies beside it."""
    if style == "json":
        return written.as_json(measured)
    return written.markdown(measured, picture) if style == "markdown" else written.text(measured)


def picture(measured: Sequence[Row], path: Path) -> None:
    """Draw the objective with the most alerts, of those the one with the largest budget.

    Raises:
        RulesError: matplotlib is not installed, or the file can't be written.
    """
    chosen = max(measured, key=lambda row: (len(row.objective.tiers), -row.objective.percent)).objective
    try:
        # Only here: matplotlib is in the extra `plot` and no dependency of the service.
        from firebrigade.rules.measurement import plot

        plot.draw([row for row in measured if row.objective == chosen], path)
    except ImportError:
        raise _refused(path, "needs matplotlib; install firebrigade[plot]") from None
    except (OSError, ValueError) as error:
        raise _refused(path, f"can't be written ({error}); name a file that ends in .svg or .png") from None


def _refused(path: Path, message: str) -> RulesError:
    return RulesError([Problem(file=str(path), line=0, key="", message=message)])


def _wanted(objectives: Sequence[Objective], burns: Sequence[Decimal]) -> Iterator[Wanted]:
    for objective in objectives:
        for tier in objective.tiers:
            yield from ((objective, tier, burn) for burn in _telling(objective, tier, burns))


def _telling(objective: Objective, tier: Tier, burns: Sequence[Decimal]) -> Sequence[Decimal]:
    """Return the burns at which a tier fires, and the fastest one at which it must not."""
    factor = tier.factor(objective.windows.period)
    possible = [burn for burn in sorted(burns) if burn * objective.error_budget <= 1]  # more than all can't fail
    quiet = [burn for burn in possible if burn <= factor]
    return [*quiet[-1:], *(burn for burn in possible if burn > factor)]
