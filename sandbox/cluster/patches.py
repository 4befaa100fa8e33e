"""JSON merge patch (RFC 7386) and JSON patch (RFC 6902). Pure; ``strategic.py`` has Kubernetes' own kind."""

from typing import Any

from sandbox.cluster.errors import bad_request, rejected_patch
from sandbox.cluster.resources import Json
from sandbox.cluster.store import copied


def merged(target: Any, patch: Any) -> Any:
    """Return the target after a merge patch: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def applied(target: Json, operations: Any) -> Json:
    """Return the target after a JSON patch: all of it or nothing.

    Raises:
        ApiError: 400 when it is no list of operations, 422 when a ``test`` fails or a path is missing.
    """
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal value into Go value of type jsonpatch.Patch")
    document = {"": copied(target)}
    for operation in operations:
        try:
            _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as missing:
            raise rejected_patch() from missing
    result: Json = document[""]
    return result


def _operate(document: Json, operation: Json) -> None:
    name, path = operation["op"], _path(operation["path"])
    if name == "test":
        if _get(document, path) != operation.get("value"):
            raise ValueError("the test does not hold")
    elif name == "add":
        _add(document, path, operation["value"])
    elif name == "remove":
        _remove(document, path)
    elif name == "replace":
        _get(document, path)
        _put(document, path, operation["value"])
    elif name in ("move", "copy"):
        source = _path(operation["from"])
        value = _remove(document, source) if name == "move" else copied({"": _get(document, source)})[""]
        _add(document, path, value)
    else:
        raise ValueError(f"no such operation: {name}")


def _path(pointer: str) -> list[str]:
    """Return a JSON pointer (RFC 6901) as keys; the document itself is kept under the key ''."""
    if pointer and not pointer.startswith("/"):
        raise ValueError("a pointer starts with /")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]


def _index(holder: list[Any], key: str) -> int:
    if not key.isdigit() or (key != "0" and key.startswith("0")) or int(key) >= len(holder):
        raise IndexError(key)
    return int(key)


def _get(document: Any, path: list[str]) -> Any:
    value = document
    for key in path:
        value = value[_index(value, key)] if isinstance(value, list) else value[key]
    return value


def _put(document: Any, path: list[str], value: Any) -> None:
    holder, key = _get(document, path[:-1]), path[-1]
    if isinstance(holder, list):
        holder[_index(holder, key)] = value
    else:
        holder[key] = value


def _add(document: Any, path: list[str], value: Any) -> None:
    holder, key = _get(document, path[:-1]), path[-1]
    if not isinstance(holder, list):
        holder[key] = value
    elif key in ("-", str(len(holder))):
        holder.append(value)
    else:
        holder.insert(_index(holder, key), value)


def _remove(document: Any, path: list[str]) -> Any:
    holder, key = _get(document, path[:-1]), path[-1]
    return holder.pop(_index(holder, key)) if isinstance(holder, list) else holder.pop(key)
