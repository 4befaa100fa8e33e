"""The client of the agents' supervisor. recover_agent calls it; it decides nothing.

The contract is docs/supervisor.openapi.yaml. Its point: an agent is back when it was heard after the recovery was
accepted, never because a call returned. A request that got no answer is sent again with the same idempotency key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import requests
from pydantic import AwareDatetime, BaseModel, SecretStr, ValidationError
from urllib3.exceptions import NewConnectionError

from firebrigade.runbooks.contract import Json, PermanentActionError, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.redaction import redact


class UnknownAgentError(PermanentActionError):
    """The supervisor knows no such agent."""


class Agent(BaseModel):
    """An agent as its supervisor sees it; see the module for the fields."""

    agent_id: str
    state: str
    last_heartbeat_at: AwareDatetime | None = None
    restarts: int = 0
    silent_restarts: int = 0
    recovery_requested_at: AwareDatetime | None = None


class Recovery(BaseModel):
    """The supervisor has accepted a recovery."""

    agent_id: str
    state: str
    requested_at: AwareDatetime
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorSettings:
    """Where the supervisor is.

    Attributes:
        url: such as ``http://agent-supervisor.neurectomy:8080``.
        token: sent as a bearer token, if there is one.
        timeout_seconds: to connect, and again between two pieces of the answer.
    """

    url: str
    token: SecretStr | None = None
    timeout_seconds: float = 5.0


class SupervisorClient:
    """Asks about agents and for their recovery; used by several threads, keeps nothing."""

    def __init__(self, settings: SupervisorSettings) -> None:
        self._settings = settings

    def agent(self, agent_id: str) -> Agent:
        """Return an agent.

        Raises:
            UnknownAgentError: there is no such agent.
            PermanentActionError: the supervisor refuses.
            TemporaryActionError: it can't be asked now.
        """
        try:
            answer = self._request("GET", f"/agents/{quote(agent_id, safe='')}", {})
        except requests.RequestException as error:
            raise TemporaryActionError(f"The supervisor did not answer: {_cause(error)}.") from None
        try:
            return Agent.model_validate(_body(answer))
        except ValidationError:
            raise TemporaryActionError("The supervisor's answer is not as its contract says.") from None

    def recover(self, agent_id: str, idempotency_key: str) -> Recovery:
        """Ask for an agent's recovery, once however often it is called with the same key.

        Raises:
            UnknownAgentError: there is no such agent.
            PermanentActionError: the supervisor refuses.
            TemporaryActionError: not now; nothing was done.
            UnknownOutcomeError: no answer came, or none that can be read.
        """
        path = f"/agents/{quote(agent_id, safe='')}/recover"
        try:
            answer = self._request("POST", path, {"Idempotency-Key": idempotency_key})
        except requests.RequestException as error:
            if _never_sent(error):
                raise TemporaryActionError(f"The supervisor can't be reached: {_cause(error)}.") from None
            raise UnknownOutcomeError(f"The supervisor did not answer a recovery: {_cause(error)}.") from None
        try:
            return Recovery.model_validate(_body(answer))
        except ValidationError:
            raise UnknownOutcomeError("The supervisor's answer is not as its contract says.") from None

    def _request(self, method: str, path: str, headers: Mapping[str, str]) -> requests.Response:
        settings = self._settings
        with requests.Session() as session:
            # A proxy or a .netrc of the machine has no business between us and the supervisor.
            session.trust_env = False
            if settings.token:
                session.headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            answer = session.request(
                method,
                settings.url.rstrip("/") + path,
                headers=dict(headers),
                timeout=settings.timeout_seconds,
                allow_redirects=False,
            )
        if answer.status_code >= 300:
            _refuse(answer, settings.token)
        return answer


def _refuse(answer: requests.Response, token: SecretStr | None) -> None:
    status = answer.status_code
    said = f"The supervisor answered {status}: {_reason(_body(answer), token)}"
    if status == 404:
        raise UnknownAgentError(said)
    if status == 429 or status >= 500:
        raise TemporaryActionError(said, retry_after_seconds=_seconds(answer.headers.get("Retry-After")))
    raise PermanentActionError(said)


def _body(answer: requests.Response) -> Json:
    try:
        return answer.json()
    except ValueError:
        return {}


def _reason(body: Json, token: SecretStr | None) -> str:
    text = str(body.get("error") or "no reason given") if isinstance(body, dict) else "no reason given"
    text = redact(text, [token.get_secret_value()] if token else [])
    return "".join(character if character.isprintable() else " " for character in text)[:300].rstrip(".") + "."


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isdecimal() else None


def _never_sent(error: requests.RequestException) -> bool:
    """Return whether there was no connection, so that nothing can have been done."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _cause(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")
