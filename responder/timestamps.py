"""RFC 3339 times, read from payloads and written into answers. Pure.

Source: https://www.rfc-editor.org/rfc/rfc3339
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,30}))?(?:[Zz]|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)


def parse_rfc3339(text: str) -> datetime:
    """Return the time in UTC; what is finer than a microsecond is cut off.

    Go writes up to nine decimals, and its "no time" as year 1, which stays year 1 in every offset.

    Raises:
        ValueError: the text is not an RFC 3339 time, or its year is not 1 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time")
    local = datetime.fromisoformat(match["seconds"].upper()).replace(
        microsecond=int(f"{match['fraction'] or '0':0<6}"[:6]), tzinfo=_offset(match)
    )
    try:
        return local.astimezone(UTC)
    except OverflowError as error:
        if local.year == 1:
            return datetime.min.replace(tzinfo=UTC)
        raise ValueError("the year is not 1 to 9999") from error


def format_rfc3339(at: datetime) -> str:
    """Return an aware time in UTC with microseconds where there are any, such as ``2026-01-05T09:00:00Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _offset(match: re.Match[str]) -> timezone:
    if match["sign"] is None:
        return UTC
    hours, minutes = int(match["hours"]), int(match["minutes"])
    if hours > 23 or minutes > 59:
        raise ValueError("not an RFC 3339 offset")
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(distance if match["sign"] == "+" else -distance)
