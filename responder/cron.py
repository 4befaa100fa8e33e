"""When a cron expression comes true in a named time zone: wall-clock times, each once, whatever the clocks do.

``maintenance.py`` makes windows of it. APScheduler's CronTrigger finds the wall-clock times; this module gives it the
weekdays that crontab means (CronTrigger counts from Monday, crontab from Sunday) and decides about daylight saving time
by the rule of iCalendar, RFC 5545 section 3.3.5: a time that the clocks skip happens as if they had not been moved yet
(02:30 becomes 03:30), and of a time that happens twice the first one counts. Day and weekday must both match.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_RANGE = re.compile(r"(?P<first>[a-z]{3}|[0-7])(?:-(?P<last>[a-z]{3}|[0-7]))?(?:/(?P<step>[1-9]))?|\*/(?P<every>[1-9])")
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_CHECKED_TIMES = 1500  # a day of minutes, four years of days


def check_cron(cron: str, duration: timedelta) -> None:
    """Check an expression of five fields: minute, hour, day of month, month, day of week.

    Raises:
        ValueError: it can't be read, never comes true, or comes true again within ``duration``; one sentence.
    """
    start = datetime(2000, 1, 1, tzinfo=UTC)  # any would do: every date comes back within 28 years, or never
    walls = list(islice(_wall_times(cron, start, start + 28 * 366 * _DAY), _CHECKED_TIMES))
    if not walls:
        raise ValueError(f"cron {cron!r} never comes true: no month has such a day")
    if any(later - earlier < duration for earlier, later in pairwise(walls)):
        raise ValueError(f"cron {cron!r} comes true again before {duration} are over: make the duration shorter")


def times(cron: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Return the moments in ``[start, end)`` at which the expression comes true, in UTC, in order, each once.

    Raises:
        ValueError: the expression can't be read; one sentence.
    """
    # The zone's clocks may be moved near either end, and even by a whole day (Samoa, 2011).
    first = min(_wall_clock(start + shift, zone) - shift for shift in (-_DAY, timedelta(), _DAY))
    last = max(_wall_clock(end + shift, zone) - shift for shift in (-_DAY, timedelta(), _DAY))
    moments = {wall.replace(tzinfo=zone, fold=0).astimezone(UTC) for wall in _wall_times(cron, first, last)}
    return sorted(moment for moment in moments if start <= moment < end)


def _wall_times(cron: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield wall-clock times, marked as UTC so that CronTrigger sees a clock that nobody moves."""
    trigger = _trigger(cron, last)
    wall = trigger.get_next_fire_time(None, first)
    while wall is not None:
        yield wall
        wall = trigger.get_next_fire_time(None, wall + _MICROSECOND)


def _wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=UTC)


def _trigger(cron: str, last: datetime) -> CronTrigger:
    parts = cron.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"cron {cron!r} has {len(parts)} fields: write minute, hour, day of month, month, day of week")
    fields = dict(zip(_FIELDS, parts, strict=True))
    try:
        fields["day_of_week"] = ",".join(_weekdays(item) for item in fields["day_of_week"].split(","))
        return CronTrigger(**fields, timezone=UTC, end_date=last)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cron {cron!r} can't be read: {error}") from None


def _weekdays(item: str) -> str:
    """Spell one item of the weekday field as names, which mean the same to crontab and to CronTrigger."""
    if item == "*":
        return item
    found = _RANGE.fullmatch(item)
    if not found:
        raise ValueError(f"{item!r} is no weekday: write 0-7 or mon-sun")
    if found["every"]:
        return ",".join(_WEEKDAYS[:: int(found["every"])])
    first = _weekday(found["first"])
    last = _weekday(found["last"]) if found["last"] else 6 if found["step"] else first
    days = range(first, last + 1 + (7 if last < first else 0), int(found["step"] or 1))
    return ",".join(_WEEKDAYS[day % 7] for day in days)


def _weekday(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in _WEEKDAYS:
        raise ValueError(f"{text!r} is no weekday: write 0-7 or mon-sun")
    return _WEEKDAYS.index(text)
