"""What every route does with a request before it looks at it: who is asking, and what is the body.

Used by ``webhook.py`` and ``api.py``, in this order, so that nobody's body is read before they were let in.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Request, request
from werkzeug.exceptions import BadRequest, Forbidden, RequestEntityTooLarge, Unauthorized, UnsupportedMediaType

from firebrigade.responder.authentication import Credentials
from firebrigade.responder.errors import NotAllowedError

JSON = "application/json"


class NotLetIn(Unauthorized):
    """A 401 with a challenge for each way to get in; werkzeug's own leaves out the quotes that RFC 7235 asks for."""

    description = "Send the bearer token, or the user name and password, that the service is configured with."

    def __init__(self, challenges: Sequence[str]) -> None:
        super().__init__()
        self._challenges = challenges

    def get_headers(self, *arguments: Any) -> list[tuple[str, str]]:
        """Return the answer's headers; called by werkzeug and ``app.py``."""
        return [*super().get_headers(*arguments), *(("WWW-Authenticate", value) for value in self._challenges)]


def authenticate(credentials: Credentials, *more: Credentials) -> str:
    """Return whom the current request stands for, by the first credentials that know them.

    Raises:
        NotLetIn: nobody who is configured.
    """
    presented = request.headers.get("Authorization")
    actors = [one.identify(presented) for one in (credentials, *more)]
    actor = next((actor for actor in actors if actor is not None), None)
    if actor is None:
        raise NotLetIn(credentials.challenges)
    return actor


def approver(approvers: Credentials) -> str:
    """Return the name of the approver that the current request stands for.

    Raises:
        NotAllowedError: it is let in, and is nobody who may approve.
    """
    name = approvers.identify(request.headers.get("Authorization"))
    if name is None:
        raise NotAllowedError(
            "these credentials may not approve or reject a plan: use the token of one of the approvers that "
            "firebrigade.yaml names (the command line takes it from FIREBRIGADE_API_TOKEN)"
        )
    return name


def refuse_other_origins() -> None:
    """Refuse what a page of another site makes a browser send with its user's credentials.

    Browsers name the page's origin with every POST to another one; other clients send none.
    Source: https://fetch.spec.whatwg.org/#origin-header

    Raises:
        Forbidden: a page of another origin asks.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("A page of another site may not do this.")


def read_json_body(max_bytes: int) -> bytes:
    """Return the current request's body if it is said to be JSON.

    Raises:
        UnsupportedMediaType: it is said to be something else, or compressed.
        RequestEntityTooLarge: it is longer than ``max_bytes``, whatever its Content-Length says.
        BadRequest: it ends early, or is chunked wrongly.
    """
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the body as {JSON}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body uncompressed.")
    body = _read(request, max_bytes)
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    if request.content_length is not None and len(body) < request.content_length:
        raise BadRequest("The body ended early.")
    return body


def _read(asked: Request, max_bytes: int) -> bytes:
    # Werkzeug cuts a chunked body off at its limit without a word, so it gets a limit that is one byte too high.
    asked.max_content_length = max_bytes + 1
    try:
        return asked.get_data(cache=False)
    except RequestEntityTooLarge:
        raise _too_large(max_bytes) from None
    except Exception as error:  # each server has its own errors for a connection that breaks and for wrong chunks
        raise BadRequest("The body ended early, or is chunked wrongly.") from error


def _too_large(max_bytes: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body is longer than {max_bytes} bytes.")
