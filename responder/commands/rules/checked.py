"""How ``firebrigade rules check`` prints what it found: for people, for programs, and for GitHub."""

import dataclasses
from collections.abc import Iterator

import click

from firebrigade.responder.commands.output import plain, print_table
from firebrigade.responder.commands.rules.output import count
from firebrigade.rules import checks, cost, problem_forms
from firebrigade.rules.commands import Checked
from firebrigade.rules.live.history import DAYS
from firebrigade.rules.live.look import Looked


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
    if checked.looked is not None:
        _print_fired(checked.looked)
    if checked.problems:
        click.echo(f"{problem_forms.summary(checked.problems)}.", err=True)


def print_json(checked: Checked, *, costs: bool) -> None:
    """Print one object."""
    more: dict[str, object] = {"rules": checked.rules}
    if costs:
        rules = [dataclasses.asdict(one) for one in checked.costs]
        groups = [dataclasses.asdict(one) for one in cost.groups(checked.costs)]
        more["cost"] = {"rules": rules, "groups": groups}
    if checked.looked is not None:
        more["fired"] = [dataclasses.asdict(one) for one in checked.looked.fired]
        more["left_out"] = checked.looked.left_out
    click.echo(problem_forms.to_json(checked.problems, **more))


def print_github(checked: Checked, *, costs: bool) -> None:  # noqa: ARG001 (annotations are about problems alone)
    """Print a workflow command for each problem."""
    for problem in checked.problems:
        click.echo(plain(problem_forms.github(problem)))


def _print_fired(looked: Looked) -> None:
    """Print what would have fired, and how much would not have."""
    rows = (
        (one.times, one.series, _length(one.longest_seconds), one.alert, one.severity, f"{one.file}:{one.line}")
        for one in looked.fired
        if one.times
    )
    columns = ["FIRED", "SERIES", "LONGEST", "ALERT", "SEVERITY", "WHERE"]
    print_table(columns, rows, empty=f"No alert would have fired in the last {DAYS} days.")
    quiet = [one for one in looked.fired if not one.times]
    blind = sum(one.blind for one in quiet)
    click.echo(
        f"{count(len(quiet), 'alert')} would not have fired in {DAYS} days; {blind} of them read what is not there."
    )
    if looked.left_out:
        click.echo(f"{count(looked.left_out, 'alert')} left out, because the time was up; check fewer files at once.")


def _length(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _rules(checked: Checked) -> Iterator[tuple[str, str, str]]:
    return ((f"{one.samples:,}", one.name, f"{one.file}:{one.line}") for one in checked.costs)


def _groups(checked: Checked) -> Iterator[tuple[str, str, str, str]]:
    return ((f"{one.samples:,}", str(one.rules), one.group, one.file) for one in cost.groups(checked.costs))
