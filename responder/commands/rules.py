"""``firebrigade rules``: build, check and test rule files; the work is done by ``firebrigade.rules``."""

from collections.abc import Iterable
from pathlib import Path

import click

from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.output import plain
from firebrigade.rules import commands
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.promtool import CaseResult

_FAILED = 1
_files = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def rules() -> None:
    """
    Build, check and test Prometheus rules.

    \b
    Examples:
      firebrigade rules build --out rules/
      firebrigade rules build my-slos.yaml --out -
      firebrigade rules check my-slos.yaml
      firebrigade rules test
    """


@rules.command()
@click.argument("specs", nargs=-1, type=_files, metavar="[SPEC]...")
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
        raise _refuse(error.problems) from None
    if out == "-":
        click.echo(built.text, nl=not built.text.endswith("\n"))
        return
    for path in built.files:
        click.echo(str(path))
    click.echo(f"{_count(built.rules, 'rule')} in {_count(len(built.files), 'file')}.", err=True)


@rules.command()
@click.argument("files", nargs=-1, type=_files, metavar="[FILE]...")
@click.option(
    "--metrics", multiple=True, type=_files, metavar="FILE", help="A metric contract of your own; repeatable."
)
def check(files: tuple[Path, ...], metrics: tuple[Path, ...]) -> None:
    """Check specs, rule files and promtool tests; without FILE all that come with Firebrigade."""
    try:
        problems = commands.check(files, metrics)
    except RulesError as error:
        raise _refuse(error.problems) from None
    if problems:
        raise _refuse(problems)
    click.echo(f"{_count(len(files), 'file')} checked: no problems." if files else "The rule library has no problems.")


@rules.command()
@click.argument("files", nargs=-1, type=_files, metavar="[FILE]...")
def test(files: tuple[Path, ...]) -> None:
    """Run promtool tests; without FILE all that come with Firebrigade. Exit code 1 if one fails."""
    try:
        outcome = commands.test(files, progress=_print_case)
    except RulesError as error:
        raise _refuse(error.problems) from None
    if outcome.problems:
        raise _refuse(outcome.problems)
    failed = [case for case in outcome.cases if not case.passed]
    click.echo(f"{_count(len(outcome.cases), 'case')}, {len(failed)} failed.")
    if failed:
        click.get_current_context().exit(_FAILED)


def _print_case(result: CaseResult) -> None:
    click.echo(f"{'ok    ' if result.passed else 'FAILED'}  {plain(f'{result.file}:{result.line}: {result.name}')}")
    if not result.passed:
        for line in result.output.splitlines():
            click.echo(f"        {plain(line)}")


def _refuse(problems: Iterable[Problem]) -> UserError:
    return UserError("\n".join(str(problem) for problem in problems))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
