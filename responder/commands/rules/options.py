"""The options that every command on specs takes: period, windows, the Prometheus that evaluates, and links."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from firebrigade.responder.commands.rules.output import FILES
from firebrigade.rules.commands import Options

_WINDOWS = "Alert windows, in our format or as Sloth's AlertWindows, for the SLOs of their period; repeatable."
_OPTIONS = (
    click.option("--period", default="", metavar="TIME", help="Period of SLOs that name none; 30d unless you say so."),
    click.option("--windows", multiple=True, type=FILES, metavar="FILE", help=_WINDOWS),
    click.option("--scrape-interval", default="", metavar="TIME", help="How often Prometheus scrapes; 30s."),
    click.option("--retention", default="", metavar="TIME", help="How long Prometheus keeps samples; 32d."),
    click.option("--runbook-url", default="", metavar="URL", help="Where runbooks are; {name} stands for one's name."),
    click.option("--dashboard-url", default="", metavar="URL", help="Where dashboards are, likewise."),
    click.option(
        "--compat",
        type=click.Choice(["", "sloth"]),
        default="",
        help="Alert exactly as Sloth: one page and one ticket.",
    ),
)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it gets them as one argument, ``options``."""

    @wraps(command)
    def call(*args: Any, **given: Any) -> None:
        chosen = {field.name: given.pop(field.name) for field in fields(Options)}
        command(*args, options=Options(**chosen), **given)

    decorated: Callable[..., None] = call
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
