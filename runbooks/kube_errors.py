"""What an error answer of the Kubernetes API means for an action. Pure; ``kube.py`` and the tests call it.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

import json
import re
from collections.abc import Mapping

from firebrigade.runbooks.contract import (
    ActionError,
    Json,
    PermanentActionError,
    TemporaryActionError,
    UnknownOutcomeError,
)


class NotFoundError(PermanentActionError):
    """The object does not exist (any more)."""


class PreconditionError(PermanentActionError):
    """The object is not as the request says it must be: 409 Conflict, or a JSON patch whose test failed (422)."""


class DisruptionBudgetError(TemporaryActionError):
    """An eviction would leave fewer pods than a PodDisruptionBudget asks for."""


def error_for(status: int | None, body: str | None, headers: Mapping[str, str] | None, *, changes: bool) -> ActionError:
    """Return the error to raise for an answer.

    Args:
        status: the HTTP status, or 0 where TLS failed before there was one.
        body: the answer's body, a ``Status`` object if the API server itself wrote it.
        headers: the answer's headers; Retry-After is read.
        changes: whether the request was to change something, so that a gateway's time-out leaves the outcome unknown.
    """
    details = _status(body)
    said = f"Kubernetes answered {status}: {_sentence(details)}"
    if not status:
        return _tls_failed(changes=changes)
    if status == 403:
        return PermanentActionError(_forbidden(details) or said)
    if status in _PERMANENT:
        kind, advice = _PERMANENT[status]
        return kind(said + advice)
    if status == 429:
        return _throttled(details, said, _retry_after_seconds(headers, details))
    if status == 504 and changes:
        return UnknownOutcomeError(f"{said} The change may have been made.")
    if status >= 500:
        return TemporaryActionError(said, retry_after_seconds=_retry_after_seconds(headers, details))
    return PermanentActionError(said)


_PERMANENT: Mapping[int, tuple[type[PermanentActionError], str]] = {
    401: (PermanentActionError, " Check the credentials of the kubeconfig or of the service account."),
    404: (NotFoundError, ""),
    409: (PreconditionError, ""),
    422: (PreconditionError, " It was changed since it was planned, or the change is not valid."),
}


# What RBAC says; a webhook or a quota that forbids something says something else.
_MISSING = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r' (?:in the namespace "(?P<namespace>[^"]*)"|at the cluster scope)'
)


def _forbidden(details: Mapping[str, Json]) -> str:
    """Return which right is missing and where to get it, or nothing if it is not a right that is missing."""
    found = _MISSING.search(str(details.get("message") or ""))
    if found is None:
        return ""
    resource = ".".join(filter(None, [found["resource"], found["group"]]))
    where = f"in the namespace {found['namespace']}" if found["namespace"] else "in the whole cluster"
    lacks = f"{found['user']} lacks the right to {found['verb']} {resource} {where}"
    return f"Kubernetes answered 403: {_line(lacks)}; `firebrigade runbook rbac` prints the role that gives it."


def _tls_failed(*, changes: bool) -> ActionError:
    # Not only a wrong certificate: a connection that breaks in the middle of TLS ends here too.
    said = "TLS with the Kubernetes API failed; check the certificate authority"
    return (
        UnknownOutcomeError(f"{said}; the change may have been made.") if changes else TemporaryActionError(said + ".")
    )


def _throttled(details: Mapping[str, Json], said: str, retry_after_seconds: float | None) -> TemporaryActionError:
    causes = (details.get("details") or {}).get("causes") or []
    budget = [cause.get("message", "") for cause in causes if cause.get("reason") == "DisruptionBudget"]
    if not budget:
        return TemporaryActionError(said, retry_after_seconds=retry_after_seconds)
    message = f"The eviction is refused: {_line(budget[0])}."
    return DisruptionBudgetError(message, retry_after_seconds=retry_after_seconds)


def _status(body: str | None) -> Mapping[str, Json]:
    try:
        parsed = json.loads(body or "")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _sentence(details: Mapping[str, Json]) -> str:
    message = details.get("message") or details.get("reason") or "no reason given"
    return _line(str(message)).rstrip(".") + "."


def _line(text: str) -> str:
    """Return text of the server, which may quote names from an alert, fit for one line."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= 300 else printable[:299] + "…"


def _retry_after_seconds(headers: Mapping[str, str] | None, details: Mapping[str, Json]) -> float | None:
    """Return what the server asks for: the header, or Status.details.retryAfterSeconds; both are whole seconds."""
    value = (headers or {}).get("Retry-After") or (details.get("details") or {}).get("retryAfterSeconds")
    try:
        return max(0.0, float(value)) if value is not None else None
    except ValueError:
        return None
