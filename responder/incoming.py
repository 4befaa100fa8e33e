"""What every route does with a request before it looks at it: who is asking, and what is the body.

Used by ``webhook.py`` and ``api.py``, in this order, so that nobody's body is read before they were let in.
"""

from urllib.parse import urlsplit

from flask import Request, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Forbidden, RequestEntityTooLarge, Unauthorized, UnsupportedMediaType

from firebrigade.responder.authentication import Credentials

JSON = "application/json"


def authenticate(credentials: Credentials) -> str:
    """Return whom the current request stands for.

    Raises:
        Unauthorized: nobody who is let in.
    """
    actor = credentials.identify(request.headers.get("Authorization"))
    if actor is None:
        raise Unauthorized(
            "Send the bearer token or the user name and password that the service is configured with.",
            www_authenticate=[WWWAuthenticate.from_header(value) for value in credentials.challenges],  # type: ignore[misc]
        )
    return actor


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


def read_json_body() -> bytes:
    """Return the current request's body, of at most the app's MAX_CONTENT_LENGTH bytes, if it is said to be JSON.

    Raises:
        UnsupportedMediaType: it is said to be something else, or compressed.
        RequestEntityTooLarge: it is longer, whatever its Content-Length says.
        BadRequest: it ends early, or is chunked wrongly.
    """
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the body as {JSON}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body uncompressed.")
    return _read(request)


def _read(asked: Request) -> bytes:
    try:
        return asked.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(f"The body is longer than {asked.max_content_length} bytes.") from None
    except OSError as error:
        raise BadRequest("The body ended early.") from error
