"""``python -m sandbox.campaign``: run the scenarios, print the table, and fail if anybody was harmed."""

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.campaign.draw import scenario, scenarios
from sandbox.campaign.report import failures, rows
from sandbox.campaign.running import run_all, say_nothing
from sandbox.campaign.scenario import Kind, Scenario
from sandbox.campaign.trial import Outcome, Result

SEED, SCENARIOS, WIDTH = 1, 200, 120
MOST_JOBS = 4  # unless more are asked for
_COLUMNS = ("kind", "scenarios", "repairable", "repaired", "by itself", "escalated", "harmed", "median minutes")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign and return the exit code."""
    asked = _parser().parse_args(arguments)
    console = Console(soft_wrap=True, width=WIDTH)
    if asked.scenario is not None:
        chosen = [scenario(asked.seed, asked.scenario)]
    else:
        every = scenarios(asked.seed, asked.scenarios)
        chosen = [one for one in every if asked.only in (None, one.kind.value)]
    say_nothing()
    results = _run_all(chosen, asked.jobs, console)
    _print(results, console, verbose=asked.verbose)
    broken = failures(results)
    for sentence in broken:
        console.print(f"[red]✘[/red] {sentence}", highlight=False)
    if broken:
        console.print(f"One alone, with its timeline: make campaign SEED={asked.seed} SCENARIO=<number>")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make campaign", description="Seeded scenarios in virtual time")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed draws other scenarios")
    parser.add_argument("--scenarios", type=_number, default=SCENARIOS, metavar="N", help="how many")
    parser.add_argument("--only", choices=[kind.value for kind in Kind], help="only those of one kind")
    parser.add_argument("--scenario", type=_number, metavar="NUMBER", help="only this one")
    parser.add_argument("--jobs", type=_number, default=min(os.cpu_count() or 1, MOST_JOBS), help="how many processes")
    parser.add_argument("--verbose", action="store_true", help="print the timelines as well")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _run_all(chosen: Sequence[Scenario], jobs: int, console: Console) -> list[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("campaign", total=len(chosen))
        results = []
        for result in run_all(chosen, jobs):
            results.append(result)
            progress.update(task, advance=1, description=result.scenario.kind.value)
        return results


def _print(results: Sequence[Result], console: Console, *, verbose: bool) -> None:
    for result in results:
        if verbose or result.outcome is Outcome.HARMED or result.missed:
            _tell(result, console, verbose=verbose)
    table = Table(*_COLUMNS, title=f"Campaign: {len(results)} scenarios in virtual time")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows(results):
        table.add_row(*row.cells(), style="bold" if row.name == "all" else "", end_section=row.name == "wrong-labels")
    console.print(table)
    every = rows(results)[-1]
    if every.repairable:
        share = 100 * (every.repairable - every.missed) / every.repairable
        console.print(f"Of {every.repairable} that a runbook can repair, {share:.0f} % were repaired.", highlight=False)


def _tell(result: Result, console: Console, *, verbose: bool) -> None:
    scenario_, right = result.scenario, "to be repaired" if result.scenario.repairable else "for people"
    console.print(f"{scenario_.number}: {scenario_}", highlight=False, markup=False)
    words = f"   {right}, because {scenario_.because}: {result.outcome.value}"
    console.print(words, highlight=False, markup=False)
    for sentence in result.harm:
        console.print(f"   harm: {sentence}", highlight=False, markup=False)
    for at, what in result.story if verbose else ():
        console.print(f"   {at:%H:%M:%S} {what}", highlight=False, markup=False)


if __name__ == "__main__":
    sys.exit(main())
