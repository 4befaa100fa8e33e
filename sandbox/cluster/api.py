"""The API server: what each verb does to the objects. Subresources are in ``subresources.py``, lists in ``listing.py``.

``http.py`` calls ``answer`` with the cluster's lock held. Nothing here waits, and nothing here knows who asks.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.cluster import errors, jobs, pods, validation
from sandbox.cluster import resources as kinds
from sandbox.cluster.controllers import remove
from sandbox.cluster.defaults import with_defaults
from sandbox.cluster.listing import listed
from sandbox.cluster.names import generated
from sandbox.cluster.patches import applied, merged
from sandbox.cluster.resources import Json, Resource
from sandbox.cluster.routes import Call
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import stamp
from sandbox.cluster.strategic import strategically_merged

KEPT_BY_SERVER = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: a JSON object or text, and what changed: ``created``, ``changed``, ``deleted`` or ``none``."""

    code: int
    body: Json | str
    effect: str = "none"


def existing(simulation: Simulation, call: Call) -> Json:
    """Return the object that a call names.

    Raises:
        ApiError: 404.
    """
    found = simulation.store.get(call.resource, call.namespace, call.name)
    if found is None:
        raise errors.not_found(call.resource, call.name)
    return found


def answer(simulation: Simulation, call: Call) -> Reply:
    """Do what a call without a subresource asks for.

    Raises:
        ApiError: the refusal.
    """
    if call.verb == "get":
        return Reply(code=200, body=existing(simulation, call))
    if call.verb == "list":
        return Reply(code=200, body=listed(simulation, call))
    if call.verb == "create":
        return create(simulation, call)
    if call.verb == "delete":
        return delete(simulation, call, existing(simulation, call))
    if call.verb == "deletecollection":
        return _delete_all(simulation, call)
    before = existing(simulation, call)
    wanted = call.object() if call.verb == "update" else patched(call, before)
    return _keep(simulation, call, before, wanted)


def create(simulation: Simulation, call: Call) -> Reply:
    """Keep a new object."""
    resource = call.resource
    given = call.object()
    validation.check_type(resource, given)
    metadata = {**given.get("metadata", {})}
    _place(call, metadata)
    if resource.namespaced and simulation.store.get(kinds.NAMESPACES, "", call.namespace) is None:
        raise errors.not_found(kinds.NAMESPACES, call.namespace)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = generated(metadata["generateName"], simulation.random)
    thing = {key: value for key, value in given.items() if key not in ("status", "kind", "apiVersion")}
    thing = with_defaults(resource, {**thing, "metadata": metadata})
    validation.check(resource, thing)
    if simulation.store.get(resource, call.namespace, metadata["name"]) is not None:
        raise errors.already_exists(resource, metadata["name"])
    thing = simulation.store.named(resource, _completed(simulation, resource, thing))
    if resource is kinds.JOBS:
        thing = jobs.labelled(thing)
    if call.dry_run():
        return Reply(code=201, body=thing)
    return Reply(code=201, body=simulation.store.add(resource, thing), effect="created")


def _completed(simulation: Simulation, resource: Resource, thing: Json) -> Json:
    return pods.admitted(simulation, thing) if resource is kinds.PODS else thing


def _place(call: Call, metadata: Json) -> None:
    if metadata.get("resourceVersion"):
        raise errors.bad_request("resourceVersion should not be set on objects to be created")
    if not call.resource.namespaced:
        return
    if metadata.setdefault("namespace", call.namespace) != call.namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def patched(call: Call, before: Json) -> Json:
    """Return the object after the call's patch.

    Raises:
        ApiError: 400, 415 or 422 for a patch that can't be applied.
    """
    patch: Any = call.json()
    if call.media_type == "application/json-patch+json":
        return applied(before, patch)
    if call.media_type not in ("application/merge-patch+json", "application/strategic-merge-patch+json"):
        raise errors.unsupported_media_type()
    if not isinstance(patch, dict):
        raise errors.bad_request("error decoding patch: json: cannot unmarshal value into a map")
    strategic = call.media_type == "application/strategic-merge-patch+json"
    result: Json = strategically_merged(before, patch) if strategic else merged(before, patch)
    return result


def check_version(resource: Resource, before: Json, metadata: Json) -> None:
    """Refuse a change of an object that is another one now, or a later version.

    Raises:
        ApiError: 409.
    """
    name = before["metadata"]["name"]
    uid = metadata.get("uid")
    if uid and uid != before["metadata"]["uid"]:
        told = f"UID in precondition: {uid}, UID in object meta: {before['metadata']['uid']}"
        raise errors.conflict(resource, name, f"Precondition failed: {told}")
    version = metadata.get("resourceVersion")
    if version and version != before["metadata"]["resourceVersion"]:
        raise errors.conflict(resource, name)


