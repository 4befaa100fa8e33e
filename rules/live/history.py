"""How often an alert would have fired lately, by asking Prometheus for its condition at each evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass

from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.durations import Duration
from firebrigade.rules.live.client import Client
from firebrigade.rules.live.firing import firings

DAYS = 7
_DAY_SECONDS = 86_400
_STEP_SECONDS = 60
_SHORTEST_STEP = 15
# Prometheus refuses a range query with more points of a series ("exceeded maximum resolution of 11,000 points").
_MOST_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """How often an alert would have fired.

    Attributes:
        times: over all its series, each time that one of them fires.
        series: how many different label sets fired.
        longest_seconds: how long it fired at most.
        blind: whether it reads series that are not there now, so that 0 says nothing.
    """

    file: str
    line: int
    alert: str
    severity: str
    times: int
    series: int
    longest_seconds: int
    blind: bool


def fired(entry: Entry, client: Client, now: float, *, blind: bool = False) -> Fired:
    """Ask for the last seven days of an alert.

    Raises:
        QueryRefusedError: because of the alert's expression.
        RulesError: the server can't be asked.
    """
    step = step_seconds(entry)
    moments: dict[frozenset[tuple[str, str]], list[float]] = {}
    for start, end in slices(now, step):
        for stream in client.query_range(entry.rule.expr, start, end, step):
            moments.setdefault(frozenset(stream.labels.items()), []).extend(stream.times)
    hold, keep = (Duration(text).seconds if text else 0 for text in (entry.rule.hold, entry.rule.keep_firing_for))
    each = [list(firings(times, step, hold, keep)) for times in moments.values()]
    return Fired(
        file=str(entry.source.path),
        line=entry.source.line(entry.rule.origin),
        alert=entry.rule.alert,
        severity=entry.rule.labels.get("severity", ""),
        times=sum(map(len, each)),
        series=sum(map(bool, each)),
        longest_seconds=round(max((one.seconds for found in each for one in found), default=0)),
        blind=blind,
    )


def step_seconds(entry: Entry) -> int:
    """Return how far apart evaluations are asked for: a minute, and less for an alert that waits for less."""
    hold = Duration(entry.rule.hold).seconds if entry.rule.hold else 0
    return max(_SHORTEST_STEP, min(_STEP_SECONDS, hold)) if hold else _STEP_SECONDS


def slices(now: float, step: int) -> Iterator[tuple[float, float]]:
    """Yield the starts and ends of days on one grid of steps, the oldest first, each in few enough points."""
    last = now - now % step
    points = min(_DAY_SECONDS // step, _MOST_POINTS)
    start = last - (DAYS * _DAY_SECONDS // step) * step
    while start <= last:
        end = min(start + (points - 1) * step, last)
        yield start, end
        start = end + step
