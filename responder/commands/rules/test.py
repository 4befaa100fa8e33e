"""``firebrigade rules test``."""

from pathlib import Path

import click

from firebrigade.responder.commands.output import plain
from firebrigade.responder.commands.rules.cache import JOBS, NO_CACHE, promtool_cache
from firebrigade.responder.commands.rules.output import FAILED, FILES, count, refuse
from firebrigade.rules import commands
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.cases import CaseResult


@click.command()
@click.argument("files", nargs=-1, type=FILES, metavar="[FILE]...")
@JOBS
@NO_CACHE
def test(files: tuple[Path, ...], jobs: int, no_cache: bool) -> None:
    """Run promtool tests; without FILE all that come with Firebrigade. Exit code 1 if one fails."""
    try:
        outcome = commands.test(files, jobs=jobs, cache=promtool_cache(no_cache), progress=_print_case)
    except RulesError as error:
        raise refuse(error.problems) from None
    if outcome.problems:
        raise refuse(outcome.problems)
    failed = [case for case in outcome.cases if not case.passed]
    click.echo(f"{count(len(outcome.cases), 'case')}, {len(failed)} failed.")
    if failed:
        click.get_current_context().exit(FAILED)


def _print_case(result: CaseResult) -> None:
    click.echo(f"{'ok    ' if result.passed else 'FAILED'}  {plain(f'{result.file}:{result.line}: {result.name}')}")
    if not result.passed:
        for line in result.output.splitlines():
            click.echo(f"        {plain(line)}")
