"""Faults of the API server that can be switched on: a refusal, silence, or a connection that breaks.

``POST /sandbox/faults`` and ``Cluster.add_fault`` put them here; ``http.py`` asks for each request. Faults of pods are
their images' names and ``Cluster.trouble``.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.cluster.errors import ApiError
from sandbox.cluster.routes import Call

BEFORE = ("hang-before", "drop-before")
AFTER = ("hang-after", "drop-after")
REASONS = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden by a fault of the sandbox"),
    409: ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    500: ("InternalError", "Internal error occurred: a fault of the sandbox"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "Timeout: request did not complete within requested timeout"),
}
KEYS = {"verb", "resource", "namespace", "name", "subresource", "answer", "times", "retry_after"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; empty means any.

    Attributes:
        verb: of access rules: get, list, watch, create, update, patch, delete.
        resource: the plural, such as ``deployments``.
        answer: an HTTP status of an error, or what happens instead of an answer: ``hang-before`` and ``drop-before``
            have no effect, ``hang-after`` and ``drop-after`` take effect first.
        times: how many requests it meets.
        retry_after: seconds, for the header.
    """

    answer: int | str
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str | None = None
    times: int = 1
    retry_after: int | None = None

    def meets(self, call: Call) -> bool:
        """Say whether this request is meant."""
        pairs = [(self.verb, call.verb), (self.resource, call.resource.plural)]
        pairs += [(self.namespace, call.namespace), (self.name, call.name)]
        part = self.subresource is None or self.subresource == call.subresource
        return part and all(wanted in ("", found) for wanted, found in pairs)

    def error(self) -> ApiError:
        """Return the refusal of a fault that answers with a status."""
        code = int(self.answer)
        reason, message = REASONS.get(code, ("InternalError", "a fault of the sandbox"))
        error = ApiError(
            code, reason, message, {} if self.retry_after is None else {"retryAfterSeconds": self.retry_after}
        )
        if self.retry_after is not None:
            error.headers = {"Retry-After": str(self.retry_after)}
        return error


def read(given: Any) -> Fault:
    """Return the fault that a request describes.

    Raises:
        ValueError: one sentence that says what is wrong.
    """
    if not isinstance(given, dict) or set(given) - KEYS:
        raise ValueError(f"a fault is an object with the keys {', '.join(sorted(KEYS))}")
    answer = given.get("answer")
    is_status = type(answer) is int and 400 <= answer < 600
    if not is_status and answer not in (*BEFORE, *AFTER):
        raise ValueError(f"answer must be a status from 400 to 599 or one of {', '.join((*BEFORE, *AFTER))}")
    if type(given.get("times", 1)) is not int or given.get("times", 1) < 1:
        raise ValueError("times must be a whole number from 1")
    return Fault(**given)


class Faults:
    """The faults that are switched on, each with the times that are left. Guarded by the cluster's lock."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Switch one on."""
        self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Switch all off."""
        self._left.clear()

    def on(self) -> list[Fault]:
        """Return those that still have times left."""
        return [fault for fault, _ in self._left]

    def take(self, call: Call) -> Fault | None:
        """Return the first fault that meets a request, and count it."""
        for number, (fault, left) in enumerate(self._left):
            if fault.meets(call):
                self._left[number] = (fault, left - 1)
                self._left = [entry for entry in self._left if entry[1] > 0]
                return fault
        return None
