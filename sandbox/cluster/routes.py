"""A request, and what its path and its verb mean. Pure: reading HTTP is ``http.py``, answering is ``api.py``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.cluster.errors import bad_request, method_not_allowed, no_such_path
from sandbox.cluster.resources import NAMESPACES, Json, Resource, find

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
TRUE = ("1", "true", "True")
MUTATING = ("create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, understood.

    Attributes:
        verb: as access rules name it: get, list, watch, create, update, patch, delete, deletecollection.
        name: the object's name, empty for a whole collection.
        query: parameters by name; of repeated ones the last.
        media_type: the body's, without parameters.
    """

    method: str
    path: str
    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    media_type: str = ""
    body: bytes = b""

    @property
    def mutating(self) -> bool:
        """Whether it may change something."""
        return self.verb in MUTATING

    def json(self) -> Any:
        """Return the body as JSON; nothing for an empty one.

        Raises:
            ApiError: 400.
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as unreadable:
            raise bad_request(f"invalid JSON in the request's body: {unreadable}") from unreadable

    def object(self) -> Json:
        """Return the body as a JSON object.

        Raises:
            ApiError: 400.
        """
        found = self.json()
        if not isinstance(found, dict):
            raise bad_request("the request's body must be a JSON object")
        return found

    def dry_run(self) -> bool:
        """Say whether nothing must be kept.

        Raises:
            ApiError: 400 for a value that is not ``All``.
        """
        wanted = self.query.get("dryRun", "")
        if wanted not in ("", "All"):
            raise bad_request(f'dryRun: Unsupported value: "{wanted}": supported values: "All"')
        return wanted == "All"


def understood(method: str, target: str, media_type: str = "", body: bytes = b"") -> Call:
    """Return what a request line means.

    Args:
        method: the HTTP method.
        target: path and query.
        media_type: the body's type, with or without parameters.
        body: the body.

    Raises:
        ApiError: 404 for a path where nothing is served, 405 for a method that is not.
    """
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    resource, namespace, name, subresource = _placed([unquote(part) for part in split.path.strip("/").split("/")])
    if subresource and subresource not in resource.subresources:
        raise no_such_path()
    return Call(
        method=method,
        path=split.path,
        verb=_verb(method, name, subresource, query),
        resource=resource,
        namespace=namespace,
        name=name,
        subresource=subresource,
        query=query,
        media_type=media_type.partition(";")[0].strip(),
        body=body,
    )


def _placed(parts: list[str]) -> tuple[Resource, str, str, str]:
    if parts[:1] == ["api"]:
        group, version, rest = "", parts[1] if len(parts) > 1 else "", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 2:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if len(rest) > 2 and rest[0] == NAMESPACES.plural:
        namespace, rest = rest[1], rest[2:]
    resource = find(group, version, rest[0]) if rest else None
    if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
        raise no_such_path()
    name, subresource = [*rest[1:], "", ""][:2]
    if name and resource.namespaced and not namespace:
        raise no_such_path()
    return resource, namespace, name, subresource


def _verb(method: str, name: str, subresource: str, query: Mapping[str, str]) -> str:
    if method == "GET":
        watching = query.get("watch") in TRUE
        return "watch" if watching and not name else ("get" if name else "list")
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    needs_name = method != "POST" or bool(subresource)
    if method not in VERBS or bool(name) != needs_name:
        raise method_not_allowed()
    return VERBS[method]
