"""``firebrigade incident approve`` and ``reject``: a person's answer to the plan that waits for one."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import click

from firebrigade.responder.commands.api_client import ApiClient
from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.incident_page import short
from firebrigade.responder.commands.output import plain, print_fields
from firebrigade.responder.commands.surroundings import Number
from firebrigade.responder.settings import load_settings

Record = Mapping[str, Any]

_DIGITS = 12  # as many as notifications and pages show
_DONE = {"approve": "approved", "reject": "rejected"}

_id_argument = click.argument("incident_id", metavar="ID", type=Number(min=1))
_plan_argument = click.argument("plan", metavar="[PLAN]", required=False)
_note_option = click.option("--note", default="", help="Why, for the timeline.")


@click.command()
@_id_argument
@_plan_argument
@_note_option
def approve(incident_id: int, plan: str | None, note: str) -> None:
    """
    Approve the plan that waits for a person; it is then applied.

    PLAN is the hash that the notification names, so that you approve what you have seen; without it, the plan is shown
    and you are asked. A plan that the world has overtaken since is not applied: another one is shown. Every guard is
    asked again before anything is changed.

    FIREBRIGADE_API_TOKEN must be the token of one of the approvers in firebrigade.yaml. Whoever answers first is
    recorded.

    \b
    Example:
      firebrigade incident approve 42 3f9c2a7b81d4
    """
    _answer(incident_id, plan, note, verb="approve")


@click.command()
@_id_argument
@_plan_argument
@_note_option
def reject(incident_id: int, plan: str | None, note: str) -> None:
    """
    Reject the plan that waits for a person: it is not applied, and the runbook ends.

    See approve for PLAN and for who may.

    \b
    Example:
      firebrigade incident reject 42 3f9c2a7b81d4 --note "the database is being moved"
    """
    _answer(incident_id, plan, note, verb="reject")


def proposal_fields(proposal: Record) -> list[tuple[str, object]]:
    """Return the names and values of a plan that waits for a person."""
    return [
        ("step", f"{proposal.get('number')}: {proposal.get('step')}"),
        ("plan", str(proposal.get("plan"))[:_DIGITS]),
        ("what", proposal.get("summary")),
        ("where", proposal.get("target")),
        ("action", f"{proposal.get('action')} {_pairs(proposal.get('params'))}".rstrip()),
        ("from", _pairs(proposal.get("before"))),
        ("to", _pairs(proposal.get("desired"))),
        ("why", proposal.get("why")),
        ("verified", proposal.get("verified_by")),
        ("undone", proposal.get("undone_by")),
        ("waits until", short(proposal.get("expires_at"))),
        ("because", proposal.get("asked_by")),
    ]


def _pairs(values: Record | None) -> str:
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in (values or {}).items())


def _answer(incident_id: int, plan: str | None, note: str, *, verb: str) -> None:
    client = ApiClient(load_settings())
    page: Record = client.get(f"/incidents/{incident_id}")
    number, whole = _named(page, incident_id, plan, verb) if plan else _asked(page, incident_id, verb)
    body = {"plan": whole, "note": note}
    step = client.post(f"/incidents/{incident_id}/steps/{number}/{verb}", body).get("step", {})
    by = f"by {step.get('answered_by')} at {short(step.get('answered_at'))}"
    summary = (step.get("plan") or {}).get("summary", "")
    click.echo(plain(f"Plan {whole[:_DIGITS]} of incident {incident_id} is {_DONE[verb]} {by}: {summary}"))


def _named(page: Record, incident_id: int, plan: str, verb: str) -> tuple[int, str]:
    """Return the step's number and the whole hash of the plan that somebody names by its first digits."""
    if not re.fullmatch(f"[0-9a-f]{{{_DIGITS},64}}", plan):
        raise UserError(f"a plan is named by the first {_DIGITS} digits of its hash, as firebrigade incident show does")
    for step in page.get("steps", []):
        if str(step.get("plan_hash", "")).startswith(plan):
            return int(step["number"]), str(step["plan_hash"])
    raise UserError(
        f"incident {incident_id} has no plan {plan} (any more); see firebrigade incident show {incident_id}, "
        f"and {verb} what it shows"
    )


def _asked(page: Record, incident_id: int, verb: str) -> tuple[int, str]:
    """Show the plan that waits and ask whoever sits there."""
    proposal = page.get("proposal")
    if not proposal:
        raise UserError(f"no plan of incident {incident_id} waits for a person")
    print_fields(proposal_fields(proposal), page=True)
    if not sys.stdin.isatty():
        name = proposal["plan"][:_DIGITS]
        raise UserError(f"to {verb} this plan, name it: firebrigade incident {verb} {incident_id} {name}")
    click.confirm(f"{verb.capitalize()} this plan?", abort=True)
    return int(proposal["number"]), str(proposal["plan"])
