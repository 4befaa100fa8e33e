"""The HTTP services that runbooks may call, each by a name of the configuration. ``http_request`` uses it.

The configuration gives scheme, host and the beginning of the path; what a runbook adds never reaches another host. Of
an answer's body only the first piece is taken, and thrown away: it is of any size, and nothing here goes by it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import requests
from pydantic import SecretStr
from urllib3.exceptions import HTTPError, NewConnectionError

from firebrigade.runbooks.contract import Json, PermanentActionError, TemporaryActionError, UnknownOutcomeError


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """Where a service is.

    Attributes:
        name: in the configuration, and in messages.
        url: such as ``https://hooks.example.com/api``.
        token: sent as a bearer token, if there is one.
        timeout_seconds: to connect, and again until the answer begins.
    """

    name: str
    url: str
    token: SecretStr | None = None
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """An answer's status, and whether the other side had done the same before, as ``Idempotency-Replayed`` says."""

    status: int
    replayed: bool = False


class EndpointClient:
    """Asks one service; used by several threads, keeps nothing."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings

    def look(self, path: str) -> int:
        """Return the status of a GET, below 500 and not 429.

        Raises:
            TemporaryActionError: it can't be asked now.
        """
        try:
            answer = self._request("GET", path, None, {})
        except requests.RequestException as error:
            raise TemporaryActionError(f"{self._name} did not answer: {_cause(error)}.") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise self._temporary(answer)
        return answer.status_code

    def send(self, method: str, path: str, body: Json, key: str) -> EndpointAnswer:
        """Send a request that does no harm when it arrives twice, with its idempotency key.

        https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

        Raises:
            PermanentActionError: it is refused, or redirected.
            TemporaryActionError: not now.
            UnknownOutcomeError: no answer came.
        """
        try:
            answer = self._request(method, path, body, {"Idempotency-Key": key})
        except requests.RequestException as error:
            if _never_sent(error):
                raise TemporaryActionError(f"{self._name} can't be reached: {_cause(error)}.") from None
            raise UnknownOutcomeError(f"{self._name} did not answer: {_cause(error)}.") from None
        status = answer.status_code
        if status in (409, 425, 429) or status >= 500:  # 409: the same key is just being worked on
            raise self._temporary(answer)
        if 300 <= status < 400:
            raise PermanentActionError(f"{self._name} answered {status}: redirects are not followed.")
        if status >= 400:
            raise PermanentActionError(f"{self._name} refused it with {status}.")
        return EndpointAnswer(status=status, replayed=answer.headers.get("Idempotency-Replayed", "").lower() == "true")

    @property
    def _name(self) -> str:
        return f"The endpoint {self._settings.name}"

    def _temporary(self, answer: requests.Response) -> TemporaryActionError:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else None
        return TemporaryActionError(f"{self._name} answered {answer.status_code}.", retry_after_seconds=seconds)

    def _request(self, method: str, path: str, body: Json, headers: Mapping[str, str]) -> requests.Response:
        settings = self._settings
        with requests.Session() as session:
            # A proxy or a .netrc of the machine has no business between us and the service.
            session.trust_env = False
            if settings.token:
                session.headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            with session.request(
                method,
                settings.url.rstrip("/") + path,
                json=body,
                headers=dict(headers),
                timeout=settings.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                with suppress(HTTPError, OSError):
                    answer.raw.read1(4096)  # a small body that is left unread would reset the connection
                return answer


def _never_sent(error: requests.RequestException) -> bool:
    """Return whether there was no connection, so that nothing can have been done."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _cause(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")
