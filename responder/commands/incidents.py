"""``firebrigade incident``, ``automation`` and ``dead-letter``: the running service, asked over its API."""

from collections.abc import Mapping
from typing import Any

import click

from firebrigade.responder.clock import SystemClock
from firebrigade.responder.commands.api_client import ApiClient, default_actor
from firebrigade.responder.commands.approvals import approve, proposal_fields, reject
from firebrigade.responder.commands.audit import export, verify
from firebrigade.responder.commands.incident_page import COLUMNS, PARTS, cells, fields, row, short
from firebrigade.responder.commands.output import plain, print_fields, print_json, print_table
from firebrigade.responder.commands.surroundings import Number, json_option
from firebrigade.responder.settings import load_settings

_actor_option = click.option("--actor", help="Who you are, for the timeline. [default: your user name]")
_id_argument = click.argument("incident_id", metavar="ID", type=Number(min=1))


@click.group()
def incident() -> None:
    """
    See and answer incidents of the running service.

    The service is looked for at FIREBRIGADE_URL (default: where FIREBRIGADE_BIND says), with FIREBRIGADE_API_TOKEN or
    the webhook's credentials.

    \b
    Examples:
      firebrigade incident list
      firebrigade incident list --status resolved --json
      firebrigade incident show 42
      firebrigade incident ack 42
      firebrigade incident approve 42
      firebrigade incident export 42 > incident-42.md
    """


@incident.command("list")
@click.option(
    "--status",
    type=click.Choice(["open", "triggered", "acknowledged", "resolved", "all"]),
    default="open",
    show_default=True,
    help="Which incidents.",
)
@click.option("--limit", type=Number(1, 500), default=50, show_default=True, help="At most so many, newest first.")
@click.option("--before", type=Number(min=1), help="Only incidents older than the one with this id.")
@json_option
def list_incidents(status: str, limit: int, before: int | None, as_json: bool) -> None:
    """List incidents, newest first."""
    query: dict[str, str | int] = {"limit": limit}
    query |= {} if status == "all" else {"status": status}
    query |= {} if before is None else {"before": before}
    incidents = ApiClient(load_settings()).get("/incidents", **query).get("incidents", [])
    if as_json:
        print_json(incidents)
        return
    now = SystemClock().now()
    empty = "No incidents." if status == "all" else f"No {status} incidents."
    print_table(COLUMNS, (row(incident, now) for incident in incidents), empty=empty, cut_last=True)


@incident.command()
@_id_argument
@json_option
def show(incident_id: int, as_json: bool) -> None:
    """Show an incident with its alerts, timeline, deliveries and runbook steps, and who is called next."""
    settings = load_settings()
    answer = ApiClient(settings).get(f"/incidents/{incident_id}")
    if as_json:
        print_json(answer)
        return
    print_fields(fields(answer, settings.url), page=True)
    if proposal := answer.get("proposal"):
        click.echo("\nWaits for approval")
        print_fields(proposal_fields(proposal), page=True)
    for title, (name, columns) in PARTS.items():
        if records := answer.get(name):
            click.echo(f"\n{title}")
            print_table(columns, (cells(record, columns) for record in records), empty="", page=True)


@incident.command()
@_id_argument
@_actor_option
def ack(incident_id: int, actor: str | None) -> None:
    """
    Acknowledge an incident: you are on it, and nobody else is called.

    Whoever is first is recorded; a second person is told who that was.
    """
    _answer(incident_id, "acknowledge", actor or default_actor())


@incident.command()
@_id_argument
@_actor_option
def resolve(incident_id: int, actor: str | None) -> None:
    """
    Resolve an incident: it is over, whatever its alerts say.

    Alerts that still fire open a new incident, which pages again, when Alertmanager repeats them (its
    repeat_interval). To keep them quiet until they are repaired, acknowledge instead, or add a silence.
    """
    found = _answer(incident_id, "resolve", actor or default_actor())
    firing = sum(alert.get("status") == "firing" for alert in found.get("alerts", []))
    if firing:
        alerts = "1 alert still fires" if firing == 1 else f"{firing} alerts still fire"
        click.echo(f"{alerts}: a new incident opens, and pages, when Alertmanager repeats it (its repeat_interval).")


incident.add_command(approve)
incident.add_command(reject)
incident.add_command(verify)
incident.add_command(export)


@click.group()
def automation() -> None:
    """
    Switch all automation off and on.

    It takes effect in the running service, at once, and lasts until it is switched back. What the configuration says
    (automation: mode) stays as it is: on does not turn a dry run into anything else.
    """


@automation.command()
@_actor_option
def on(actor: str | None) -> None:
    """Let runbooks act again, as far as the configuration allows."""
    _switch(True, actor)


@automation.command()
@_actor_option
def off(actor: str | None) -> None:
    """Let no runbook act from now on; people are still told."""
    _switch(False, actor)


@automation.command()
@json_option
def status(as_json: bool) -> None:
    """Say whether automation is switched on."""
    answer = ApiClient(load_settings()).get("/automation")
    if as_json:
        print_json(answer)
    else:
        click.echo(_switched(answer))


@click.group("dead-letter")
def dead_letter() -> None:
    """See requests from Alertmanager that could not be processed."""


@dead_letter.command("list")
@click.option("--limit", type=Number(1, 500), default=50, show_default=True, help="At most so many, newest first.")
@json_option
def list_dead_letters(limit: int, as_json: bool) -> None:
    """List dead letters, newest first; --json has their bodies too."""
    letters = ApiClient(load_settings()).get("/dead-letters", limit=limit).get("dead_letters", [])
    if as_json:
        print_json(letters)
        return
    rows = ((row.get("id"), short(row.get("received_at")), row.get("source"), row.get("error")) for row in letters)
    print_table(("id", "received", "source", "error"), rows, empty="No dead letters.")


def _answer(incident_id: int, verb: str, actor: str) -> Mapping[str, Any]:
    """Acknowledge or resolve, say what came of it, and return the incident's page as it was before."""
    client = ApiClient(load_settings())
    before: Mapping[str, Any] = client.get(f"/incidents/{incident_id}")
    changed = client.post(f"/incidents/{incident_id}/{verb}", {"actor": actor}).get("incident", {})
    status, by = changed.get("status"), changed.get(f"{changed.get('status')}_by")
    again = before.get("incident", {}).get("status") == status or by != actor  # another may come in between
    what = f"already {status} by {by} at {short(changed.get(f'{status}_at'))}" if again else status
    unrecorded = "; you are not recorded" if by != actor else ""
    click.echo(plain(f"Incident {incident_id} is {what}{unrecorded}: {changed.get('title')}"))
    return before


def _switch(switched_on: bool, actor: str | None) -> None:
    client = ApiClient(load_settings())
    click.echo(_switched(client.post("/automation", {"on": switched_on, "actor": actor or default_actor()})))


def _switched(answer: Mapping[str, Any]) -> str:
    return "Automation is on." if answer.get("on") else "Automation is off: people are told, nothing is changed."
