"""A deployment's status and conditions, decided from its replica sets. Pure.

The conditions' reasons are what a rollout is judged by: NewReplicaSetAvailable, ProgressDeadlineExceeded and so on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.cluster import rollout
from sandbox.cluster.resources import Json
from sandbox.cluster.store import parsed, stamp

COMPLETE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"
NO_DEADLINE = 2**31 - 1


def find(conditions: Sequence[Json], kind: str) -> Json | None:
    """Return the condition of one type, or None."""
    return next((one for one in conditions if one["type"] == kind), None)


def put(conditions: list[Json], kind: str, status: str, why: tuple[str, str], at: datetime) -> list[Json]:
    """Return the conditions with one of them set; the same status and reason again changes nothing.

    Args:
        conditions: those before.
        kind: the condition's type.
        status: ``True``, ``False`` or ``Unknown``.
        why: reason and message.
        at: now.
    """
    before = find(conditions, kind)
    if before is not None and (before["status"], before["reason"]) == (status, why[0]):
        return conditions
    return [*_without(conditions, kind), _condition(kind, status, why, at, before)]


def _without(conditions: list[Json], kind: str) -> list[Json]:
    return [one for one in conditions if one["type"] != kind]


def _condition(kind: str, status: str, why: tuple[str, str], at: datetime, before: Json | None) -> Json:
    same = before is not None and before["status"] == status
    moved = before["lastTransitionTime"] if same and before is not None else stamp(at)
    found: Json = {"type": kind, "status": status, "lastUpdateTime": stamp(at), "lastTransitionTime": moved}
    return found | {"reason": why[0], "message": why[1]}


def counted(deployment: Json, new: Json | None, everything: Sequence[Json], at: datetime) -> Json:
    """Return the deployment's status without a verdict on its progress."""
    spec = deployment["spec"]
    status: Json = {"observedGeneration": deployment["metadata"]["generation"]}
    available = _sum(everything, "availableReplicas")
    total = _sum(everything, "replicas")
    status["replicas"] = total
    status["updatedReplicas"] = _sum([new] if new else [], "replicas")
    status["readyReplicas"] = _sum(everything, "readyReplicas")
    status["availableReplicas"] = available
    status["unavailableReplicas"] = max(total - available, 0)
    status = {key: value for key, value in status.items() if value}
    status["terminatingReplicas"] = _sum(everything, "terminatingReplicas")
    _, unavailable = rollout.limits(spec)
    why = ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    enough = available >= spec["replicas"] - unavailable
    if not enough:
        why = ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    before = deployment["status"].get("conditions", [])
    return status | {"conditions": put(before, "Available", str(enough), why, at)}


def _sum(replica_sets: Sequence[Json], key: str) -> int:
    return sum(one["status"].get(key, 0) for one in replica_sets)


def is_complete(deployment: Json, status: Json) -> bool:
    """Say whether every replica is updated and available and nothing old is left."""
    wanted = deployment["spec"]["replicas"]
    keys = ("updatedReplicas", "replicas", "availableReplicas")
    return all(status.get(key, 0) == wanted for key in keys)


def judged(deployment: Json, status: Json, name: str, at: datetime) -> Json:
    """Return the status with the condition Progressing brought up to date.

    Args:
        deployment: as it is kept, with its status from before.
        status: as counted now.
        name: the new replica set's name, for the message.
        at: now.
    """
    conditions = status["conditions"]
    progressing = find(conditions, "Progressing")
    if deployment["spec"]["progressDeadlineSeconds"] >= NO_DEADLINE:
        return status | {"conditions": _without(conditions, "Progressing")}
    settled = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if settled and progressing is not None and progressing["reason"] == COMPLETE:
        return status
    if is_complete(deployment, status):
        why = (COMPLETE, f'ReplicaSet "{name}" has successfully progressed.')
        return status | {"conditions": put(conditions, "Progressing", "True", why, at)}
    if _moved(deployment["status"], status):
        why = ("ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
        rest = _without(conditions, "Progressing")
        return status | {"conditions": [*rest, _condition("Progressing", "True", why, at, progressing)]}
    if _is_late(deployment, progressing, at):
        why = (TIMED_OUT, f'ReplicaSet "{name}" has timed out progressing.')
        return status | {"conditions": put(conditions, "Progressing", "False", why, at)}
    return status


def _moved(before: Json, after: Json) -> bool:
    """Say whether a rollout came closer to its end since the status before."""
    old = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    left = after.get("replicas", 0) - after.get("updatedReplicas", 0)
    grew = (after.get(key, 0) > before.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return left < old or any(grew)


def _is_late(deployment: Json, progressing: Json | None, at: datetime) -> bool:
    due = deadline(deployment, progressing)
    return due is not None and due < at


def deadline(deployment: Json, progressing: Json | None) -> datetime | None:
    """Return when a rollout that does not move is late, or None when there is nothing to wait for."""
    if progressing is None or progressing["reason"] in (COMPLETE, TIMED_OUT) or progressing["status"] == "Unknown":
        return None
    seconds = deployment["spec"]["progressDeadlineSeconds"]
    return parsed(progressing["lastUpdateTime"]) + timedelta(seconds=seconds) if seconds < NO_DEADLINE else None
