"""``firebrigade maintenance`` (windows of the configuration) and ``firebrigade silence`` (straight to Alertmanager)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.clock import SystemClock
from firebrigade.responder.commands.api_client import default_actor
from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.output import format_time, print_json, print_table
from firebrigade.responder.commands.surroundings import config_option, json_option, read
from firebrigade.responder.config import Config
from firebrigade.responder.config_problems import did_you_mean
from firebrigade.responder.durations import format_duration, parse_duration
from firebrigade.responder.maintenance import occurrences
from firebrigade.responder.matchers import Matcher, format_matchers, match_all, parse_matchers
from firebrigade.responder.model import MaintenanceWindow, Occurrence

_YEAR = timedelta(days=366)
_source_option = click.option("--source", help="Which of the configured Alertmanagers. [default: the only one]")


@click.group()
def maintenance() -> None:
    """
    See the maintenance windows of the configuration.

    \b
    Examples:
      firebrigade maintenance list
      firebrigade maintenance next --within 30d
    """


@maintenance.command("list")
@config_option
@json_option
def list_windows(config_path: Path | None, as_json: bool) -> None:
    """List the windows, and whether each is open now."""
    now = SystemClock().now()
    windows = read(config_path)[1].maintenance
    if as_json:
        print_json([_window_to_json(window, now) for window in windows])
        return
    rows = (
        (window.name, _state(window, now), _when(window), format_matchers(window.matchers), window.owner, window.reason)
        for window in windows
    )
    columns = ("window", "state", "when", "matchers", "owner", "reason")
    print_table(columns, rows, empty="No maintenance windows are configured.")


@maintenance.command("next")
@click.option("--within", default="7d", show_default=True, metavar="DURATION", help="How far to look ahead.")
@config_option
@json_option
def next_windows(within: str, config_path: Path | None, as_json: bool) -> None:
    """List what is open now or comes next, in the order in which it starts."""
    now, ahead = SystemClock().now(), _duration(within, "--within")
    windows = read(config_path)[1].maintenance
    found = [(window, occurrence) for window in windows for occurrence in occurrences(window, now, now + ahead)]
    found.sort(key=lambda pair: (pair[1].starts_at, pair[0].name))
    if as_json:
        print_json([_occurrence_to_json(window, occurrence) for window, occurrence in found])
        return
    rows = (
        (occurrence.starts_at, occurrence.ends_at, window.name, format_matchers(window.matchers), window.owner)
        for window, occurrence in found
    )
    columns = ("starts", "ends", "window", "matchers", "owner")
    print_table(columns, rows, empty=f"No maintenance within {within}.")


@click.group()
def silence() -> None:
    """
    See, make and end silences in Alertmanager.

    \b
    Examples:
      firebrigade silence add 'service="ryot"' --for 2h --comment "upgrade, see CHG-17"
      firebrigade silence list
      firebrigade silence expire 8f4b6a1e-5d0c-4f3a-9d43-2f0d8c1f6f10
    """


@silence.command("list")
@click.option("--all", "with_expired", is_flag=True, help="Expired ones too.")
@_source_option
@config_option
@json_option
def list_silences(with_expired: bool, source: str | None, config_path: Path | None, as_json: bool) -> None:
    """List the silences that hold now or will."""
    silences = _alertmanager(config_path, source).silences()
    shown = [item for item in silences if with_expired or item.state is not SilenceState.EXPIRED]
    shown.sort(key=lambda item: (item.ends_at, item.id))
    if as_json:
        print_json([_silence_to_json(item) for item in shown])
        return
    rows = (
        (item.id, item.state.value, item.ends_at, format_matchers(item.matchers), item.created_by, item.comment)
        for item in shown
    )
    columns = ("id", "state", "ends", "matchers", "by", "comment")
    print_table(columns, rows, empty="No silences.")


@silence.command()
@click.argument("matchers", nargs=-1, required=True, metavar="MATCHER...")
@click.option("--for", "duration", required=True, metavar="DURATION", help="How long, as in 30m or 2h.")
@click.option("--comment", required=True, help="Why.")
@click.option("--start", metavar="TIME", help="When it begins, as in 2026-11-23T22:00:00Z. [default: now]")
@click.option("--actor", help="Who you are. [default: your user name]")
@_source_option
@config_option
@json_option
def add(matchers: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """
    Silence the alerts that meet every MATCHER.

    A matcher is written as Alertmanager writes it: 'severity="warning"', 'pod=~"api-.*"'. Quote it for the shell.
    """
    now = SystemClock().now()
    starts_at = max(_moment(options["start"]), now) if options["start"] else now
    new = NewSilence(
        matchers=_matchers(matchers),
        starts_at=starts_at,
        ends_at=starts_at + _duration(options["duration"], "--for"),
        created_by=options["actor"] or default_actor(),
        comment=_comment(options["comment"]),
    )
    silence_id = _alertmanager(options["config_path"], options["source"]).create_silence(new)
    if as_json:
        print_json({"id": silence_id, "starts_at": new.starts_at, "ends_at": new.ends_at})
    else:
        click.echo(f"{silence_id}\nSilenced until {format_time(new.ends_at)}.")


@silence.command()
@click.argument("silence_ids", nargs=-1, required=True, metavar="ID...")
@_source_option
@config_option
def expire(silence_ids: tuple[str, ...], source: str | None, config_path: Path | None) -> None:
    """End silences now."""
    alertmanager = _alertmanager(config_path, source)
    for silence_id in silence_ids:
        alertmanager.expire_silence(silence_id)
        click.echo(f"Silence {silence_id} is expired.")


def _alertmanager(config_path: Path | None, source: str | None) -> Alertmanager:
    return Alertmanager(_pick(read(config_path)[1], source))


def _pick(config: Config, source: str | None) -> Any:
    known = config.alertmanagers
    if not known:
        raise UserError(
            "no Alertmanager is configured; add alertmanagers: {alertmanager: {url: …}} to firebrigade.yaml"
        )
    if source is None and len(known) > 1:
        raise click.UsageError(f"several Alertmanagers are configured; choose with --source: {', '.join(known)}")
    chosen = source or next(iter(known))
    if chosen not in known:
        raise click.UsageError(f"no Alertmanager is called {chosen!r}{did_you_mean(chosen, known)}")
    return known[chosen]


def _matchers(texts: tuple[str, ...]) -> tuple[Matcher, ...]:
    try:
        matchers = tuple(matcher for text in texts for matcher in parse_matchers(text))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if match_all(matchers, {}):
        raise click.UsageError("these matchers would silence everything; name a label's value")
    return matchers


def _comment(text: str) -> str:
    if not text.strip():
        raise click.UsageError("--comment is empty; say why")
    return text


def _duration(text: str, option: str) -> timedelta:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None
    if not timedelta() < duration <= _YEAR:
        raise click.UsageError(f"{option}: {text} is not between a moment and a year")
    return duration


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--start: {text!r} is not a time; write it as in 2026-11-23T22:00:00Z") from None
    return moment.astimezone()  # without an offset it is the time of this machine


def _state(window: MaintenanceWindow, now: datetime) -> str:
    if occurrences(window, now, now + timedelta(microseconds=1)):
        return "open"
    return "over" if window.ends_at and window.ends_at <= now else "closed"


def _when(window: MaintenanceWindow) -> str:
    if window.starts_at and window.ends_at:
        return f"{format_time(window.starts_at)} to {format_time(window.ends_at)}"
    return f"{window.cron} {window.timezone} for {format_duration(window.duration or timedelta())}"


def _window_to_json(window: MaintenanceWindow, now: datetime) -> dict[str, Any]:
    return {
        "name": window.name,
        "state": _state(window, now),
        "matchers": [str(matcher) for matcher in window.matchers],
        "owner": window.owner,
        "reason": window.reason,
        "timezone": window.timezone,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "cron": window.cron,
        "duration_seconds": window.duration.total_seconds() if window.duration else None,
    }


def _occurrence_to_json(window: MaintenanceWindow, occurrence: Occurrence) -> dict[str, Any]:
    return {
        "window": window.name,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "matchers": [str(matcher) for matcher in window.matchers],
        "owner": window.owner,
        "reason": window.reason,
    }


def _silence_to_json(item: Silence) -> dict[str, Any]:
    return {
        "id": item.id,
        "state": item.state.value,
        "matchers": [str(matcher) for matcher in item.matchers],
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        "created_by": item.created_by,
        "comment": item.comment,
    }
