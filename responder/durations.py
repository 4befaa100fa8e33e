"""Durations as people write them, ``5m`` or ``1h30m``, and back. Pure; configuration and command line use it.

Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ (``<duration>``); years are left out.
"""

import re
from datetime import timedelta

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_WRITTEN = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _UNITS))


def parse_duration(text: str) -> timedelta:
    """Return the duration that ``text`` says: units w d h m s ms, largest first, each once.

    Raises:
        ValueError: it is not a duration; the message says how one is written.
    """
    match = _WRITTEN.fullmatch(text)
    if text == "0":
        return timedelta()
    if not text or match is None:
        raise ValueError(f"{text[:40]!r} is not a duration; write it as in 30s, 5m or 1h30m")
    try:
        return sum((int(count) * _UNITS[unit] for unit, count in match.groupdict(default="0").items()), timedelta())
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is longer than any calendar") from error


def format_duration(duration: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back; negative durations get a minus sign."""
    if duration < timedelta():
        return f"-{format_duration(-duration)}"
    parts = []
    for unit, length in _UNITS.items():
        count, duration = divmod(duration, length)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"
