"""``firebrigade rules report``."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from firebrigade.responder.commands.rules.cache import JOBS
from firebrigade.responder.commands.rules.output import FAILED, FILES, refuse
from firebrigade.rules import commands
from firebrigade.rules.commands.reporting import BURNS, Wanted
from firebrigade.rules.measurement.behaviour import Row
from firebrigade.rules.problems import RulesError

_STYLE = click.option("--format", "style", type=click.Choice(["text", "markdown", "json"]), default="text")
_BURN = click.option("--burn", "burns", multiple=True, type=click.FloatRange(1, min_open=True), help="Repeatable.")
_PLOT = click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw it as well: .svg or .png.")


@click.command()
@click.argument("specs", nargs=-1, type=FILES, metavar="[SPEC]...")
@_STYLE
@_BURN
@_PLOT
@JOBS
def report(specs: tuple[Path, ...], style: str, burns: tuple[float, ...], plot: Path | None, jobs: int) -> None:
    """
    Measure how fast burn-rate alerts come and go.

    promtool simulates each alert at several burn rates, and the result stands beside the law of the SRE workbook.
    Without SPEC it measures what comes with Firebrigade, which takes minutes. Exit code 1 if an alert is off by more
    than one evaluation.
    """
    try:
        rows = _measured(commands.measurements(specs, [Decimal(str(burn)) for burn in burns] or BURNS), jobs)
        if plot:
            commands.picture(rows, plot)
    except RulesError as error:
        raise refuse(error.problems) from None
    click.echo(commands.report(rows, style, plot.name if plot else ""), nl=False)
    if late := [row for row in rows if not row.holds]:
        click.echo(f"{len(late)} of {len(rows)} are off by more than one evaluation.", err=True)
        click.get_current_context().exit(FAILED)


def _measured(wanted: Sequence[Wanted], jobs: int) -> Sequence[Row]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("measuring", total=len(wanted))
        return commands.measure(wanted, jobs=jobs, progress=lambda _: progress.advance(task))
