"""How ``firebrigade rules check`` prints what it found: for people, for programs, and for GitHub."""

import dataclasses
from collections.abc import Iterator

import click

from firebrigade.responder.commands.output import plain, print_table
from firebrigade.rules import checks, cost, problem_forms
from firebrigade.rules.commands import Checked


def print_checks() -> None:
    """Print all checks, one a line."""
    for one in checks.every().values():
        click.echo(f"{one.name:<24} {one.severity:<12} {one.explains}")


def print_text(checked: Checked, *, costs: bool) -> None:
    """Print a line for each problem, and what rules and groups cost if that is asked for."""
    for line in problem_forms.lines(checked.problems):
        click.echo(plain(line))
    if costs:
        print_table(["SAMPLES", "RULE", "WHERE"], _rules(checked), empty="There are no rules.")
        click.echo()
        print_table(["SAMPLES", "RULES", "GROUP", "FILE"], _groups(checked), empty="There are no groups.")
    if checked.problems:
        click.echo(f"{problem_forms.summary(checked.problems)}.", err=True)


def print_json(checked: Checked, *, costs: bool) -> None:
    """Print one object."""
    more: dict[str, object] = {"rules": checked.rules}
    if costs:
        rules = [dataclasses.asdict(one) for one in checked.costs]
        groups = [dataclasses.asdict(one) for one in cost.groups(checked.costs)]
        more["cost"] = {"rules": rules, "groups": groups}
    click.echo(problem_forms.to_json(checked.problems, **more))


def print_github(checked: Checked, *, costs: bool) -> None:  # noqa: ARG001 (annotations are about problems alone)
    """Print a workflow command for each problem."""
    for problem in checked.problems:
        click.echo(plain(problem_forms.github(problem)))


def _rules(checked: Checked) -> Iterator[tuple[str, str, str]]:
    return ((f"{one.samples:,}", one.name, f"{one.file}:{one.line}") for one in checked.costs)


def _groups(checked: Checked) -> Iterator[tuple[str, str, str, str]]:
    return ((f"{one.samples:,}", str(one.rules), one.group, one.file) for one in cost.groups(checked.costs))
