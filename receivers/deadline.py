"""Ends a delivery on time, whatever the other side does.

A client's time-out counts from byte to byte and not for the whole: a server that sends one byte now and then, a name
server that never answers, or two addresses tried in turn take longer than any of them allows. So the delivery runs in
a thread of its own, which is left behind when its time is over.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

from firebrigade.receivers.contract import TemporaryDeliveryError

T = TypeVar("T")

_TIMES = 2.5  # how many of its time-outs a delivery may take: 25 seconds with the default of 10


class Deadline:
    """When a delivery's time is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends_at = time.monotonic() + seconds

    def check(self) -> None:
        """Raise TemporaryDeliveryError when the time is over: ask before each request, so that no late one is sent."""
        if time.monotonic() >= self._ends_at:
            raise self.error()

    def error(self) -> TemporaryDeliveryError:
        """Return the error that says so."""
        return TemporaryDeliveryError(f"no end after {self.seconds:g} seconds", outcome_unknown=True)


def deliver_within(timeout_seconds: float, work: Callable[[Deadline], T]) -> T:
    """Do the work, but no longer than two and a half of its time-outs.

    Raises:
        TemporaryDeliveryError: it took longer; its outcome is unknown.
    """
    deadline = Deadline(timeout_seconds * _TIMES)
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work(deadline))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=copy_context().run, args=(run,), name="delivery", daemon=True).start()
    try:
        return outcome.result(deadline.seconds)
    except TimeoutError:
        if outcome.done():
            raise
    raise deadline.error()
