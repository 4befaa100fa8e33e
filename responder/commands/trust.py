"""``firebrigade trust``: how far runbooks are trusted, and a person's word on it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from firebrigade.responder.commands.api_client import ApiClient
from firebrigade.responder.commands.audit import BROKEN
from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.incident_page import short
from firebrigade.responder.commands.output import plain, print_fields, print_json, print_table
from firebrigade.responder.commands.surroundings import json_option
from firebrigade.responder.settings import load_settings
from firebrigade.responder.trust import TrustLevel
from firebrigade.runbooks.modes import DEFAULT_ENVIRONMENT

Record = Mapping[str, Any]

_OFF = "Trust is not configured, so modes alone decide; add trust: {} to firebrigade.yaml."
_runbook_argument = click.argument("runbook")
_environment_argument = click.argument("environment", default=DEFAULT_ENVIRONMENT)
_reason_option = click.option("--reason", required=True, help="Why, for the ledger.")


@click.group()
def trust() -> None:
    """
    See and change how far runbooks are trusted.

    The levels are observe (plans are written down), suggest (people are told the plan and carry it out), approve
    (applied once a person has approved it) and auto. ENVIRONMENT is one of automation.environments, and can be left out
    where none are named.

    \b
    Examples:
      firebrigade trust list
      firebrigade trust history crash-loop production
      firebrigade trust promote crash-loop production --reason "five good repairs, see the review of Tuesday"
    """


@trust.command("list")
@json_option
def list_standings(as_json: bool) -> None:
    """List every runbook with its level in each environment, and how far it is from the next one."""
    answer = ApiClient(load_settings()).get("/trust")
    if as_json:
        print_json(answer)
    elif not answer.get("on"):
        click.echo(_OFF)
    else:
        rows = (
            (one.get("runbook"), one.get("environment"), one.get("level"), _progress(one), one.get("because"))
            for one in answer.get("standings", [])
        )
        columns = ("runbook", "environment", "level", "successes", "because")
        print_table(columns, rows, empty="There are no runbooks with steps.")


@trust.command()
@_runbook_argument
@_environment_argument
@json_option
def history(runbook: str, environment: str, as_json: bool) -> None:
    """Print every entry of the ledger about a runbook in an environment, oldest first."""
    answer = ApiClient(load_settings()).get(_path(runbook, environment))
    if as_json:
        print_json(answer)
        return
    found: Record = answer.get("standing", {})
    print_fields([("level", found.get("level")), ("because", found.get("because")), ("successes", _progress(found))])
    names = ("event", "level", "actor", "incident_id", "reason")
    rows = ((short(one.get("at")), *(one.get(name) for name in names)) for one in answer.get("entries", []))
    print_table(("at", "event", "level", "by", "incident", "reason"), rows, empty="Nothing has happened so far.")


@trust.command()
@_runbook_argument
@_environment_argument
@_reason_option
def promote(runbook: str, environment: str, reason: str) -> None:
    """
    Promote a runbook by one level.

    It takes trust.promote_after successes since the level changed, with the steps as they are: plans that every guard
    let through at observe and suggest, verified runs at approve. FIREBRIGADE_API_TOKEN must be the token of an approver
    with may_promote: true.
    """
    client = ApiClient(load_settings())
    level, _ = _levels(client, runbook, environment)
    if level is TrustLevel.AUTO:
        raise UserError(f"{runbook} in {environment} is at auto already, which is the highest level")
    _change(client, runbook, environment, level.moved(1), reason)


@trust.command()
@_runbook_argument
@_environment_argument
@click.option("--to", "to", type=click.Choice([level.value for level in TrustLevel][:-1]), help="[default: one below]")
@_reason_option
def demote(runbook: str, environment: str, to: str | None, reason: str) -> None:
    """
    Demote a runbook, by one level unless told otherwise; every approver may, at any time.

    Where steps were edited after they came to auto, --to approve keeps auto from coming back with them.

    What is being applied at this moment goes on; automation off is the switch for that.
    """
    client = ApiClient(load_settings())
    level, held = _levels(client, runbook, environment)
    wanted = TrustLevel(to) if to else level.moved(-1)
    if wanted.rank >= held.rank or wanted.rank > level.rank:
        raise UserError(f"{runbook} in {environment} is at {level.value}, and {wanted.value} is not below that")
    _change(client, runbook, environment, wanted, reason)


@trust.command()
@click.option("--head", metavar="HASH", help="A head of an earlier check, which must be part of the ledger.")
@json_option
def verify(head: str | None, as_json: bool) -> None:
    """
    Check that the ledger is as it was written.

    Each entry carries a hash of itself and of the entry before it; a changed, removed, inserted or moved entry and a
    cut-off end are told. Keep the head that it prints where the database's administrators can't write. Exit code 1 if
    anything is broken.
    """
    answer = ApiClient(load_settings()).get("/trust/chain", **({"head": head} if head else {}))
    problems = answer.get("problems", [])
    if as_json:
        print_json(answer)
    else:
        for problem in problems:
            click.echo(plain(problem.get("summary")))
        if not problems:
            known = f", head {answer.get('head')}" if answer.get("head") else ""
            click.echo(plain(f"The ledger of trust is as it was written: {answer.get('entries')} entries{known}"))
    if problems:
        click.get_current_context().exit(BROKEN)


def _levels(client: ApiClient, runbook: str, environment: str) -> tuple[TrustLevel, TrustLevel]:
    """Return the level that it is at, and the one that the ledger names."""
    found: Record = client.get(_path(runbook, environment)).get("standing", {})
    level = TrustLevel(str(found.get("level")))
    return level, TrustLevel(str(found.get("held", level.value)))


def _change(client: ApiClient, runbook: str, environment: str, level: TrustLevel, reason: str) -> None:
    body = {"level": level.value, "reason": reason}
    found: Record = client.post(_path(runbook, environment), body).get("standing", {})
    click.echo(plain(f"{runbook} in {environment} is at {found.get('level')}: {found.get('because')}"))


def _progress(standing: Record) -> str:
    if standing.get("level") == TrustLevel.AUTO:
        return str(standing.get("successes"))
    return f"{standing.get('successes')} of {standing.get('needed')}"


def _path(runbook: str, environment: str) -> str:
    return f"/trust/{quote(runbook, safe='')}/{quote(environment, safe='')}"
