"""What will happen later: a pod becomes ready, a deadline passes.

The controllers write into it, ``simulation.py`` runs what is due in the order of time, so that a day can pass in a
moment and everything in it still happens at its own time. It reads no clock.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

Deed = Callable[[], None]


class Agenda:
    """Deeds by the time at which they are due; those of the same time keep their order."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Deed]] = []
        self._order = itertools.count()

    def at(self, due: datetime, deed: Deed) -> None:
        """Do it at this time, or at once if that is past."""
        heapq.heappush(self._entries, (due, next(self._order), deed))

    def next_due(self) -> datetime | None:
        """Return when the next deed is due, or None."""
        return self._entries[0][0] if self._entries else None

    def take(self, now: datetime) -> tuple[datetime, Deed] | None:
        """Remove and return the earliest deed that is due by ``now``, or None."""
        if not self._entries or self._entries[0][0] > now:
            return None
        due, _, deed = heapq.heappop(self._entries)
        return due, deed
