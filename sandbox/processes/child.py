"""One child process with its own process group, its log file, and no way to outlive its parent.

Used by ``server.py``. It does not know when the child is ready, or what it serves.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn


def exit_on_sigterm() -> None:
    """Make SIGTERM end this process the way Ctrl-C does, so that context managers end their children.

    For a ``main()`` only: it replaces the process's handler.
    """
    signal.signal(signal.SIGTERM, _exit)


def _exit(signal_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal_number)


class Child:
    """A running child process. Its standard output and error are appended to ``log``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._command = [*_dies_with_parent(), *command]
        self._environment = dict(environment)
        self._started = threading.Event()
        self._ended = threading.Event()
        self._failure: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        # PR_SET_PDEATHSIG fires when the thread that forked ends, not the process (prctl(2)). So each child has a
        # thread that starts it and stays until it has ended.
        threading.Thread(target=self._run, name=f"child {command[0]}", daemon=True).start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(
                    self._command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self._started.set()
        self._process.wait()
        self._ended.set()

    @property
    def pid(self) -> int:
        """The process's id, which is its process group's id too."""
        assert self._process is not None  # noqa: S101 - the constructor raised otherwise
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs; negative for a signal."""
        return None if self._process is None else self._process.poll()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until it has ended; return whether it has."""
        return self._ended.wait(timeout_seconds)

    def stop(self, timeout_seconds: float = 5) -> None:
        """Ask it to end, and kill what is left of its process group after the time is over."""
        self._signal(signal.SIGTERM)
        self.wait(timeout_seconds)
        self.kill()

    def kill(self) -> None:
        """Send SIGKILL to its whole process group, and wait for it."""
        self._signal(signal.SIGKILL)
        self._ended.wait(10)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return  # the group has ended

    def log_tail(self, lines: int = 20) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _dies_with_parent() -> list[str]:
    """Return the words before a command that let the kernel kill it when its parent dies, SIGKILL included.

    setpriv (util-linux) calls prctl(PR_SET_PDEATHSIG) and execs, so the process id stays the same, and no Python code
    runs between fork and exec, where it could deadlock in a process with threads.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
