"""Ask a service over HTTP to do something, such as to fail over or to drain a queue.

The service is one of `endpoints` in firebrigade.yaml, and the runbook names it: neither an alert nor a runbook can
reach another host, and redirects are not followed. `$label` in the path or in the body's values stands for the alert's
label; a value that could be read as part of the address' own signs is refused.

The request carries the step's id as its `Idempotency-Key`. It is sent again when no answer came, or after a crash, so a
`POST` says `repeatable: true`, once the other side does the same only once for a key, or the same twice does no harm.

With `status`, that path is looked at until it answers 2xx; 202, 404, 409 and 425 mean not yet, anything else that it
has failed. Without it, the step has only its query to go by.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, StrictBool, StrictInt, StrictStr, model_validator

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    Json,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    Verdict,
)
from firebrigade.runbooks.endpoints import EndpointClient
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.trouble import Trouble, rendered

_PATH = re.compile(r"(/[A-Za-z0-9._~:@$-]+)*/?(\?[A-Za-z0-9._~:@$&=-]*)?", re.ASCII)
_NOT_YET = {202, 404, 409, 425}


def _path(text: str) -> str:
    above = any(part in (".", "..") for part in text.partition("?")[0].split("/"))
    if not text.startswith("/") or above or not _PATH.fullmatch(text):
        raise ValueError("is not a path: write /parts/of/it with letters, digits, . _ ~ : @ - and $label")
    return text


Path = Annotated[StrictStr, AfterValidator(_path)]


class HttpRequestParams(ActionParams):
    """What to ask for.

    Attributes:
        path: what is added to the endpoint's address.
        method: `POST`, `PUT` or `DELETE`.
        body: sent as a JSON object.
        repeatable: the same request twice does no harm; must be true for a `POST`.
        status: a path that says whether it is done; `$step_id` in it stands for the idempotency key.
    """

    path: Path
    method: Literal["POST", "PUT", "DELETE"] = "POST"
    body: dict[str, StrictStr | StrictInt | StrictBool] | None = None
    repeatable: StrictBool = False
    status: Path | None = None

    @model_validator(mode="after")
    def _harmless_twice(self) -> Self:
        if self.method == "POST" and not self.repeatable:
            raise ValueError("a POST may arrive twice after a crash; say repeatable: true if that does no harm")
        return self


class HttpRequest:
    """Send one request to a named endpoint."""

    NAME: ClassVar[str] = "http_request"
    UNDOES: ClassVar[bool] = False
    Params: ClassVar[type[ActionParams]] = HttpRequestParams
    RISK: ClassVar[Risk] = Risk.HIGH  # what it does is up to the other side
    TARGET_KIND: ClassVar[str] = "endpoint"
    RIGHTS: ClassVar[Sequence[Right]] = ()

    def __init__(self, endpoints: Mapping[str, EndpointClient]) -> None:
        self._endpoints = endpoints

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without endpoints."""
        return cls(clients.endpoints) if clients.endpoints else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Write the request down, without labels."""
        return self.plan_for(Trouble(), target, params, step_id, now)

    def plan_for(
        self, trouble: Trouble, target: Target, params: ActionParams, step_id: str, now: datetime
    ) -> Plan | Refusal:
        """Write the request down as it will be sent, and look at the status before it."""
        assert isinstance(params, HttpRequestParams)  # noqa: S101 - the executor validated them
        if target.kind != self.TARGET_KIND:
            text = f"http_request asks an endpoint, not a {target.kind}."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        endpoint = self._endpoints.get(target.name)
        if endpoint is None:
            text = f"There is no endpoint {target.name} in the configuration."
            return Refusal(reason=RefusalReason.NOT_FOUND, summary=text)
        try:
            path = rendered(params.path, trouble.labels)
            status = rendered(params.status, {**trouble.labels, "step_id": step_id}) if params.status else ""
            body = _body(params.body, trouble.labels)
        except ValueError as error:
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=str(error))
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=Target(kind=target.kind, namespace="", name=_name(target.name, path)),
            params=params.model_dump(mode="json"),
            before={},
            seen={"status": endpoint.look(status)} if status else {},
            desired={"method": params.method, "path": path, "body": body, "status": status},
            precondition={"endpoint": target.name},
            summary=f"Send {params.method} {path} to the endpoint {target.name}.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Send it."""
        wanted = plan.desired
        answer = self._endpoint(plan).send(wanted["method"], wanted["path"], wanted["body"], plan.step_id)
        words = " as before" if answer.replayed else ""
        said = f"The endpoint {plan.precondition['endpoint']} answered {answer.status}{words}."
        return Change(already=answer.replayed, after={"status": answer.status}, summary=said)

    def verify(self, plan: Plan) -> Verdict:
        """Look at the status, if there is one to look at."""
        if not plan.desired["status"]:
            return Verdict(health=Health.HEALTHY, summary="The request was taken; there is no status to look at.")
        status = self._endpoint(plan).look(plan.desired["status"])
        summary = f"{plan.desired['status']} answers {status}."
        if status in _NOT_YET:
            return Verdict(health=Health.WAITING, summary=summary, evidence={"status": status})
        health = Health.HEALTHY if 200 <= status < 300 else Health.FAILED
        return Verdict(health=health, summary=summary, evidence={"status": status})

    def undo(self, plan: Plan) -> Change | None:  # noqa: ARG002
        """Nothing to take back: what the other side did is not known here. Write a step that asks it to go back."""
        return None

    def _endpoint(self, plan: Plan) -> EndpointClient:
        name = str(plan.precondition["endpoint"])
        if name not in self._endpoints:
            raise PermanentActionError(f"There is no endpoint {name} in the configuration any more.")
        return self._endpoints[name]


def _body(body: Mapping[str, Json] | None, labels: Mapping[str, str]) -> Json:
    if body is None:
        return None
    return {key: rendered(value, labels) if isinstance(value, str) else value for key, value in body.items()}


def _name(endpoint: str, path: str) -> str:
    """Return what locks and cooldowns go by: the endpoint and what is asked of it, as patterns of targets match it."""
    return f"{endpoint}{re.sub(r'[^a-z0-9]+', '.', path.lower())}"[:200].rstrip(".")
