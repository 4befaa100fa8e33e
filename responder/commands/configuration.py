"""``firebrigade config check`` and ``firebrigade route``: what the configuration says, without starting anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from firebrigade.receivers.registry import find_receivers
from firebrigade.responder.clock import SystemClock
from firebrigade.responder.commands.output import plain, print_fields, print_json
from firebrigade.responder.commands.surroundings import config_option, json_option, parse_labels, read, read_config
from firebrigade.responder.config import Config
from firebrigade.responder.database_check import check_database
from firebrigade.responder.durations import format_duration
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.matchers import format_matchers
from firebrigade.responder.model import EscalationPolicy
from firebrigade.responder.routing import Explanation, explain
from firebrigade.responder.settings import Settings, load_settings
from firebrigade.responder.storm_route import too_quiet

_CREDENTIALS = "set FIREBRIGADE_WEBHOOK_TOKEN, or FIREBRIGADE_WEBHOOK_USERNAME and FIREBRIGADE_WEBHOOK_PASSWORD"


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
@config_option
def check(config_path: Path | None) -> None:
    """
    Check the environment and firebrigade.yaml; every problem is listed with file, line and key.

    What serve would refuse is refused here, but for the webhook's credentials: without them there is a note.

    \b
    Examples:
      firebrigade config check
      firebrigade config check --config deploy/firebrigade.yaml
    """
    settings = load_settings()
    problems = _database_problems(settings)
    try:
        found = read_config(config_path, settings)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    click.echo(_summary(found))
    for note in _notes(settings, found):
        click.echo(f"note: {note}")


@click.command()
@click.argument("labels", nargs=-1, required=True, metavar="LABEL=VALUE...")
@config_option
@json_option
def route(labels: tuple[str, ...], config_path: Path | None, as_json: bool) -> None:
    """
    Say what would happen to an alert.

    Which receivers, escalation policy and runbook an alert with these labels gets, and which maintenance holds it back.

    \b
    Examples:
      firebrigade route alertname=ServiceDown severity=critical service=ryot
      firebrigade route severity=warning service=akosha --json
    """
    alert = parse_labels(labels)
    _, found = read(config_path)
    explanation = explain(found, alert, SystemClock().now())
    policy = found.policies.get(explanation.route.policy) if explanation.route else None
    if as_json:
        print_json(_to_json(explanation, policy))
    else:
        _print(explanation, policy, found)
        if quiet := _too_quiet(found):
            click.echo(f"note: {quiet}")


def _print(explanation: Explanation, policy: EscalationPolicy | None, found: Config) -> None:
    if explanation.heartbeat is not None:
        click.echo(plain(f"This is a heartbeat {format_matchers(explanation.heartbeat)}: noted, never an incident."))
        return
    if explanation.route is None:
        click.echo("No route matches: the incident is recorded and nobody is told.")
    route = explanation.route
    print_fields(
        [
            ("route", f"{explanation.position} {format_matchers(route.matchers)}" if route else ""),
            ("receivers", (route.receivers or ("nobody",)) if route else ""),
            ("policy", _describe(policy) if policy else "none: nobody is escalated to" if route else ""),
            ("runbook", explanation.runbook.name if explanation.runbook else "none: nothing is done automatically"),
            ("automation", found.automation.mode.value),
            *(
                ("maintenance", f"{window.name}: {window.reason} ({window.owner})")
                for window in explanation.maintenance
            ),
        ]
    )


def _describe(policy: EscalationPolicy) -> str:
    steps = [
        f"L{step.level} {', '.join(step.targets) or 'the receivers'} for {format_duration(step.acknowledge_within)}"
        for step in policy.steps
    ]
    times = {0: "", 1: ", repeated once"}.get(policy.repeat, f", repeated {policy.repeat} times")
    return f"{policy.name}: {' → '.join(steps)}{times}; automation {policy.automation.value}"


def _to_json(explanation: Explanation, policy: EscalationPolicy | None) -> dict[str, Any]:
    route = explanation.route
    heartbeat = explanation.heartbeat
    return {
        "heartbeat": None if heartbeat is None else [str(matcher) for matcher in heartbeat],
        "route": explanation.position or None,
        "matchers": [str(matcher) for matcher in route.matchers] if route else None,
        "receivers": list(route.receivers) if route else [],
        "policy": policy.name if policy else None,
        "levels": _levels(policy) if policy else [],
        "runbook": explanation.runbook.name if explanation.runbook else None,
        "maintenance": [window.name for window in explanation.maintenance],
    }


def _levels(policy: EscalationPolicy) -> list[Mapping[str, Any]]:
    return [
        {
            "level": step.level,
            "targets": list(step.targets),
            "acknowledge_within_seconds": step.acknowledge_within.total_seconds(),
        }
        for step in policy.steps
    ]


def _summary(found: Config) -> str:
    where = str(found.path) if found.path else "No configuration file, so the defaults hold"
    receivers = ", ".join(found.receivers)
    return f"{where}: no problems. Receivers: {receivers}. Automation: {found.automation.mode.value}."


def _database_problems(settings: Settings) -> list[str]:
    try:
        check_database(settings)
    except ConfigError as error:
        return list(error.problems)
    return []


def _too_quiet(found: Config) -> str:
    types = find_receivers()
    return too_quiet(found, {name: types[one.type].REACHES for name, one in found.receivers.items()})


def _notes(settings: Settings, found: Config) -> list[str]:
    """Return what is allowed and yet probably not meant."""
    notes = []
    if not settings.webhook_token and not settings.webhook_password:
        notes.append("the webhook has no credentials, so serve starts only with --insecure; " + _CREDENTIALS)
    if found.routes and found.routes[-1].matchers:
        notes.append("no route takes everything, so an alert that none matches is recorded and nobody is told")
    if found.automation.mode == "auto" and not found.automation.namespaces:
        notes.append("automation.namespaces is empty, so no action in Kubernetes is allowed")
    held = {place for one in found.automation.modes.environments for place in one.namespaces}
    if found.automation.modes.environments and (left := sorted(set(found.automation.namespaces) - held)):
        notes.append(f"no environment has {', '.join(left)}, so what is there is planned and not changed")
    if found.automation.mode == "auto" and not found.kubernetes:
        notes.append("kubernetes is not configured, so actions on pods and deployments are refused")
    if quiet := _too_quiet(found):
        notes.append(quiet)
    if not found.alertmanagers:
        notes.append("alertmanagers is empty, so lost resolves are not noticed and maintenance makes no silences")
    return notes
