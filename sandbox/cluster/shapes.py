"""The types of the fields that the sandbox reads: what can't be decoded is refused before anything looks into it. Pure.

A shape is a type, an object of named shapes, or a list of one shape. Fields that are not named here may hold anything.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.cluster.errors import ApiError, bad_request
from sandbox.cluster.resources import Json, Resource

STRINGS = "map[string]string"
GO_TYPES = {str: "string", int: "int32", bool: "bool", dict: "map", list: "[]"}
FOUND = {str: "string", bool: "bool", float: "number", int: "number", list: "array", dict: "object"}

METADATA: Json = {
    "name": str,
    "namespace": str,
    "uid": str,
    "resourceVersion": str,
    "generateName": str,
    "labels": STRINGS,
    "annotations": STRINGS,
    "finalizers": [str],
    "ownerReferences": [{"uid": str, "name": str, "kind": str, "controller": bool}],
}
EXPRESSION: Json = {"key": str, "operator": str, "values": [str]}
SELECTOR: Json = {"matchLabels": STRINGS, "matchExpressions": [EXPRESSION]}
CONTAINER: Json = {
    "name": str,
    "image": str,
    "resources": {"limits": dict, "requests": dict},
    "env": [{"name": str}],
    "ports": [{"containerPort": int, "protocol": str}],
    "volumeMounts": [dict],
    "args": [str],
    "command": [str],
}
POD_SPEC: Json = {
    "containers": [CONTAINER],
    "initContainers": [CONTAINER],
    "volumes": [dict],
    "tolerations": [dict],
    "affinity": dict,
    "nodeName": str,
    "serviceAccountName": str,
    "terminationGracePeriodSeconds": int,
}
SPEC: Json = POD_SPEC | {
    "replicas": int,
    "minReadySeconds": int,
    "revisionHistoryLimit": int,
    "progressDeadlineSeconds": int,
    "backoffLimit": int,
    "completions": int,
    "paused": bool,
    "suspend": bool,
    "unschedulable": bool,
    "taints": [{"key": str}],
    "podManagementPolicy": str,
    "selector": SELECTOR,
    "strategy": {"type": str, "rollingUpdate": dict},
    "updateStrategy": {"type": str, "rollingUpdate": dict},
    "template": {"metadata": METADATA, "spec": POD_SPEC},
}
SPEC |= {
    "ttlSecondsAfterFinished": int,
    "schedule": str,
    "concurrencyPolicy": str,
    "jobTemplate": {"metadata": METADATA, "spec": {**SPEC}},
}
OBJECT: Json = {"kind": str, "apiVersion": str, "metadata": METADATA, "spec": SPEC}


def check(resource: Resource, thing: Json) -> None:
    """Refuse an object with a field of the wrong type.

    Raises:
        ApiError: 400 with the first such field.
    """
    for path, value, wanted in _mismatches(thing, OBJECT, ""):
        raise undecodable(resource.kind, resource.version, value, f"{path} of type {wanted}")


def undecodable(kind: str, version: str, value: Any, field: str) -> ApiError:
    """Return the refusal of a body that can't be decoded."""
    told = f"json: cannot unmarshal {FOUND.get(type(value), 'value')} into Go struct field {kind}.{field}"
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {told}')


def _mismatches(value: Any, shape: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    if value is None:
        return  # Go reads null as absent
    if shape == STRINGS:
        fits = isinstance(value, dict) and all(isinstance(one, str) for one in value.values() if one is not None)
        yield from () if fits else [(path, value, STRINGS)]
    elif isinstance(shape, dict):
        yield from _in_object(value, shape, path)
    elif isinstance(shape, list):
        yield from _in_list(value, shape[0], path)
    elif type(value) is not shape:
        yield path, value, GO_TYPES[shape]


def _in_object(value: Any, shape: Json, path: str) -> Iterator[tuple[str, Any, str]]:
    if not isinstance(value, dict):
        yield path, value, "map"
        return
    for key in shape.keys() & value.keys():
        yield from _mismatches(value[key], shape[key], f"{path}.{key}".lstrip("."))


def _in_list(value: Any, shape: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    if not isinstance(value, list):
        yield path, value, "[]"
        return
    for item in value:
        if item is None:
            yield path, item, "object"
        yield from _mismatches(item, shape, path)


def pruned(value: Any) -> Any:
    """Return a value without the keys that hold null."""
    if isinstance(value, dict):
        return {key: pruned(one) for key, one in value.items() if one is not None}
    return [pruned(one) for one in value] if isinstance(value, list) else value
