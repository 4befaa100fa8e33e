"""What the API server refuses to keep: wrong names, wrong values, changes of what can't change. Pure."""

import re
from collections.abc import Iterator

from sandbox.cluster import resources as kinds
from sandbox.cluster import shapes
from sandbox.cluster.errors import bad_request, invalid
from sandbox.cluster.resources import Json, Resource
from sandbox.cluster.selectors import matches

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
PERCENTAGE_RULE = "a valid percent string must be a numeric string followed by an ending '%'"
PERCENTAGE = re.compile(r"[0-9]+%")
NEGATIVE = "must be greater than or equal to 0"
SCALED = (kinds.DEPLOYMENTS, kinds.REPLICA_SETS, kinds.STATEFUL_SETS)
SELECTING = (*SCALED, kinds.DAEMON_SETS)


def wrong(field: str, value: object, rule: str) -> Json:
    """Return the cause of a value that is not allowed."""
    shown = f'"{value}"' if isinstance(value, str) else value
    return {"reason": "FieldValueInvalid", "message": f"Invalid value: {shown}: {rule}", "field": field}


def required(field: str, told: str = "") -> Json:
    """Return the cause of a value that is missing."""
    message = f"Required value: {told}" if told else "Required value"
    return {"reason": "FieldValueRequired", "message": message, "field": field}


def check_type(resource: Resource, thing: Json) -> None:
    """Refuse what can't be decoded.

    Raises:
        ApiError: 400.
    """
    named = (thing.get("kind", resource.kind), thing.get("apiVersion", resource.api_version))
    if named != (resource.kind, resource.api_version):
        told = f"{named[0]} in version {named[1]!r} does not match the resource {resource.qualified}"
        raise bad_request(f"the object provided is unrecognized: {told}")
    shapes.check(resource, thing)


def check(resource: Resource, thing: Json, before: Json | None = None) -> None:
    """Refuse an object that must not be kept; ``before`` is what it replaces.

    Raises:
        ApiError: 422 with every cause.
    """
    causes = [*_metadata(thing)]
    if resource in SELECTING:
        causes += _selecting(resource, thing)
    if resource in (*SELECTING, kinds.JOBS):
        causes += _containers(thing["spec"].get("template", {}).get("spec", {}), "spec.template.spec.containers")
    if resource is kinds.CRON_JOBS:
        causes += _cron_job(thing["spec"])
    if resource is kinds.DEPLOYMENTS:
        causes += _strategy(thing["spec"]["strategy"])
    if resource is kinds.BUDGETS:
        causes += _shares(thing["spec"], ("minAvailable", "maxUnavailable"), "spec")
    if resource is kinds.PODS:
        causes += _containers(thing["spec"], "spec.containers")
    if before is not None:
        causes += _immutable(resource, thing, before)
    if causes:
        raise invalid(resource.group, resource.kind, thing["metadata"].get("name", ""), causes)


def _metadata(thing: Json) -> Iterator[Json]:
    name = thing["metadata"].get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif not NAME.fullmatch(name) or len(name) > 253:
        yield wrong("metadata.name", name, NAME_RULE)
    for field in ("labels", "annotations"):
        for value in thing["metadata"].get(field, {}).values():
            if not isinstance(value, str):
                yield wrong(f"metadata.{field}", value, "must be a string")


def _selecting(resource: Resource, thing: Json) -> Iterator[Json]:
    spec = thing["spec"]
    if resource in SCALED and spec["replicas"] < 0:
        yield wrong("spec.replicas", spec["replicas"], NEGATIVE)
    if not spec.get("selector"):
        yield required("spec.selector")
        return
    labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
    if not matches(spec["selector"], labels):
        yield wrong("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    if resource is kinds.DEPLOYMENTS and spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        told = "must be greater than minReadySeconds"
        yield wrong("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], told)


def _cron_job(spec: Json) -> Iterator[Json]:
    if not spec.get("schedule"):
        yield required("spec.schedule")
    template = spec["jobTemplate"]["spec"]["template"]
    yield from _containers(template["spec"], "spec.jobTemplate.spec.template.spec.containers")


def _strategy(strategy: Json) -> Iterator[Json]:
    if strategy["type"] not in ("RollingUpdate", "Recreate"):
        told = f'Unsupported value: "{strategy["type"]}": supported values: "Recreate", "RollingUpdate"'
        yield {"reason": "FieldValueNotSupported", "message": told, "field": "spec.strategy.type"}
    rolling = strategy.get("rollingUpdate", {})
    yield from _shares(rolling, ("maxSurge", "maxUnavailable"), "spec.strategy.rollingUpdate")


def _shares(holder: Json, keys: tuple[str, ...], field: str) -> Iterator[Json]:
    """Refuse what is neither a count nor a percentage."""
    for key in keys:
        value = holder.get(key)
        if isinstance(value, str) and not PERCENTAGE.fullmatch(value):
            yield wrong(f"{field}.{key}", value, PERCENTAGE_RULE)
        elif value is not None and not isinstance(value, str) and (type(value) is not int or value < 0):
            yield wrong(f"{field}.{key}", value, NEGATIVE)


def _containers(spec: Json, field: str) -> Iterator[Json]:
    containers = spec.get("containers")
    if not containers:
        yield required(field)
    for number, container in enumerate(containers or []):
        for key in ("name", "image"):
            if not container.get(key):
                yield required(f"{field}[{number}].{key}")


def _immutable(resource: Resource, thing: Json, before: Json) -> Iterator[Json]:
    fixed: dict[Resource, tuple[str, ...]] = {
        kinds.JOBS: ("selector", "completions"),
        kinds.STATEFUL_SETS: ("selector", "serviceName"),
    }
    fixed |= dict.fromkeys((kinds.DEPLOYMENTS, kinds.REPLICA_SETS, kinds.DAEMON_SETS), ("selector",))
    for key in fixed.get(resource, ()):
        if thing["spec"].get(key) != before["spec"].get(key):
            yield wrong(f"spec.{key}", thing["spec"].get(key), "field is immutable")
