"""What hangs below an object: ``scale``, ``eviction`` and ``log``."""

import re

from sandbox.cluster import api, budgets, errors, podstatus, shapes, validation
from sandbox.cluster import resources as kinds
from sandbox.cluster.api import Reply
from sandbox.cluster.resources import Json
from sandbox.cluster.routes import TRUE, Call
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied

TAIL = re.compile(r"\d+")


def answer(simulation: Simulation, call: Call) -> Reply:
    """Do what a call to a subresource asks for.

    Raises:
        ApiError: the refusal.
    """
    if call.subresource == "scale" and call.verb in ("get", "update", "patch"):
        return _scale(simulation, call)
    if call.subresource == "eviction" and call.verb == "create":
        return _evict(simulation, call)
    if call.subresource == "log" and call.verb == "get":
        return _log(simulation, call)
    raise errors.method_not_allowed()


def scale_of(thing: Json) -> Json:
    """Return the ``Scale`` of a deployment, replica set or stateful set."""
    metadata = thing["metadata"]
    keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = thing["spec"]["selector"].get("matchLabels", {})
    replicas = thing["spec"]["replicas"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in keys},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": thing["status"].get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def _scale(simulation: Simulation, call: Call) -> Reply:
    before = api.existing(simulation, call)
    if call.verb == "get":
        return Reply(code=200, body=scale_of(before))
    wanted = call.object() if call.verb == "update" else api.patched(call, scale_of(before))
    api.check_version(call.resource, before, wanted.get("metadata", {}))
    replicas = _replicas(wanted)
    if replicas < 0:
        cause = validation.wrong("spec.replicas", replicas, validation.NEGATIVE)
        raise errors.invalid("autoscaling", "Scale", call.name, [cause])
    changed = copied(before)
    if replicas != before["spec"]["replicas"]:
        changed["spec"]["replicas"] = replicas
        changed["metadata"]["generation"] += 1
    if call.dry_run() or changed == before:
        return Reply(code=200, body=scale_of(changed))
    return Reply(code=200, body=scale_of(simulation.store.replace(call.resource, changed)), effect="changed")


def _replicas(scale: Json) -> int:
    """Return what a ``Scale`` asks for; a number that is left out is zero, as it is in Go."""
    spec = scale.get("spec") or {}
    found = spec.get("replicas") if isinstance(spec, dict) else spec
    if found is not None and type(found) is not int:
        raise shapes.undecodable("Scale", "v1", found, "spec.replicas of type int32")
    return found or 0


def _evict(simulation: Simulation, call: Call) -> Reply:
    pod = api.existing(simulation, call)
    given = call.object() if call.body else {}
    options: Json = given.get("deleteOptions") or {}
    api.check_preconditions(kinds.PODS, pod, options)
    done: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    ends = "deletionTimestamp" in pod["metadata"]
    if options.get("dryRun") or call.dry_run():
        budgets.check(simulation, pod)
        return Reply(code=201, body=done)
    budgets.evict(simulation, pod, options.get("gracePeriodSeconds"))
    return Reply(code=201, body=done, effect="none" if ends else "deleted")


def _log(simulation: Simulation, call: Call) -> Reply:
    pod = api.existing(simulation, call)
    names = [container["name"] for container in pod["spec"]["containers"]]
    name = call.query.get("container") or names[0]
    if name not in names:
        raise errors.bad_request(f"container {name} is not valid for pod {call.name}")
    status = podstatus.status_of(pod, name)
    ended = status.get("lastState", {}).get("terminated")
    if ended and call.query.get("previous") in TRUE:  # without one the recorded cluster answers with the present log
        return Reply(code=200, body=_previous_lines(pod, name, ended, call.query.get("tailLines", "")))
    waiting = status.get("state", {}).get("waiting", {}).get("reason", "ContainerCreating")
    if not status.get("containerID"):
        told = "trying and failing to pull image" if waiting == "ImagePullBackOff" else waiting
        raise errors.bad_request(f'container "{name}" in pod "{call.name}" is waiting to start: {told}')
    return Reply(code=200, body=_lines(pod, name, status, call.query.get("tailLines", "")))


def _previous_lines(pod: Json, name: str, ended: Json, tail: str) -> str:
    """Return what the container said before the one that runs now."""
    lines = [
        f"{ended['startedAt']} INFO starting {pod['metadata']['name']}/{name}",
        f"{ended['startedAt']} INFO connecting to postgres://{name}:its-password@db/{name}",
        f"{ended['finishedAt']} FATAL {ended['reason']}, exit code {ended['exitCode']}",
    ]
    return _tail(lines, tail)


def _lines(pod: Json, name: str, status: Json, tail: str) -> str:
    state, last = status["state"], status.get("lastState", {})
    began = state.get("running") or state.get("terminated") or last.get("terminated", {})
    lines = [f"{began.get('startedAt', '')} INFO starting {pod['metadata']['name']}/{name}"]
    fate = podstatus.fate(status["image"])
    told = {podstatus.NEVER_READY: "ERROR not ready", podstatus.KILLED: "INFO allocating memory"}
    lines.append(told.get(fate, "INFO serving"))
    return _tail(lines, tail)


def _tail(lines: list[str], tail: str) -> str:
    kept = lines[len(lines) - int(tail) :] if TAIL.fullmatch(tail) and int(tail) < len(lines) else lines
    return "".join(f"{line}\n" for line in kept)
