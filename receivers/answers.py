"""Turns what a server answered, or that it did not, into the contract's errors.

Called by the receivers that speak HTTP. Which vendor codes mean what stays with each receiver.
"""

import errno
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from firebrigade.receivers.contract import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

T = TypeVar("T")

LONGEST_WAIT_SECONDS = 3600.0  # a server that says "tomorrow" must not hold back a page until tomorrow

_UNREACHABLE = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


def answered(call: Callable[[], T], errors: tuple[type[Exception], ...], to_failure: Callable[..., DeliveryError]) -> T:
    """Call a vendor's client, with its errors turned into ours.

    The new error is raised outside of the handler, so that it does not carry the vendor's one, whose text or request
    may hold a secret, into a traceback.
    """
    try:
        return call()
    except errors as error:
        failure = to_failure(error)
    raise failure


def from_status(who: str, status: int, said: str, *, retry_after_seconds: float | None = None) -> DeliveryError:
    """Return the error for an answer that is not the expected success, by its HTTP status (RFC 9110, section 15).

    Another 2xx than the expected one, or one whose body makes no sense, may have had its effect. A 5xx may come after
    the effect (a gateway that lost patience), so its outcome is unknown; 408 and 429 say that the request was not
    processed.
    """
    message = f"{who} answered {status}: {said}" if said else f"{who} answered {status}"
    if status in {408, 425, 429}:
        return TemporaryDeliveryError(message, retry_after_seconds=retry_after_seconds)
    if status < 300 or status >= 500:
        return TemporaryDeliveryError(message, retry_after_seconds=retry_after_seconds, outcome_unknown=True)
    if status < 400:
        return PermanentDeliveryError(f"{message}; it redirects, which an API does not: check base_url")
    return PermanentDeliveryError(message)


def seconds_to_wait(retry_after: str | None, answered_at: str | None = None) -> float | None:
    """Read a Retry-After header: seconds, or a date that counts from the answer's Date header (RFC 9110, 10.2.3).

    Returns:
        Seconds from 0 to an hour, or None where nothing usable was said.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT_SECONDS)
    until, since = _date(text), _date(answered_at or "")
    if until is None or since is None:
        return None
    return min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def was_not_sent(error: BaseException) -> bool:
    """Whether a network error came before anything could be sent, so that it certainly had no effect."""
    if isinstance(error, socket.gaierror | ssl.SSLCertVerificationError):
        return True
    return isinstance(error, OSError) and error.errno in _UNREACHABLE
