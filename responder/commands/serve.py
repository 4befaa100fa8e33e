"""``firebrigade serve``: reads the settings and hands over to ``serve.py``."""

from dataclasses import replace
from pathlib import Path

import click

from firebrigade.responder.commands.surroundings import config_option, read
from firebrigade.responder.settings import parse_bind


def _bind(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return value if value is None else parse_bind(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@config_option
@click.option(
    "--bind", metavar="HOST:PORT", callback=_bind, help="Listen here. [default: FIREBRIGADE_BIND, 127.0.0.1:9095]"
)
@click.option("--insecure", is_flag=True, help="Start without credentials: whoever reaches the port may send alerts.")
@click.pass_context
def serve(context: click.Context, config_path: Path | None, bind: str | None, insecure: bool) -> None:
    """
    Take alerts in and work on incidents.

    It runs until SIGTERM or Ctrl-C, and takes Alertmanager's webhook at /api/v1/webhook/alertmanager.
    Needs FIREBRIGADE_WEBHOOK_TOKEN, or FIREBRIGADE_WEBHOOK_USERNAME and FIREBRIGADE_WEBHOOK_PASSWORD, each secret also
    as a file (FIREBRIGADE_WEBHOOK_TOKEN_FILE). Without a configuration, alerts go to the log and runbooks run dry.

    \b
    Examples:
      FIREBRIGADE_WEBHOOK_TOKEN_FILE=/run/secrets/token firebrigade serve --config firebrigade.yaml
      firebrigade serve --insecure --bind 127.0.0.1:9999
    """
    from firebrigade.responder.serve import run  # Flask and gunicorn, which nothing else here needs

    settings, config = read(config_path)
    context.exit(run(replace(settings, bind=bind or settings.bind), config, insecure=insecure))
