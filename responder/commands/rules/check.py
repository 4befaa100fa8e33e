"""``firebrigade rules check``."""

from pathlib import Path

import click

from firebrigade.responder.commands.rules.output import FILES, count, refuse
from firebrigade.rules import commands
from firebrigade.rules.problems import RulesError


@click.command()
@click.argument("files", nargs=-1, type=FILES, metavar="[FILE]...")
@click.option("--metrics", multiple=True, type=FILES, metavar="FILE", help="A metric contract of your own; repeatable.")
def check(files: tuple[Path, ...], metrics: tuple[Path, ...]) -> None:
    """Check specs, rule files and promtool tests; without FILE all that come with Firebrigade."""
    try:
        problems = commands.check(files, metrics)
    except RulesError as error:
        raise refuse(error.problems) from None
    if problems:
        raise refuse(problems)
    click.echo(f"{count(len(files), 'file')} checked: no problems." if files else "The rule library has no problems.")
