"""The options of the commands that run promtool cases: how many at once, and whether to know old results."""

from pathlib import Path

import click

from firebrigade.responder.settings import cache_folder

JOBS = click.option(
    "--jobs", default=2, show_default=True, type=click.IntRange(1, 64), metavar="N", help="promtool processes at once."
)
NO_CACHE = click.option(
    "--no-cache", is_flag=True, help="Run every case; otherwise those of which nothing changed are not run again."
)


def promtool_cache(no_cache: bool) -> Path | None:
    """Return the folder with the results of promtool cases; None for none."""
    folder = None if no_cache else cache_folder()
    return folder and folder / "promtool"
