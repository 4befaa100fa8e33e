"""The faults that can be asked for, as POST /faults takes them. A wrong request gets a sentence per mistake."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FaultRequestError(ValueError):
    """A fault can't be switched on as it was asked for."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _OfDeployment(_Request):
    """A fault of a deployment's pods. The namespace is found by the name, unless two have it."""

    deployment: Name
    namespace: Name | None = None


class Wedged(_OfDeployment):
    """Pods that answer nothing, while Kubernetes takes them for ready. Their replacements are fine.

    Attributes:
        pod: one pod's name, or
        pods: ``all`` that exist now, or ``one``, the oldest.
    """

    fault: Literal["wedged"]
    pod: Name | None = None
    pods: Literal["all", "one"] = "all"


class Errors(_OfDeployment):
    """A share of requests that fail.

    Attributes:
        endpoint: only of this endpoint, operation or breaker.
        template_hash: only pods of this pod template; ``current`` is the newest pod's, so that a roll back helps.
    """

    fault: Literal["errors"]
    share: Share
    endpoint: str = ""
    template_hash: str = ""


class Slow(_OfDeployment):
    """Requests that take ``seconds`` in the median. The rest is as for ``errors``."""

    fault: Literal["slow"]
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    endpoint: str = ""
    template_hash: str = ""


class Traffic(_OfDeployment):
    """A factor on the traffic; 0 is silence."""

    fault: Literal["traffic"]
    share: Amount


class OutOfMemory(_OfDeployment):
    """Containers that are killed for their memory every 20 seconds, until the deployment has more replicas than now."""

    fault: Literal["oom"]


class AgentFailed(_Request):
    """An agent in health 2, until the supervisor has recovered it or its pod was replaced. The supervisor sees it fail.

    Attributes:
        deaf: a restart by the supervisor does not help; only another pod does.
    """

    fault: Literal["agent_failed"]
    agent_id: Name
    deaf: bool = False


class Value(_Request):
    """Any gauge at any value, for what has no fault of its own: ``node_filesystem_avail_bytes``, for example.

    Attributes:
        labels: only series that have all of these.
    """

    fault: Literal["value"]
    metric: str
    value: Annotated[float, Field(allow_inf_nan=False)]
    labels: dict[str, str] = {}


FaultRequest = Wedged | Errors | Slow | Traffic | OutOfMemory | AgentFailed | Value
_ADAPTER: TypeAdapter[FaultRequest] = TypeAdapter(Annotated[FaultRequest, Field(discriminator="fault")])


def parse(body: object) -> FaultRequest:
    """Return the request that a JSON body holds.

    Raises:
        FaultRequestError: it holds none; the message names each wrong key.
    """
    try:
        return _ADAPTER.validate_python(body)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()]
        raise FaultRequestError("; ".join(problems)) from None
