"""``firebrigade rules build``."""

from pathlib import Path

import click

from firebrigade.responder.commands.rules.output import FILES, count, refuse
from firebrigade.rules import commands
from firebrigade.rules.problems import RulesError


@click.command()
@click.argument("specs", nargs=-1, type=FILES, metavar="[SPEC]...")
@click.option(
    "--out", default="-", show_default=True, metavar="DIR", help="Folder for the rule files; - is standard output."
)
def build(specs: tuple[Path, ...], out: str) -> None:
    """
    Build Prometheus rule files from SLO specs and alert files.

    Without SPEC, from those that come with Firebrigade.
    """
    try:
        built = commands.build(specs, None if out == "-" else Path(out))
    except RulesError as error:
        raise refuse(error.problems) from None
    if out == "-":
        click.echo(built.text, nl=not built.text.endswith("\n"))
        return
    for path in built.files:
        click.echo(str(path))
    click.echo(f"{count(built.rules, 'rule')} in {count(len(built.files), 'file')}.", err=True)
