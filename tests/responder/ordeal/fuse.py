"""Where a replica can be stopped: before and after each request to the cluster and each transaction that writes.

A replica that dies does not come to the next line; one that sleeps does, after others have been at work meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from firebrigade.responder.store.database import Database


class Died(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What happens to a replica at one of the moments of a piece of work.

    Attributes:
        at: the number of the moment, from 0 on; nothing happens where a piece of work has fewer.
        sleeps: for how many seconds, while the other replicas work; None: it dies.
    """

    at: int
    sleeps: int | None = None


class Fuse:
    """Counts the moments of one piece of work, and burns at one of them."""

    def __init__(self, asleep: Callable[[int], None]) -> None:
        self._asleep = asleep
        self._mishap: Mishap | None = None
        self._moments = 0

    def set(self, mishap: Mishap | None) -> None:
        """Begin to count again."""
        self._mishap, self._moments = mishap, 0

    def reach(self, *, sleepless: bool = False) -> None:
        """Come to a moment; within a transaction a replica would keep all others from writing, and does not sleep.

        Raises:
            Died: here it ends.
        """
        mishap, number = self._mishap, self._moments
        self._moments += 1
        if mishap is None or number < mishap.at or (sleepless and mishap.sleeps is not None):
            return
        self._mishap = None
        if mishap.sleeps is None:
            raise Died
        self._asleep(mishap.sleeps)


class FusedDatabase(Database):
    """A database whose transactions that write are moments: before them, before their commit, and after it."""

    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url)
        self._fuse = fuse

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run one transaction that writes."""
        self._fuse.reach()
        with super().write() as connection:
            yield connection
            self._fuse.reach(sleepless=True)
        self._fuse.reach()
