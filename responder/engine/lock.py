"""One engine at a time on one SQLite file: a lock that the kernel gives back when its process dies, however it dies.

A second ``serve`` stands by until then, and takes over at once: no time-out decides who is alive.
"""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An exclusive lock on a file next to the database; the file itself means nothing and stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Try to take the lock, and say whether it is ours; it never waits.

        Raises:
            OSError: the file can't be made.
        """
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
