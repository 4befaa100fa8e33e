"""``firebrigade incident``, ``automation`` and ``dead-letter``: the running service, asked over its API."""

import json
from collections.abc import Mapping
from typing import Any

import click

from firebrigade.responder.commands.api_client import ApiClient, default_actor
from firebrigade.responder.commands.output import plain, print_fields, print_json, print_table
from firebrigade.responder.commands.surroundings import Number, json_option
from firebrigade.responder.settings import load_settings

_COLUMNS = ("id", "status", "level", "severity", "service", "opened", "title")
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
    print_table(_COLUMNS, map(_row, incidents), empty="No incidents." if status == "all" else f"No {status} incidents.")


@incident.command()
@_id_argument
@json_option
def show(incident_id: int, as_json: bool) -> None:
    """Show an incident with its alerts, timeline, deliveries and runbook steps."""
    answer = ApiClient(load_settings()).get(f"/incidents/{incident_id}")
    if as_json:
        print_json(answer)
        return
    _print_incident(answer.get("incident", {}))
    _print_part("Alerts", answer.get("alerts"), ("status", "starts_at", "labels"))
    _print_part("Timeline", answer.get("timeline"), ("at", "kind", "actor", "detail"))
    _print_part("Deliveries", answer.get("deliveries"), ("receiver", "reason", "status", "attempts", "detail"))
    _print_part("Runbook steps", answer.get("steps"), ("name", "action", "status", "attempts", "verdict"))


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
    rows = ((row.get("id"), _short(row.get("received_at")), row.get("source"), row.get("error")) for row in letters)
    print_table(("id", "received", "source", "error"), rows, empty="No dead letters.")


def _row(record: Mapping[str, Any]) -> list[Any]:
    row = {**record, "level": f"L{record.get('level')}", "opened": _short(record.get("opened_at"))}
    return [row.get(column) for column in _COLUMNS]


def _answer(incident_id: int, verb: str, actor: str) -> Mapping[str, Any]:
    """Acknowledge or resolve, say what came of it, and return the incident's page as it was before."""
    client = ApiClient(load_settings())
    before: Mapping[str, Any] = client.get(f"/incidents/{incident_id}")
    changed = client.post(f"/incidents/{incident_id}/{verb}", {"actor": actor}).get("incident", {})
    status, by = changed.get("status"), changed.get(f"{changed.get('status')}_by")
    again = before.get("incident", {}).get("status") == status or by != actor  # another may come in between
    what = f"already {status} by {by} at {_short(changed.get(f'{status}_at'))}" if again else status
    unrecorded = "; you are not recorded" if by != actor else ""
    click.echo(plain(f"Incident {incident_id} is {what}{unrecorded}: {changed.get('title')}"))
    return before


def _switch(switched_on: bool, actor: str | None) -> None:
    client = ApiClient(load_settings())
    click.echo(_switched(client.post("/automation", {"on": switched_on, "actor": actor or default_actor()})))


def _switched(answer: Mapping[str, Any]) -> str:
    return "Automation is on." if answer.get("on") else "Automation is off: people are told, nothing is changed."


def _print_incident(record: Mapping[str, Any]) -> None:
    people = {name: record.get(f"{name}_at") for name in ("acknowledged", "resolved")}
    print_fields(
        [
            ("incident", f"{record.get('id')}: {record.get('title')}"),
            ("status", f"{record.get('status')}, L{record.get('level')}"),
            ("severity", record.get("severity")),
            ("service", record.get("service")),
            ("summary", record.get("summary")),
            ("opened", _short(record.get("opened_at"))),
            *((name, f"{_short(at)} by {record.get(f'{name}_by')}") for name, at in people.items() if at),
            ("receivers", record.get("receivers")),
            ("runbook", record.get("runbook")),
            ("suppressed by", record.get("suppressed_by") or record.get("silenced_by")),
        ]
    )


def _print_part(title: str, rows: Any, columns: tuple[str, ...]) -> None:
    if rows:
        click.echo(f"\n{title}")
        print_table(columns, ([_cell(column, row.get(column)) for column in columns] for row in rows), empty="")


def _cell(column: str, value: Any) -> str:
    if column == "at" or column.endswith("_at"):
        return _short(value)
    if isinstance(value, dict):
        return " ".join(f"{name}={json.dumps(text, ensure_ascii=False)}" for name, text in sorted(value.items()))
    return "" if value is None else str(value)


def _short(moment: Any) -> str:
    """Return an RFC 3339 time to the second."""
    return str(moment or "").split(".")[0].removesuffix("Z").replace("T", " ") + ("Z" if moment else "")
