"""The running service's HTTP API, as the command line uses it. Every failure is one sentence that says what to do."""

import getpass
from typing import Any
from urllib.parse import urlsplit

import click
import requests
from pydantic import SecretStr
from requests.auth import AuthBase, HTTPBasicAuth

from firebrigade.responder.commands.group import UserError
from firebrigade.responder.redaction import Redactor, find_secrets
from firebrigade.responder.settings import Settings

_TIMEOUT_SECONDS = (5, 30)  # to connect, and between two pieces of the answer
_MESSAGE_CHARACTERS = 300
_CREDENTIALS = "set FIREBRIGADE_API_TOKEN (or the webhook's credentials) to what the service was started with"


class ApiClient:
    """Asks the service at ``FIREBRIGADE_URL``, with the API's token or else the webhook's credentials."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._auth = _authentication(settings)
        self._redactor = Redactor(find_secrets(settings))  # what answers there may be something else

    def get(self, path: str, **query: str | int) -> Any:
        """Return what ``GET /api/v1<path>`` answers.

        Raises:
            UserError: the service can't be reached, refuses, or is something else.
        """
        return self._request("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return what ``POST /api/v1<path>`` answers; raises as `get` does."""
        return self._request("POST", path, json=body)

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            with requests.Session() as session:
                session.trust_env = urlsplit(self._url).hostname not in {"127.0.0.1", "localhost", "::1"}
                answer = session.request(
                    method,
                    f"{self._url}/api/v1{path}",
                    auth=self._auth,
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                    **arguments,
                )
        except requests.RequestException as error:
            raise self._unreachable(error) from None  # its text may hold headers
        return self._read(answer)

    def _unreachable(self, error: requests.RequestException) -> UserError:
        if isinstance(error, requests.exceptions.SSLError):
            return UserError(f"{self._url} has no certificate that is trusted here; check FIREBRIGADE_URL")
        what = "does not answer in time" if isinstance(error, requests.Timeout) else "can't be reached"
        return UserError(f"{self._url} {what}; start firebrigade serve, or set FIREBRIGADE_URL to where it runs")

    def _read(self, answer: requests.Response) -> Any:
        try:
            body = answer.json()
        except ValueError:
            body = None
        said_why = answer.status_code == 403 and isinstance(body, dict) and isinstance(body.get("error"), str)
        if answer.status_code in {401, 403} and not said_why:
            raise UserError(f"{self._url} does not let us in ({answer.status_code}); {_CREDENTIALS}")
        if isinstance(body, dict) and answer.ok and not answer.is_redirect:
            return body
        message = body.get("error") if isinstance(body, dict) else None
        if not isinstance(message, str):
            message = f"answered {answer.status_code}, and not as Firebrigade does; check FIREBRIGADE_URL"
        raise UserError(f"{self._url}: {self._redactor.text(message)[:_MESSAGE_CHARACTERS]}")


class _BearerToken(AuthBase):
    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


class _NoCredentials(AuthBase):
    """Keeps requests from taking credentials out of a .netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _authentication(settings: Settings) -> AuthBase:
    token = settings.api_token or settings.webhook_token
    if token:
        return _BearerToken(token)
    if settings.webhook_password:
        password = settings.webhook_password.get_secret_value()
        return HTTPBasicAuth(settings.webhook_username.encode(), password.encode())
    return _NoCredentials()


def default_actor() -> str:
    """Return the name of whoever runs the command, for the timeline."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        raise click.UsageError("this user has no name; say who you are with --actor") from None