def _keep(simulation: Simulation, call: Call, before: Json, given: Json) -> Reply:
    """Keep a changed object; what belongs to the server and the controllers stays as it is."""
    resource = call.resource
    validation.check_type(resource, given)
    metadata = {**given.get("metadata", {})}
    if metadata.get("name") != call.name:
        told = f"the name of the object ({metadata.get('name', '')}) does not match the name on the URL ({call.name})"
        raise errors.bad_request(told)
    check_version(resource, before, metadata)
    own = {key: before["metadata"][key] for key in KEPT_BY_SERVER if key in before["metadata"]}
    metadata |= own | {"resourceVersion": before["metadata"]["resourceVersion"]}
    thing = {**given, "kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if resource.has_status and "status" in before:
        thing["status"] = before["status"]
    thing = with_defaults(resource, thing)
    if metadata.get("namespace", "") != call.namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    validation.check(resource, thing, before)
    if resource.has_generation and thing.get("spec") != before.get("spec"):
        thing["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1
    if call.dry_run() or thing == before:
        return Reply(code=200, body=thing)
    return Reply(code=200, body=simulation.store.replace(resource, thing), effect="changed")


def delete_options(call: Call) -> Json:
    """Return the options of a delete, from its body or from its query."""
    given = call.json()
    options: Json = {**given} if isinstance(given, dict) else {}
    if call.query.get("gracePeriodSeconds", "").lstrip("-").isdigit():
        options["gracePeriodSeconds"] = int(call.query["gracePeriodSeconds"])
    if "propagationPolicy" in call.query:
        options["propagationPolicy"] = call.query["propagationPolicy"]
    if options.get("dryRun") or call.dry_run():
        options["dryRun"] = ["All"]
    return options


def check_preconditions(resource: Resource, thing: Json, options: Json) -> None:
    """Refuse a delete of an object that is not the one that was meant.

    Raises:
        ApiError: 409.
    """
    asked = options.get("preconditions") or {}
    metadata = thing["metadata"]
    for key, title, why in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        if asked.get(key) and asked[key] != metadata[key]:
            told = f"the {title} in the precondition ({asked[key]}) does not match the {title} in record"
            told += f" ({metadata[key]}). The object might have been {why}"
            raise errors.precondition_failed(resource, metadata["name"], told)


def delete(simulation: Simulation, call: Call, thing: Json) -> Reply:
    """Delete one object; a pod ends gracefully, and one that already ends is 200 again."""
    resource = call.resource
    options = delete_options(call)
    check_preconditions(resource, thing, options)
    if options.get("dryRun"):
        return Reply(code=200, body=thing if resource is kinds.PODS else _deleted(resource, thing))
    if resource is kinds.PODS:
        after = pods.delete(simulation, thing, options.get("gracePeriodSeconds"))
        gone = "deletionTimestamp" in thing["metadata"]
        return Reply(code=200, body=after, effect="none" if gone else "deleted")
    if resource is kinds.NAMESPACES:
        return _end_namespace(simulation, thing)
    if options.get("propagationPolicy") == "Orphan":
        _orphan(simulation, thing)
    remove(simulation, resource, thing)
    return Reply(code=200, body=_deleted(resource, thing), effect="deleted")


def _deleted(resource: Resource, thing: Json) -> Json:
    metadata = thing["metadata"]
    found = errors.details(resource, metadata["name"]) | {"uid": metadata["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": found}


def _end_namespace(simulation: Simulation, thing: Json) -> Reply:
    if "deletionTimestamp" in thing["metadata"]:
        return Reply(code=200, body=thing)
    ending = {**thing["metadata"], "deletionTimestamp": stamp(simulation.now)}
    changed = {**thing, "metadata": ending, "status": {"phase": "Terminating"}}
    return Reply(code=200, body=simulation.store.replace(kinds.NAMESPACES, changed), effect="deleted")


def _orphan(simulation: Simulation, thing: Json) -> None:
    for resource, namespace, name in simulation.store.owned_keys(thing["metadata"]["uid"]):
        owned = simulation.store.get(resource, namespace, name)
        if owned is not None:
            metadata = {key: value for key, value in owned["metadata"].items() if key != "ownerReferences"}
            simulation.store.replace(resource, {**owned, "metadata": metadata})


def _delete_all(simulation: Simulation, call: Call) -> Reply:
    found = listed(simulation, call)
    for item in found["items"]:
        thing = simulation.store.get(call.resource, item["metadata"].get("namespace", ""), item["metadata"]["name"])
        if thing is not None:
            delete(simulation, call, thing)
    return Reply(code=200, body=found, effect="deleted" if found["items"] and not call.dry_run() else "none")
