"""``firebrigade``, the command line: what commands there are. Each is in ``commands/``, imported when it is called."""

import click

from firebrigade.responder.commands.group import Firebrigade

_COMMANDS = "firebrigade.responder.commands"
_PARTS = {
    "serve": (f"{_COMMANDS}.serve", "serve"),
    "config": (f"{_COMMANDS}.configuration", "config"),
    "route": (f"{_COMMANDS}.configuration", "route"),
    "incident": (f"{_COMMANDS}.incidents", "incident"),
    "automation": (f"{_COMMANDS}.incidents", "automation"),
    "dead-letter": (f"{_COMMANDS}.incidents", "dead_letter"),
    "trust": (f"{_COMMANDS}.trust", "trust"),
    "maintenance": (f"{_COMMANDS}.maintenance", "maintenance"),
    "silence": (f"{_COMMANDS}.maintenance", "silence"),
    "runbook": (f"{_COMMANDS}.runbooks", "runbook"),
    "rules": (f"{_COMMANDS}.rules", "rules"),
}


@click.command(cls=Firebrigade, parts=_PARTS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firebrigade", message="%(prog)s %(version)s")
def main() -> None:
    """
    Answer Alertmanager: page people, run runbooks, verify, escalate.

    Settings come from firebrigade.yaml and from FIREBRIGADE_* variables.

    \b
    Examples:
      FIREBRIGADE_WEBHOOK_TOKEN_FILE=token firebrigade serve --config firebrigade.yaml
      firebrigade config check
      firebrigade route alertname=ServiceDown severity=critical service=ryot
      firebrigade incident list
      firebrigade incident ack 42
      firebrigade runbook plan service-down namespace=neurectomy deployment=ryot

    \b
    Exit codes: 0 done, 1 a test or a check failed, 2 a mistake in what was asked for, 130 interrupted.
    """
