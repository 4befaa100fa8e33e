"""``firebrigade rules check``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from firebrigade.responder.commands.group import USER_MISTAKE
from firebrigade.responder.commands.rules.checked import print_checks, print_github, print_json, print_text
from firebrigade.responder.commands.rules.options import with_options
from firebrigade.responder.commands.rules.output import FILES, SPECS, count
from firebrigade.rules import commands
from firebrigade.rules.commands import Budget, Options


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
@click.option(
    "--series",
    type=click.IntRange(min=1),
    default=Budget().series,
    show_default=True,
    help="How many series a metric has whose contract does not say.",
)
@click.option(
    "--max-samples",
    type=click.IntRange(min=1),
    default=Budget().max_samples,
    show_default=True,
    help="How many samples an evaluation of one rule may read.",
)
@click.option("--cost", is_flag=True, help="Print what each rule and each group reads, the dearest first.")
@click.option("--list", "listed", is_flag=True, help="List the checks instead of making them.")
@with_options
def check(**given: Any) -> None:
    """
    Check specs, rule files and promtool tests, or folders of them; without FILE all that come with Firebrigade.

    \b
    A comment on a rule, or above it, says why a check does not apply to it:
      # firebrigade: ignore promql/ratio-guard because one failed backup is one too many
    """
    asked = _Asked(**given)
    if asked.listed:
        print_checks()
        return
    budget = Budget(series=asked.series, max_samples=asked.max_samples)
    checked = commands.check(asked.files, asked.metrics, options=asked.options, budget=budget)
    _FORMS[asked.form](checked, costs=asked.cost)
    if asked.form == "text" and not checked.problems:
        number = len(asked.files)
        what = f"{count(number, 'file')} checked: no" if number else "The rule library has no"
        click.echo(f"{what} problems.")
    if checked.fails("warning" if asked.fail_on == "warning" else "error"):
        click.get_current_context().exit(USER_MISTAKE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was asked for; each is explained above."""

    files: tuple[Path, ...]
    metrics: tuple[Path, ...]
    fail_on: str
    form: str
    series: int
    max_samples: int
    cost: bool
    listed: bool
    options: Options


_FORMS = {"text": print_text, "json": print_json, "github": print_github}
