"""Strategic merge patch: Kubernetes' own, which merges lists by the name of their items.

The merge keys come from the API's types (``x-kubernetes-patch-merge-key`` in its OpenAPI document), written down for
the lists that the sandbox's kinds have. A list that is not here is replaced as a whole. Pure.
"""

from typing import Any

from sandbox.cluster.errors import ApiError
from sandbox.cluster.patches import merged
from sandbox.cluster.resources import Json

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "taints": "key",
    "conditions": "type",
    "addresses": "type",
    "ownerReferences": "uid",
}
MERGED_PRIMITIVES = ("finalizers",)
ORDER = "$setElementOrder/"
REMOVED = "$deleteFromPrimitiveList/"


def strategically_merged(target: Any, patch: Json) -> Json:
    """Return the target after a strategic merge patch.

    Raises:
        ApiError: 400 when an item of a merged list has no merge key.
    """
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith(REMOVED):
            name = key.removeprefix(REMOVED)
            result[name] = [one for one in _list(result.get(name)) if one not in _list(value)]
        elif not key.startswith("$"):
            _merge_key(result, key, value)
    return result


def _merge_key(result: Json, key: str, value: Any) -> None:
    if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
        result.pop(key, None)
    elif isinstance(value, dict):
        result[key] = strategically_merged(result.get(key), value)
    elif isinstance(value, list) and key in MERGE_KEYS:
        result[key] = _items(_list(result.get(key)), value, MERGE_KEYS[key])
    elif isinstance(value, list) and key in MERGED_PRIMITIVES:
        result[key] = [*_list(result.get(key)), *(one for one in value if one not in _list(result.get(key)))]
    else:
        result[key] = merged(None, value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _items(before: list[Json], patch: list[Any], key: str) -> list[Json]:
    """Merge two lists of objects: known items are changed where they stand, new ones come last."""
    if not all(isinstance(one, dict) for one in patch):
        raise ApiError(400, "BadRequest", "expected a list of objects in a strategic merge patch")
    if any(one.get("$patch") == "replace" for one in patch):
        return [one for one in patch if "$patch" not in one]
    result = list(before)
    for item in patch:
        if key not in item:
            raise ApiError(400, "BadRequest", f"map: {item} does not contain declared merge key: {key}")
        at = next((index for index, one in enumerate(result) if one.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [one for one in result if one.get(key) != item[key]]
        elif at is None:
            result.append(strategically_merged(None, item))
        else:
            result[at] = strategically_merged(result[at], item)
    return result
