"""What the API server answers when it refuses: a ``Status`` object with a reason, a message and details.

The wording follows the recorded exchanges, because clients and people search for it. Raised anywhere below ``api.py``,
turned into an answer there.
"""

from collections.abc import Mapping, Sequence

from sandbox.cluster.resources import Json, Resource

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class ApiError(Exception):
    """A refusal, with the whole answer: HTTP status, ``Status`` object and headers."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details
        self.headers: Mapping[str, str] = {}

    def status(self) -> Json:
        """Return the ``Status`` object (an absent ``details`` stays absent, as in the recordings)."""
        body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": str(self), "reason": self.reason}
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def details(resource: Resource, name: str) -> Json:
    """Return what identifies an object in a ``Status``."""
    found: Json = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in found.items() if value}


def not_found(resource: Resource, name: str) -> ApiError:
    """404: no such object."""
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', details(resource, name))


def no_such_path() -> ApiError:
    """404: nothing is served there."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> ApiError:
    """405: the path exists, the verb does not."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def already_exists(resource: Resource, name: str) -> ApiError:
    """409: create what is there."""
    return ApiError(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', details(resource, name))


def conflict(resource: Resource, name: str, why: str = MODIFIED) -> ApiError:
    """409: somebody else was faster."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, details(resource, name))


def precondition_failed(resource: Resource, name: str, why: str) -> ApiError:
    """409 of a delete whose precondition does not hold; here the server names the kind and not the plural."""
    message = f'Operation cannot be fulfilled on {resource.kind} "{name}": {why}'
    found: Json = {"name": name, "group": resource.group, "kind": resource.kind}
    return ApiError(409, "Conflict", message, {key: value for key, value in found.items() if value})


def invalid(group: str, kind: str, name: str, causes: Sequence[Json]) -> ApiError:
    """422: each cause has ``reason``, ``message`` and ``field``."""
    title = f"{kind}.{group}" if group else kind
    listed = [f"{cause['field']}: {cause['message']}" for cause in causes]
    told = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    found: Json = {"name": name, "group": group, "kind": kind}
    found = {key: value for key, value in found.items() if value} | {"causes": list(causes)}
    return ApiError(422, "Invalid", f'{title} "{name}" is invalid: {told}', found)


def rejected_patch() -> ApiError:
    """422: a JSON patch whose ``test`` fails or whose path is missing; the server does not say which."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def bad_request(message: str) -> ApiError:
    """400: it can't be read."""
    return ApiError(400, "BadRequest", message)


def unsupported_media_type() -> ApiError:
    """415: a patch of a type that is not known."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def unauthorized() -> ApiError:
    """401: no token, or a wrong one."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def expired(wanted: int, oldest: int) -> ApiError:
    """410: a watch wants to start before what is remembered."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")
