"""A client for Alertmanager's API v2: alerts, groups, silences, status.

Maintenance windows become silences through it (``silences.py``), and ``reconcile.py`` compares incidents with what it
lists. It keeps nothing between calls and takes no decision; the records are in ``alertmanager_records.py``.
Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests
from pydantic import SecretStr
from requests.auth import AuthBase, HTTPBasicAuth

from firebrigade.responder import alertmanager_records as records
from firebrigade.responder.errors import AlertmanagerError, NotFoundError
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.redaction import Redactor, find_secrets

T = TypeVar("T")
_TEMPORARY_STATUSES = frozenset({408, 425, 429})
_MESSAGE_CHARACTERS = 300
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerSettings:
    """Where Alertmanager is and how to be let in.

    Attributes:
        url: its address with the path that it is served under (``--web.route-prefix``), such as ``https://host/am``.
        timeout_seconds: how long to wait for a connection, and then for each piece of the answer.
        verify_tls: whether the server's certificate must be valid.
        ca_file: certificates to check it by instead of the system's, or empty.
        client_certificate_file: our own certificate with its key, in PEM, or empty.

    Raises:
        ValueError: the address is none, holds credentials, both kinds of authentication are set, or the token is none.
    """

    url: str
    username: str = ""
    password: SecretStr | None = None
    bearer_token: SecretStr | None = None
    timeout_seconds: float = 10.0
    verify_tls: bool = True
    ca_file: str = ""
    client_certificate_file: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if "@" in parts.netloc:
            raise ValueError("Alertmanager's url must not hold credentials: set username and password instead")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(
                f"Alertmanager's url {self.url!r} is not an http or https address without query: correct it"
            )
        if self.username and self.bearer_token:
            raise ValueError("Alertmanager has both a username and a bearer token: remove one of them")
        if self.bearer_token and not _TOKEN.fullmatch(self.bearer_token.get_secret_value()):
            raise ValueError("Alertmanager's bearer token holds what no header can: check the file that it comes from")


class Alertmanager:
    """One Alertmanager. Safe for several threads.

    Every method raises AlertmanagerError: ``temporary`` where asking again may help (no answer, 5xx, 429), else not.
    """

    def __init__(self, settings: AlertmanagerSettings) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/") + "/api/v2"
        self._redactor = Redactor(find_secrets(settings))  # a proxy may repeat the request that it refuses

    @property
    def url(self) -> str:
        """The address, without credentials: it may be shown."""
        return self._settings.url

    def alerts(
        self,
        *,
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
        filters: Iterable[Matcher] = (),
        receiver: str = "",
    ) -> tuple[records.ListedAlert, ...]:
        """List the alerts that fire, by default the suppressed ones too; ``receiver`` is a name, not an expression."""
        query = _alert_query(active=active, silenced=silenced, inhibited=inhibited, filters=filters, receiver=receiver)
        return self._read(records.alerts_from, "/alerts", query)

    def groups(
        self, *, silenced: bool = True, inhibited: bool = True, filters: Iterable[Matcher] = (), receiver: str = ""
    ) -> tuple[records.ListedGroup, ...]:
        """List the groups that hold such alerts, each with its alerts."""
        query = _alert_query(active=True, silenced=silenced, inhibited=inhibited, filters=filters, receiver=receiver)
        return self._read(records.groups_from, "/alerts/groups", query)

    def silences(self, *, filters: Iterable[Matcher] = ()) -> tuple[records.Silence, ...]:
        """List the silences of every state; filters go by the labels that a silence's own matchers name."""
        return self._read(records.silences_from, "/silences", [("filter", str(matcher)) for matcher in filters])

    def silence(self, silence_id: str) -> records.Silence:
        """Return one silence.

        Raises:
            NotFoundError: there is none with this id.
        """
        return self._read(records.silence_from, f"/silence/{quote(silence_id, safe='')}")

    def create_silence(self, silence: records.NewSilence) -> str:
        """Create a silence, or change the one with its id, and return the id.

        A change of matchers, of an active silence's start, or of one that has expired makes a new silence instead,
        under a new id. There is no idempotency key: a repeat creates a second one.

        Raises:
            NotFoundError: there is none with its id.
        """
        return self._read(lambda answer: str(answer["silenceID"]), "/silences", body=records.silence_body(silence))

    def expire_silence(self, silence_id: str) -> None:
        """End a silence now; ending it twice does no harm.

        Raises:
            NotFoundError: there is none with this id.
        """
        self._request("DELETE", f"/silence/{quote(silence_id, safe='')}")

    def status(self) -> records.ServerStatus:
        """Return version and start: Alertmanager forgets every alert when it restarts."""
        return self._read(records.status_from, "/status")

    def _read(
        self, reader: Callable[[Any], T], path: str, query: list[tuple[str, str]] | None = None, body: Any = None
    ) -> T:
        response = self._request("GET" if body is None else "POST", path, query, body)
        try:
            return reader(response.json())
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            message = f"what {self.url} answered to {path} is not Alertmanager's API v2: check the address"
            raise AlertmanagerError(message, temporary=True) from None

    def _request(
        self, method: str, path: str, query: list[tuple[str, str]] | None = None, body: Any = None
    ) -> requests.Response:
        settings = self._settings
        with requests.Session() as session:  # one per call, since a session must not be shared by threads
            session.trust_env = False  # a .netrc would replace the bearer token
            try:
                response = session.request(
                    method,
                    self._base + path,
                    params=query,
                    json=body,
                    auth=_authentication(settings),
                    timeout=settings.timeout_seconds,
                    allow_redirects=False,  # they turn POST into GET, and carry the token elsewhere
                    verify=(settings.ca_file or True) if settings.verify_tls else False,
                    cert=settings.client_certificate_file or None,
                )
            except (requests.RequestException, OSError, ValueError) as error:
                raise self._no_answer(error) from None  # its text may hold headers
        self._refuse(response, path)
        return response

    def _no_answer(self, error: Exception) -> AlertmanagerError:
        where = f"Alertmanager at {self.url}"
        if isinstance(error, requests.exceptions.SSLError):
            return AlertmanagerError(f"{where} has no certificate that is trusted here: check ca_file", temporary=False)
        if isinstance(error, requests.Timeout):
            return AlertmanagerError(f"{where} did not answer within {self._settings.timeout_seconds:g} s")
        if isinstance(error, requests.ConnectionError):
            return AlertmanagerError(f"{where} can't be reached")
        return AlertmanagerError(
            f"{where} can't be asked ({type(error).__name__}): check its settings", temporary=False
        )

    def _refuse(self, response: requests.Response, path: str) -> None:
        status = response.status_code
        if status < 300:
            return
        message = self._redactor.text(_message(response))[:_MESSAGE_CHARACTERS]
        # Alertmanager up to 0.25 answers 500 to the deletion of a silence that it does not have.
        if path.startswith("/silence") and (status == 404 or message == "silence not found"):
            raise NotFoundError("Alertmanager has no such silence")
        temporary = status >= 500 or status in _TEMPORARY_STATUSES
        raise AlertmanagerError(f"Alertmanager at {self.url} answered {status}: {message}", temporary=temporary)


class _BearerToken(AuthBase):
    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


def _authentication(settings: AlertmanagerSettings) -> AuthBase | None:
    if settings.bearer_token:
        return _BearerToken(settings.bearer_token)
    if settings.username:
        password = settings.password.get_secret_value() if settings.password else ""
        return HTTPBasicAuth(settings.username.encode(), password.encode())
    return None


def _alert_query(
    *, active: bool, silenced: bool, inhibited: bool, filters: Iterable[Matcher], receiver: str
) -> list[tuple[str, str]]:
    switches = {"active": active, "silenced": silenced, "inhibited": inhibited}
    query = [(name, str(value).lower()) for name, value in switches.items()]
    query += [("filter", str(matcher)) for matcher in filters]
    return [*query, ("receiver", re.escape(receiver))] if receiver else query


def _message(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return response.reason or "nothing"
    text = answer if isinstance(answer, str) else str(answer.get("message", "")) if isinstance(answer, dict) else ""
    return text or response.reason or "nothing"
