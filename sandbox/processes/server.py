"""A child process that listens on a port of 127.0.0.1: started, waited for, killed, restarted, ended.

``servers.py`` says what each kind runs. This file is the part that they share.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from sandbox.processes.child import Child
from sandbox.processes.ports import free_port, listens

_ADDRESS_IN_USE = (
    "address already in use",
    "Address already in use",
    "Connection in use",
    "is in use by another program",
)
_START_ATTEMPTS = 5
_POLL_SECONDS = 0.05


class StartError(RuntimeError):
    """A server did not become ready; the message holds the end of its log."""


class Server:
    """One server process, as a context manager.

    Args:
        name: what it is called in messages, and its log file.
        port: where it listens; without it the kernel chooses one, and another one if that was taken meanwhile.
        folder: where its files are; without it a temporary folder, which is removed at the end.
        environment: variables on top of this process's own.
        ready_within: how long it may take from its start until it answers.
    """

    ready_path: str | None = None

    def __init__(
        self,
        name: str,
        *,
        port: int | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        ready_within: timedelta = timedelta(seconds=60),
    ) -> None:
        self.name = name
        self.port = port or free_port()
        self._port_is_fixed = port is not None
        self._temporary = folder is None
        self._folder = folder
        self._environment = dict(environment or {})
        self._ready_within = ready_within
        self._child: Child | None = None

    def command(self) -> Sequence[str]:
        """Return the command that listens on ``self.port``; asked at every start."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return the variables that are set on top of this process's own; asked at every start."""
        return self._environment

    @property
    def url(self) -> str:
        """The base address, without a slash at its end. It can change until the server has been started once."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Where its files are."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix=f"sandbox-{self.name}-"))
        return self._folder

    @property
    def pid(self) -> int:
        """The process id of the child that runs."""
        return self._running().pid

    @property
    def alive(self) -> bool:
        """Whether the child has been started and has not ended."""
        return self._child is not None and self._child.exit_code is None

    @property
    def log(self) -> str:
        """Everything that it has written so far, over all its restarts."""
        path = self._log_path()
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> Self:
        """Start it and wait until it is ready.

        Raises:
            StartError: it ended, or did not answer in time.
        """
        if self.alive:
            raise StartError(f"{self.name} runs already, as process {self.pid}")
        for _ in range(_START_ATTEMPTS - 1):
            if self._start_once():
                return self
            if not self._port_is_fixed:
                self.port = free_port()
        if not self._start_once():
            raise StartError(f"{self.name} found port {self.port} in use, {_START_ATTEMPTS} times\n{self._tail()}")
        return self

    def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL for what is left after five seconds."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """Send SIGKILL to the whole process group, as a power cut would."""
        self._running().kill()

    def restart(self) -> Self:
        """Start it again on the same port and files, killing it first if it still runs."""
        if self.alive:
            self.kill()
        self._port_is_fixed = True
        return self.start()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self._end()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self.stop()
        if self._temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _running(self) -> Child:
        if self._child is None:
            raise StartError(f"{self.name} has not been started")
        return self._child

    def _log_path(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _tail(self) -> str:
        return self._running().log_tail()

    def _start_once(self) -> bool:
        """Start a child; return False when its port was taken by somebody else.

        Raises:
            StartError: it ended for another reason, or did not answer in time.
        """
        seen = len(self.log)
        self._child = Child(self.command(), {**_inherited(), **self.environment()}, self._log_path())
        deadline = time.monotonic() + self._ready_within.total_seconds()
        while time.monotonic() < deadline:
            if self._child.wait(_POLL_SECONDS):
                return self._explain_end(self.log[seen:])
            if self._ready():
                return True
        self.stop()
        raise StartError(f"{self.name} was not ready after {self._ready_within.total_seconds():g} s\n{self._tail()}")

    def _explain_end(self, written: str) -> bool:
        if any(words in written.lower() for words in _ADDRESS_IN_USE):
            # Whoever holds the port may be about to let go of it (a killed predecessor).
            threading.Event().wait(_POLL_SECONDS * 4)
            return False
        raise StartError(f"{self.name} ended with code {self._running().exit_code} before it was ready\n{self._tail()}")

    def _ready(self) -> bool:
        if not listens(self._running().pid, self.port):
            return False
        if self.ready_path is None:
            return True
        try:
            return requests.get(self.url + self.ready_path, timeout=2).ok
        except requests.RequestException:
            return False


def _inherited() -> dict[str, str]:
    """Return this process's environment without our own settings: what a child is told comes from its caller alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FIREBRIGADE_")}
