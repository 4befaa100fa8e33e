"""``firebrigade rules``: the commands on rules, one file each; the work is done by ``firebrigade.rules``."""

import click

from firebrigade.responder.commands.rules.build import build
from firebrigade.responder.commands.rules.check import check
from firebrigade.responder.commands.rules.mutate import mutate
from firebrigade.responder.commands.rules.report import report
from firebrigade.responder.commands.rules.test import test


@click.group()
def rules() -> None:
    """
    Build, check, test and measure Prometheus rules.

    \b
    Examples:
      firebrigade rules build --out rules/
      firebrigade rules build my-slos.yaml --out -
      firebrigade rules check my-slos.yaml
      firebrigade rules test
      firebrigade rules mutate --alert HighErrorRate
      firebrigade rules report --burn 20
    """


for _command in (build, check, test, mutate, report):
    rules.add_command(_command)
