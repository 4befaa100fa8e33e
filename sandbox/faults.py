"""A switchboard for what goes wrong: which requests of a sandbox server are answered badly, late or not at all.

Every sandbox server has one; tests switch it in Python, black-box tests and the demo over ``/sandbox/faults``.

A fault is ``{"match": {...}, "answer": ..., "times": N, "retry_after": seconds}``:

- ``match``: facts of the request that must all be equal (each server says which facts it has); empty matches all.
- ``answer``: an HTTP or SMTP status, without effect; ``hang-before`` (no effect, no answer until the faults are
  cleared), ``hang-after`` (effect, no answer), ``drop-before`` and ``drop-after`` (the connection is closed instead of
  an answer).
- ``times``: how many requests it hits, 1 if left out. ``retry_after``: the seconds of the Retry-After header.
- ``error``: the vendor's word for it in the body, where a vendor answers 200 and says no in words (Slack).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("hang-before", "hang-after", "drop-before", "drop-after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to answer badly; see the module's description."""

    answer: int | str
    match: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    retry_after: float | None = None
    error: str = ""

    @classmethod
    def from_json(cls, body: Any) -> "Fault":
        """Read a fault; raises ValueError with one sentence when it is not one."""
        if not isinstance(body, dict) or not set(body) <= {"match", "answer", "times", "retry_after", "error"}:
            raise ValueError("a fault has match, answer, times, retry_after and error, and nothing else")
        values: dict[str, Any] = {"answer": "nothing", **body}
        fault = cls(**values)
        _check(fault)
        return fault

    def as_json(self) -> dict[str, Any]:
        """Return what from_json reads."""
        return {
            "match": dict(self.match),
            "answer": self.answer,
            "times": self.times,
            "retry_after": self.retry_after,
            "error": self.error,
        }


def _check(fault: Fault) -> None:
    if not (fault.answer in KINDS or (isinstance(fault.answer, int) and 200 <= fault.answer <= 599)):
        raise ValueError(f"answer must be a status from 200 to 599 or one of {', '.join(KINDS)}")
    # As read from JSON, where anything may stand in the place of anything.
    times: Any = fault.times
    if not (isinstance(times, int) and times >= 1 and isinstance(fault.match, Mapping)):
        raise ValueError("times must be a number from 1, and match an object")


class Faults:
    """The faults that are switched on, in the order in which they were; the first one that matches is used up first."""

    def __init__(self, default_match: Mapping[str, str] | None = None) -> None:
        self._default_match = default_match or {}
        self._left: list[tuple[Fault, int]] = []
        self._released = threading.Event()
        self._hanging = 0
        self._changed = threading.Condition()

    def add(self, answer: int | str, *, times: int = 1, retry_after: float | None = None, **match: str) -> None:
        """Switch on a fault: ``faults.add(503, times=2, event_action="trigger")``."""
        self.switch_on(Fault(answer=answer, match=match, times=times, retry_after=retry_after))

    def switch_on(self, fault: Fault) -> None:
        """Switch on a fault; raises ValueError when it is none."""
        _check(fault)
        with self._changed:
            self._left.append((fault, fault.times))

    def take(self, facts: Mapping[str, str]) -> Fault | None:
        """Return the fault that this request meets, and use it up once."""
        with self._changed:
            for position, (fault, left) in enumerate(self._left):
                if all(facts.get(name) == value for name, value in {**self._default_match, **fault.match}.items()):
                    self._left[position : position + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None

    def hang(self) -> None:
        """Wait until the faults are cleared."""
        with self._changed:
            released = self._released
            self._hanging += 1
            self._changed.notify_all()
        released.wait()
        with self._changed:
            self._hanging -= 1

    def wait_for_hanging(self, count: int, timeout_seconds: float = 10) -> None:
        """Return as soon as so many requests hang; raises AssertionError when they do not in time."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._hanging >= count, timeout_seconds), "no request hangs"  # noqa: S101

    def clear(self) -> None:
        """Switch everything off and release what hangs."""
        with self._changed:
            self._left.clear()
            self._released.set()
            self._released = threading.Event()

    def as_json(self) -> list[dict[str, Any]]:
        """Return what is still switched on."""
        with self._changed:
            return [{**fault.as_json(), "times": left} for fault, left in self._left]
