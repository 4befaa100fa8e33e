"""Maintenance windows: from the file's blocks to records, with zones, times and cron expressions checked.

``config.py`` calls this. When a window is open is ``maintenance.py``'s to say. Pure.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from firebrigade.responder.config_file import WindowBlock
from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean
from firebrigade.responder.config_types import flat
from firebrigade.responder.cron import check_cron
from firebrigade.responder.model import MaintenanceWindow


def build_windows(blocks: Mapping[str, WindowBlock], problems: Problems) -> tuple[MaintenanceWindow, ...]:
    """Return the windows in their order; one with a problem is left out."""
    windows = (_build_window(name, block, problems) for name, block in blocks.items())
    return tuple(window for window in windows if window)


def _build_window(name: str, block: WindowBlock, problems: Problems) -> MaintenanceWindow | None:
    path: KeyPath = ("maintenance", name)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
        problems.add(path, "is not a window's name: letters, digits, . - and _, at most 63")
    _check_not_everything(block, path, problems)
    zone = _zone(block.timezone, path, problems)
    one_off, recurring = bool(block.starts_at or block.ends_at), bool(block.cron or block.duration)
    if one_off is recurring:
        problems.add(path, "needs either starts_at and ends_at, or cron and duration")
        return None
    if zone is None or not (_check_recurring(block, path, problems) if recurring else True):
        return None
    starts_at = ends_at = None
    if one_off:
        starts_at, ends_at = (_moment(block, key, zone, path, problems) for key in ("starts_at", "ends_at"))
        if not starts_at or not ends_at:
            return None
        if ends_at <= starts_at:
            problems.add((*path, "ends_at"), "is not after starts_at")
            return None
    return MaintenanceWindow(
        name=name,
        matchers=flat(block.matchers),
        owner=block.owner,
        reason=block.reason,
        timezone=block.timezone,
        starts_at=starts_at,
        ends_at=ends_at,
        cron=block.cron,
        duration=block.duration,
    )


def _check_not_everything(block: WindowBlock, path: KeyPath, problems: Problems) -> None:
    """Alertmanager refuses a silence whose matchers all match the empty string: it would silence everything."""
    if all(matcher.matches({}) for matcher in flat(block.matchers)):
        problems.add((*path, "matchers"), "match even an alert without labels, so they would silence everything")


def _zone(name: str, path: KeyPath, problems: Problems) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        hint = did_you_mean(name, available_timezones()) or "; write it as in Europe/Berlin"
        problems.add((*path, "timezone"), f"{name[:60]!r} is not a time zone{hint}")
        return None


def _moment(block: WindowBlock, key: str, zone: ZoneInfo, path: KeyPath, problems: Problems) -> datetime | None:
    """Return one end of a one-off window; a time without an offset is local time in the window's zone."""
    text = getattr(block, key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        problems.add((*path, key), "is not a time; write it as in 2026-11-23T22:00:00Z" if text else "is missing")
        return None
    if moment.tzinfo is not None:
        return moment
    early, late = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        problems.add((*path, key), f"the clock in {block.timezone} changes then; write the time with its offset")
        return None
    return early


def _check_recurring(block: WindowBlock, path: KeyPath, problems: Problems) -> bool:
    if not block.cron or block.duration is None:
        problems.add((*path, "duration" if block.cron else "cron"), "is missing; cron and duration belong together")
        return False
    try:
        check_cron(block.cron, block.duration)
    except ValueError as error:
        problems.add((*path, "cron"), str(error))
        return False
    return True
