"""When to try again. Pure; the courier and the runner ask."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)  # a page that waits for longer than its outage is a page too late


def retry_at(attempts: int, now: datetime, retry_after_seconds: float | None = None) -> datetime:
    """Return the moment of the next attempt: twice as long each time, and never earlier than the other side asked.

    Args:
        attempts: how many were made so far, at least 1.
        now: the present moment.
        retry_after_seconds: what the other side asked for, at most an hour of it.
    """
    wait = min(FIRST * (1 << min(attempts - 1, 16)), LONGEST)
    asked = timedelta(seconds=min(max(retry_after_seconds or 0.0, 0.0), 3600.0))
    return now + max(wait, asked)
