"""What Kubernetes objects say, read from their JSON: owner, selector, readiness, rollout. Pure.

The actions decide by these; nothing here asks the API.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime

from firebrigade.runbooks.contract import Json

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
TEMPLATE_HASH = "pod-template-hash"


def uid(item: Json) -> str:
    """Return an object's UID."""
    return str(item["metadata"]["uid"])


def name(item: Json) -> str:
    """Return an object's name."""
    return str(item["metadata"]["name"])


def annotations(item: Json) -> dict[str, str]:
    """Return an object's annotations."""
    return item["metadata"].get("annotations") or {}


def created_at(item: Json) -> datetime:
    """Return when an object was created."""
    return datetime.fromisoformat(item["metadata"]["creationTimestamp"])


def terminating(item: Json) -> bool:
    """Return whether an object is being deleted."""
    return bool(item["metadata"].get("deletionTimestamp"))


def controller(item: Json) -> Json | None:
    """Return the owner reference of the controller that would replace an object, or None."""
    owners = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def owned_by(items: Iterable[Json], owners: Sequence[str]) -> list[Json]:
    """Return the objects whose controller has one of these UIDs; a selector alone may select others' objects."""
    return [item for item in items if (owner := controller(item)) and owner["uid"] in owners]


def label_selector(item: Json) -> str:
    """Return a workload's selector in the notation of a list request."""
    selector = item["spec"]["selector"]
    equal = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    return ",".join(equal + [_requirement(one) for one in selector.get("matchExpressions") or []])


def pod_ready(pod: Json) -> bool:
    """Return whether a pod counts as ready: condition Ready, and not being deleted."""
    condition = find_condition(pod, "Ready")
    return not terminating(pod) and condition is not None and condition["status"] == "True"


def desired_pods(workload: Json) -> int:
    """Return how many pods a workload should have; a daemon set has no number of replicas."""
    if workload.get("kind") == "DaemonSet":
        return int((workload.get("status") or {}).get("desiredNumberScheduled", 0))
    return int(workload["spec"].get("replicas", 1))


def ready_replicas(workload: Json) -> int:
    """Return how many pods are ready by a workload's own status; zero is left out of it."""
    return _count(workload, "readyReplicas", "numberReady")


def updated_pods(workload: Json) -> int:
    """Return how many pods are of the latest template, by the workload's own status."""
    return _count(workload, "updatedReplicas", "updatedNumberScheduled")


def available_pods(workload: Json) -> int:
    """Return how many pods are available, by the workload's own status."""
    return _count(workload, "availableReplicas", "numberAvailable")


def find_condition(item: Json, kind: str) -> Json | None:
    """Return a condition of an object's status by its type, or None."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), None)


def observed(deployment: Json) -> bool:
    """Return whether the controller has seen the latest spec, so that the status is about it."""
    seen = (deployment.get("status") or {}).get("observedGeneration", 0)
    return int(seen) >= int(deployment["metadata"]["generation"])


def rolled_out(workload: Json) -> bool:
    """Return whether every pod is of the latest template and available, and no other is left."""
    wanted, status = desired_pods(workload), workload.get("status") or {}
    total = _count(workload, "replicas", "currentNumberScheduled")
    complete = [total, updated_pods(workload), available_pods(workload)] == [wanted] * 3
    one_revision = status.get("currentRevision") == status.get("updateRevision")  # only a stateful set has them
    return observed(workload) and complete and one_revision


def rolling_out(workload: Json) -> bool:
    """Return whether a workload's pods are being replaced by newer ones just now, or are stuck half way."""
    status = workload.get("status") or {}
    if workload.get("kind") == "StatefulSet":
        return not observed(workload) or status.get("currentRevision") != status.get("updateRevision")
    if workload.get("kind") == "DaemonSet":
        return not observed(workload) or int(status.get("updatedNumberScheduled", 0)) < desired_pods(workload)
    if workload.get("kind") != "Deployment":
        return False
    updated, total = int(status.get("updatedReplicas", 0)), int(status.get("replicas", 0))
    # A pod that is missing for a moment (evicted, lost with its node) is no rollout: the last one stays complete.
    complete = (find_condition(workload, "Progressing") or {}).get("reason") == "NewReplicaSetAvailable"
    return not observed(workload) or total > updated or (updated < desired_pods(workload) and not complete)


def taken_by_rollout(workload: Json, ready: int) -> int:
    """Return how many ready pods a workload's own strategy may take away at once when its template changes.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
    """
    wanted, kind = desired_pods(workload), workload.get("kind")
    strategy = workload["spec"].get("strategy" if kind == "Deployment" else "updateStrategy") or {}
    if strategy.get("type") == "Recreate":
        return ready
    limits = strategy.get("rollingUpdate") or {}
    if kind == "Deployment":
        unavailable = _of(limits.get("maxUnavailable", "25%"), wanted, round_up=False)
        surge = _of(limits.get("maxSurge", "25%"), wanted, round_up=True)
    else:
        # A stateful set replaces one pod after the other, a daemon set as many as it says; both round up.
        unavailable = _of(limits.get("maxUnavailable", 1), wanted, round_up=True)
        surge = _of(limits.get("maxSurge", 0), wanted, round_up=True)
    if not unavailable and not surge:
        unavailable = 1  # the controller's own choice: it could not move otherwise
    return max(0, min(ready, ready - wanted + unavailable))


def blast_facts(*, ready: int, wanted: int, takes_ready: int, disturbs_rollout: bool) -> dict[str, Json]:
    """Return what the blast radius is decided by, for a plan's ``before``; counts of pods."""
    return {"ready": ready, "wanted": wanted, "takes_ready": takes_ready, "disturbs_rollout": disturbs_rollout}


def deadline_exceeded_at(deployment: Json) -> str | None:
    """Return when a rollout was given up (progressDeadlineSeconds), or None."""
    condition = find_condition(deployment, "Progressing")
    if condition is None or condition.get("reason") != "ProgressDeadlineExceeded":
        return None
    return str(condition.get("lastUpdateTime"))


def revision(item: Json) -> int:
    """Return the revision of a deployment or a replica set; 0 before the controller has given one."""
    text = annotations(item).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def plain_template(item: Json) -> Json:
    """Return the pod template as it stands in the deployment: a replica set's has the controller's own label."""
    template = deepcopy(item["spec"]["template"])
    labels = template.get("metadata", {}).get("labels") or {}
    labels.pop(TEMPLATE_HASH, None)
    return template


def template_digest(item: Json) -> str:
    """Return a digest of the pod template, to recognize it without keeping what may hold secrets."""
    text = json.dumps(plain_template(item), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def images(item: Json) -> list[str]:
    """Return the images of a pod template."""
    return [str(container["image"]) for container in item["spec"]["template"]["spec"]["containers"]]


def _count(workload: Json, of_replicas: str, of_daemon_set: str) -> int:
    key = of_daemon_set if workload.get("kind") == "DaemonSet" else of_replicas
    return int((workload.get("status") or {}).get(key, 0))


def _of(limit: int | str, wanted: int, *, round_up: bool) -> int:
    """Return a limit of a rolling update as a number of pods: absolute, or a percentage of the wanted ones."""
    if isinstance(limit, int):
        return limit
    percent = int(limit.removesuffix("%"))
    return (percent * wanted + (99 if round_up else 0)) // 100


def _requirement(one: Json) -> str:
    key, operator, values = one["key"], one["operator"], ",".join(one.get("values") or [])
    words: dict[str, str] = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return words[operator]
