"""``firebrigade rules check``."""

from pathlib import Path

import click

from firebrigade.responder.commands.group import USER_MISTAKE
from firebrigade.responder.commands.output import plain
from firebrigade.responder.commands.rules.options import with_options
from firebrigade.responder.commands.rules.output import FILES, SPECS, count
from firebrigade.rules import checks, commands, reporting
from firebrigade.rules.commands import Checked, Options


@click.command()
@click.argument("files", nargs=-1, type=SPECS, metavar="[FILE]...")
@click.option("--metrics", multiple=True, type=FILES, metavar="FILE", help="A metric contract of your own; repeatable.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 2.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or as annotations of a GitHub workflow.",
)
@click.option("--list", "listed", is_flag=True, help="List the checks instead of making them.")
@with_options
def check(
    files: tuple[Path, ...], metrics: tuple[Path, ...], fail_on: str, form: str, listed: bool, options: Options
) -> None:
    """
    Check specs, rule files and promtool tests, or folders of them; without FILE all that come with Firebrigade.

    \b
    A comment on a rule, or above it, says why a check does not apply to it:
      # firebrigade: ignore promql/ratio-guard because one failed backup is one too many
    """
    if listed:
        _list()
        return
    checked = commands.check(files, metrics, options=options)
    {"text": _print_text, "json": _print_json, "github": _print_github}[form](checked)
    if form == "text" and not checked.problems:
        what = f"{count(len(files), 'file')} checked: no" if files else "The rule library has no"
        click.echo(f"{what} problems.")
    if checked.fails("warning" if fail_on == "warning" else "error"):
        click.get_current_context().exit(USER_MISTAKE)


def _list() -> None:
    for one in checks.every().values():
        click.echo(f"{one.name:<24} {one.severity:<12} {one.explains}")


def _print_text(checked: Checked) -> None:
    for line in reporting.lines(checked.problems):
        click.echo(plain(line))
    if checked.problems:
        click.echo(f"{reporting.summary(checked.problems)}.", err=True)


def _print_json(checked: Checked) -> None:
    click.echo(reporting.to_json(checked.problems, rules=checked.rules))


def _print_github(checked: Checked) -> None:
    for problem in checked.problems:
        click.echo(plain(reporting.github(problem)))
