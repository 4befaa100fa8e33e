"""``firebrigade incident verify`` and ``incident export``: the record of incidents, for whoever checks it later.

Both only read, over the API. ``incidents.py`` puts them beside the other commands.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from firebrigade.responder.commands.api_client import ApiClient
from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.output import plain, print_json
from firebrigade.responder.commands.post_mortem import post_mortem
from firebrigade.responder.commands.post_mortem_page import page
from firebrigade.responder.commands.surroundings import Number, json_option
from firebrigade.responder.redaction import Redactor, find_secrets
from firebrigade.responder.settings import load_settings

BROKEN = 1
_PAGE = 100


@click.command()
@click.argument("incident_id", metavar="[ID]", type=Number(min=1), required=False)
@click.option("--head", metavar="HASH", help="A head of an earlier export or check, which must be part of the chain.")
@json_option
def verify(incident_id: int | None, head: str | None, as_json: bool) -> None:
    """
    Check that timelines are as they were written.

    Each entry carries a hash of itself and of the entry before it; a changed, removed, inserted or moved entry and a
    cut-off end are told. Without ID, every incident is checked. Exit code 1 if anything is broken.
    """
    if head is not None and incident_id is None:
        raise click.UsageError("--head needs the ID of the incident that it belongs to")
    client = ApiClient(load_settings())
    chains = list(_chains(client) if incident_id is None else [_chain(client, incident_id, head)])
    problems = [problem for chain in chains for problem in chain["problems"]]
    if as_json:
        print_json(chains)
    else:
        for line in (*(problem["summary"] for problem in problems), *_said(chains, incident_id, len(problems))):
            click.echo(plain(line))
    if problems:
        click.get_current_context().exit(BROKEN)


@click.command()
@click.argument("incident_id", metavar="ID", type=Number(min=1))
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="A draft of a post-mortem for people, or everything for programs.",
)
def export(incident_id: int, form: str) -> None:
    """
    Print an incident's record: a draft of its post-mortem, or JSON.

    \b
    Examples:
      firebrigade incident export 42 > incident-42.md
      firebrigade incident export 42 --format json > incident-42.json
    """
    settings = load_settings()
    answer = ApiClient(settings).get(f"/incidents/{incident_id}")
    _chain_of(answer)
    redactor = Redactor(find_secrets(settings))
    record = post_mortem(answer, redactor)
    if form == "json":
        print_json(record)
    else:
        click.echo(redactor.text(page(record)), nl=False)


def _chains(client: ApiClient) -> Iterator[Mapping[str, Any]]:
    query: dict[str, str | int] = {"limit": _PAGE}
    while True:
        answer = client.get("/chains", **query)
        yield from answer.get("chains", [])
        if answer.get("next_before") is None:
            return
        query["before"] = answer["next_before"]


def _chain(client: ApiClient, incident_id: int, head: str | None) -> Mapping[str, Any]:
    answer = client.get(f"/incidents/{incident_id}")
    chain = _chain_of(answer)
    if head is None or head in {entry.get("hash") for entry in answer.get("timeline", [])}:
        return chain
    words = f"incident {incident_id}: no entry has the hash {head[:80]}: the timeline was made anew, or never had it"
    problem = {"incident_id": incident_id, "entry": 1, "summary": words}
    return {**chain, "problems": [*chain["problems"], problem]}


def _chain_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    chain: Mapping[str, Any] | None = answer.get("chain")
    if chain is None:
        raise UserError("the service is older than this command and keeps no chain; update the service")
    return chain


def _said(chains: list[Mapping[str, Any]], incident_id: int | None, broken: int) -> Iterator[str]:
    """Yield what came of it in one line."""
    entries = sum(chain["entries"] for chain in chains)
    if broken:
        yield f"{broken} {'break' if broken == 1 else 'breaks'} in {_counted(chains, entries)}."
    elif incident_id is not None:
        yield f"Incident {incident_id} is as it was written: {entries} entries, head {chains[0]['head']}"
    else:
        yield f"All is as it was written: {_counted(chains, entries)}."


def _counted(chains: list[Mapping[str, Any]], entries: int) -> str:
    return f"{len(chains)} incident{'s' * (len(chains) != 1)} with {entries} entries"
