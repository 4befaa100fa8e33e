"""Maintenance windows: when they take place, and whether labels are under maintenance now. Pure.

The suppress stage asks ``suppressed_until``, ``silences.py`` turns occurrences into silences, and the configuration is
checked by ``check_window``. How cron expressions and daylight saving time go together stands in ``cron.py``; a window's
duration is elapsed time, so that a window of two hours lasts two hours in the night the clocks are moved, too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from firebrigade.responder import cron
from firebrigade.responder.matchers import match_all
from firebrigade.responder.model import MaintenanceWindow, Occurrence

_INSTANT = timedelta(microseconds=1)
_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window that holds labels back now: until when, and the reason in words for the timeline."""

    window: str
    until: datetime
    reason: str


def check_window(window: MaintenanceWindow) -> None:
    """Check what the other functions rely on.

    Raises:
        ValueError: one sentence on the first thing that is wrong.
    """
    where = f"maintenance window {window.name!r}"
    if not window.name:
        raise ValueError("a maintenance window needs a name")
    if not any(not matcher.matches({}) for matcher in window.matchers):
        # Alertmanager refuses such a silence, and so much silence is never meant.
        raise ValueError(f"{where} would silence everything: add a matcher that an alert without labels does not meet")
    _check_zone(window.timezone, where)
    if window.cron:
        _check_recurring(window, where)
    else:
        _check_one_off(window, where)


def occurrences(window: MaintenanceWindow, start: datetime, end: datetime) -> list[Occurrence]:
    """Return the window's occurrences of which a part lies in ``[start, end)``, in order.

    An occurrence's key is ``<window>/<start in UTC>/<digest>``. The digest is of the matchers, the start and the end:
    an edit of what is silenced makes another key, and a new reason or owner does not.

    Raises:
        ValueError: the window is one that ``check_window`` refuses.
    """
    if window.cron and window.duration:
        # An occurrence ends just before its end, so that one that ends at `start` has no part in what follows.
        first = start - window.duration + _INSTANT
        starts = cron.times(window.cron, ZoneInfo(window.timezone), first, end)
        return [_occurrence(window, moment, moment + window.duration) for moment in starts]
    if window.starts_at is None or window.ends_at is None:
        raise ValueError(f"maintenance window {window.name!r} has neither cron and duration nor a start and an end")
    if window.starts_at < end and window.ends_at > start:
        return [_occurrence(window, window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC))]
    return []


def suppressed_until(
    windows: Iterable[MaintenanceWindow], labels: Mapping[str, str], now: datetime
) -> Maintenance | None:
    """Return the window that holds these labels back for longest, as far as is known now, or None."""
    held = [
        Maintenance(window=window.name, until=occurrence.ends_at, reason=_reason(window))
        for window in windows
        if match_all(window.matchers, labels)
        for occurrence in occurrences(window, now, now + _INSTANT)
    ]
    return max(held, key=lambda maintenance: (maintenance.until, maintenance.window), default=None)


def in_maintenance(windows: Sequence[MaintenanceWindow], labels: Mapping[str, str], now: datetime) -> bool:
    """Return whether any window holds these labels back now."""
    return suppressed_until(windows, labels, now) is not None


def _occurrence(window: MaintenanceWindow, starts_at: datetime, ends_at: datetime) -> Occurrence:
    silenced = [sorted(map(str, window.matchers)), starts_at.isoformat(), ends_at.isoformat()]
    digest = hashlib.sha256(json.dumps(silenced).encode()).hexdigest()[:_DIGEST_CHARACTERS]
    key = f"{quote(window.name, safe='')}/{starts_at:%Y%m%dT%H%M%SZ}/{digest}"
    return Occurrence(window=window.name, key=key, starts_at=starts_at, ends_at=ends_at)


def _reason(window: MaintenanceWindow) -> str:
    return f"maintenance {window.name}: {window.reason} (owner: {window.owner})"


def _check_zone(name: str, where: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a directory, such as Europe
        raise ValueError(f"{where} has the unknown time zone {name!r}: write one such as Europe/Berlin") from None


def _check_recurring(window: MaintenanceWindow, where: str) -> None:
    if window.starts_at or window.ends_at:
        raise ValueError(f"{where} has a cron expression and a fixed time: keep one of them")
    if window.duration is None or window.duration <= timedelta():
        raise ValueError(f"{where} has a cron expression and no duration: say how long it lasts")
    try:
        cron.check_cron(window.cron, window.duration)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_one_off(window: MaintenanceWindow, where: str) -> None:
    if window.starts_at is None or window.ends_at is None:
        raise ValueError(f"{where} has no time: write cron and duration, or starts_at and ends_at")
    if window.duration is not None:
        raise ValueError(f"{where} has a duration but no cron expression: write starts_at and ends_at only")
    if window.starts_at.tzinfo is None or window.ends_at.tzinfo is None:
        raise ValueError(f"{where} has a time without offset: write one such as 2026-01-05T09:00:00+01:00")
    if window.ends_at <= window.starts_at:
        raise ValueError(f"{where} ends before it starts: correct starts_at or ends_at")
