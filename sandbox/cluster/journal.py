"""Every request that could change something, with what it did: tests ask it whether a pod was deleted exactly once."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime

from sandbox.cluster.resources import Json
from sandbox.cluster.routes import Call

KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a mutating verb.

    Attributes:
        resource: the plural; with a subresource as in ``pods/eviction``.
        code: the status that was decided on; 0 when the request was cut off before it had an effect.
        effect: ``created``, ``changed``, ``deleted`` or ``none`` (refused, a dry run, or already so).
        fault: the answer of the fault that met it, empty for none; the client saw that instead.
        body: what was sent, as text.
    """

    at: datetime
    user: str
    method: str
    path: str
    verb: str
    resource: str
    namespace: str
    name: str
    code: int
    effect: str
    fault: str
    body: str

    def as_json(self) -> Json:
        """Return it for ``GET /sandbox/requests``."""
        return asdict(self) | {"at": self.at.isoformat()}


class Journal:
    """The requests in the order in which they were decided. Guarded by the cluster's lock."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=KEPT)

    def write(self, at: datetime, user: str, call: Call, *, code: int, effect: str = "none", fault: str = "") -> None:
        """Remember a request."""
        request = Request(
            at=at,
            user=user,
            method=call.method,
            path=call.path,
            verb=call.verb,
            resource=f"{call.resource.plural}/{call.subresource}" if call.subresource else call.resource.plural,
            namespace=call.namespace,
            name=call.name,
            code=code,
            effect=effect,
            fault=fault,
            body=call.body.decode(errors="replace"),
        )
        self._requests.append(request)

    def all(self) -> tuple[Request, ...]:
        """Return the requests, oldest first."""
        return tuple(self._requests)

    def clear(self) -> None:
        """Forget them."""
        self._requests.clear()
