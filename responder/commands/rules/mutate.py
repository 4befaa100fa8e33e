"""``firebrigade rules mutate``."""

from collections.abc import Mapping
from pathlib import Path

import click

from firebrigade.responder.commands.group import INTERRUPTED
from firebrigade.responder.commands.output import plain, print_json, progress
from firebrigade.responder.commands.rules.cache import JOBS, NO_CACHE, promtool_cache
from firebrigade.responder.commands.rules.output import FAILED, FILES, count, refuse
from firebrigade.rules import commands
from firebrigade.rules.commands import Effort, Mutated, Verdict
from firebrigade.rules.durations import Duration
from firebrigade.rules.problems import RulesError


class _Budget(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return Duration(str(value)).length.total_seconds()
        except ValueError:
            self.fail(f"{value!r} is not a duration; write it like 90s, 10m or 1h", param, ctx)


@click.command()
@click.argument("files", nargs=-1, type=FILES, metavar="[FILE]...")
@click.option("--alert", "alerts", multiple=True, metavar="NAME", help="Only what this alert depends on; repeatable.")
@click.option("--budget", type=_Budget(), metavar="10m", help="Begin no mutant after this time; a mixture comes first.")
@click.option("--equivalents", multiple=True, type=FILES, metavar="FILE", help="Changes that make no difference.")
@click.option("--survivors-only", is_flag=True, help="Leave out the mutants that a case noticed.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@JOBS
@NO_CACHE
def mutate(  # noqa: PLR0913 (one for each option)
    files: tuple[Path, ...],
    alerts: tuple[str, ...],
    budget: float | None,
    equivalents: tuple[Path, ...],
    survivors_only: bool,
    form: str,
    jobs: int,
    no_cache: bool,
) -> None:
    """
    Break rules in one place at a time and see whether their promtool tests notice.

    FILE is a promtool test; without it all that come with Firebrigade. Exit code 1 if a change is not noticed.
    """
    effort = Effort(jobs=jobs, budget_seconds=budget, cache=promtool_cache(no_cache))
    with progress("mutants") as told:

        def step(verdict: Verdict, done: int, total: int) -> None:
            told(done, total)
            if form == "text" and (verdict.survived or not survivors_only):
                _print_verdict(verdict)

        try:
            mutated = commands.mutate(files, alerts, effort, equivalents, progress=step)
        except RulesError as error:
            raise refuse(error.problems) from None
    if form == "json":
        print_json(_as_json(mutated, survivors_only))
    else:
        click.echo(_summary(mutated))
    for problem in mutated.problems:
        click.echo(f"firebrigade: {plain(str(problem))}", err=True)
    click.get_current_context().exit(_exit_code(mutated))


def _exit_code(mutated: Mutated) -> int:
    if mutated.interrupted:
        return INTERRUPTED
    return FAILED if mutated.survivors or mutated.problems else 0


def _print_verdict(verdict: Verdict) -> None:
    place = f"{_shown(verdict.subject.place.file)}:{verdict.line}"
    why = verdict.noticed_by and f" (by {verdict.noticed_by})"
    why = why or (verdict.because and f" ({verdict.because})")
    click.echo(f"{_STATES[verdict.state]}  {plain(f'{place}: {verdict.subject.name}: {verdict.mutant.change}{why}')}")
    if verdict.survived and verdict.mutant.key == "expr":
        click.echo(f"            {plain(verdict.mutant.rule['expr'])}")


_STATES = {"noticed": "noticed   ", "equivalent": "equivalent", "survived": "SURVIVED  "}


def _summary(mutated: Mutated) -> str:
    tried = len(mutated.verdicts)
    states = [verdict.state for verdict in mutated.verdicts]
    told = f"{tried} of {count(mutated.mutants, 'mutant')} tried: {states.count('noticed')} noticed, "
    return f"{told}{states.count('equivalent')} equivalent, {states.count('survived')} survived."


def _as_json(mutated: Mutated, survivors_only: bool) -> Mapping[str, object]:
    shown = mutated.survivors if survivors_only else mutated.verdicts
    return {
        "mutants": mutated.mutants,
        "tried": len(mutated.verdicts),
        "survived": len(mutated.survivors),
        "interrupted": mutated.interrupted,
        "verdicts": [_verdict_as_json(verdict) for verdict in shown],
        "problems": [str(problem) for problem in mutated.problems],
    }


def _verdict_as_json(verdict: Verdict) -> Mapping[str, object]:
    return {
        "state": verdict.state,
        "file": _shown(verdict.subject.place.file),
        "line": verdict.line,
        "rule": verdict.subject.name,
        "change": verdict.mutant.change,
        "expr": verdict.mutant.rule["expr"],
        "noticed_by": verdict.noticed_by,
        "because": verdict.because,
    }


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
