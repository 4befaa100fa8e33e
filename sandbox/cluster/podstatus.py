"""What a pod's status says at each moment of its life. Pure: ``pods.py`` decides when.

The images' names say what becomes of their containers, as in the recorded cluster (``fate``).
"""

from datetime import datetime

from sandbox.cluster.resources import Json
from sandbox.cluster.store import stamp

SERVES, NEVER_READY, KILLED, NO_IMAGE = "serves", "never-ready", "killed", "no-image"
CRASHES = "crashes"
ENDS = {KILLED: (137, "OOMKilled"), CRASHES: (1, "Error")}


def fate(image: str) -> str:
    """Return what becomes of a container: it serves, or what its image's name says."""
    if image.endswith("broken"):
        return NEVER_READY
    if image.endswith("oom"):
        return KILLED
    if image.endswith("crashes"):
        return CRASHES
    return NO_IMAGE if "nopull" in image else SERVES


def condition(kind: str, holds: bool, at: datetime, reason: str = "", message: str = "") -> Json:
    """Return one condition."""
    found: Json = {"type": kind, "status": str(holds), "lastProbeTime": None, "lastTransitionTime": stamp(at)}
    return found | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})


def readiness(pod: Json, ready: bool, at: datetime) -> list[Json]:
    """Return the conditions Ready and ContainersReady; a state that stays keeps its transition time."""
    names = " ".join(container["name"] for container in pod["spec"]["containers"])
    why = ("", "") if ready else ("ContainersNotReady", f"containers with unready status: [{names}]")
    made = [condition(kind, ready, at, *why) for kind in ("Ready", "ContainersReady")]
    before = {old["type"]: old for old in pod["status"].get("conditions", [])}
    for new in made:
        old = before.get(new["type"])
        if old is not None and old["status"] == new["status"]:
            new["lastTransitionTime"] = old["lastTransitionTime"]
    return made


def is_ready(pod: Json) -> bool:
    """Say whether the pod's condition Ready is true."""
    return any(old["type"] == "Ready" and old["status"] == "True" for old in pod["status"].get("conditions", []))


def is_active(pod: Json) -> bool:
    """Say whether a pod counts as one of its controller's replicas: it neither ended nor ends."""
    return "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") not in ("Succeeded", "Failed")


def with_readiness(pod: Json, ready: bool, at: datetime) -> list[Json]:
    """Return all the conditions of a pod that a node has taken on, in the kubelet's order."""
    scheduled = [old for old in pod["status"]["conditions"] if old["type"] == "PodScheduled"]
    began = pod["status"].get("startTime")
    start = datetime.fromisoformat(began.replace("Z", "+00:00")) if began else at
    first = [condition("PodReadyToStartContainers", True, start), condition("Initialized", True, start)]
    return [*first, *readiness(pod, ready, at), *scheduled]


def waiting(container: Json, reason: str, message: str = "") -> Json:
    """Return the status of a container that does not run yet."""
    state: Json = {"reason": reason} | ({"message": message} if message else {})
    return _container(container, {"waiting": state})


def running(pod: Json, container: Json, ready: bool, at: datetime) -> Json:
    """Return the status of a container that runs; one that was killed before remembers it."""
    before = status_of(pod, container["name"])
    restarts = before.get("restartCount", 0)
    started = before.get("state", {}).get("running", {}).get("startedAt", stamp(at))
    return _container(container, {"running": {"startedAt": started}}) | {
        "lastState": before.get("lastState", {}),
        "ready": ready,
        "started": True,
        **_identity(pod, container, restarts),
    }


def killed(pod: Json, container: Json, at: datetime, fate: str = KILLED) -> Json:
    """Return the status of a container that waits to restart: it was killed for its memory, or it crashed."""
    before = status_of(pod, container["name"])
    started = before.get("state", {}).get("running", {}).get("startedAt", stamp(at))
    exit_code, reason = ENDS[fate]
    end: Json = {"exitCode": exit_code, "reason": reason, "startedAt": started, "finishedAt": stamp(at)}
    message = f"back-off restarting failed container pod={pod['metadata']['name']}"
    return waiting(container, "CrashLoopBackOff", message) | {
        "lastState": {"terminated": end},
        **_identity(pod, container, before.get("restartCount", 0) + 1),
    }


def finished(pod: Json, container: Json, at: datetime, exit_code: int) -> Json:
    """Return the status of a container that ended for good."""
    before = status_of(pod, container["name"])
    started = before.get("state", {}).get("running", {}).get("startedAt", stamp(at))
    end: Json = {"exitCode": exit_code, "reason": "Error" if exit_code else "Completed"}
    end |= {"startedAt": started, "finishedAt": stamp(at)}
    identity = _identity(pod, container, before.get("restartCount", 0))
    return _container(container, {"terminated": end}) | identity


def status_of(pod: Json, name: str) -> Json:
    """Return the status of one container, empty before there is one."""
    found: list[Json] = pod["status"].get("containerStatuses", [])
    return next((one for one in found if one["name"] == name), {})


def quality(spec: Json) -> str:
    """Return the quality-of-service class that follows from requests and limits."""
    resources = [container.get("resources", {}) for container in spec["containers"]]
    if not any(found.get("limits") or found.get("requests") for found in resources):
        return "BestEffort"
    whole = all({"cpu", "memory"} <= set(found.get("limits", {})) for found in resources)
    same = all(found.get("limits") == found.get("requests") for found in resources)
    return "Guaranteed" if whole and same else "Burstable"


def _container(container: Json, state: Json) -> Json:
    found: Json = {"name": container["name"], "state": state, "lastState": {}, "ready": False, "restartCount": 0}
    return found | {"image": container["image"], "imageID": "", "started": False}


def _identity(pod: Json, container: Json, restarts: int) -> Json:
    name, image = container["name"], container["image"]
    container_id = f"fake://{pod['metadata']['uid']}-{name}-{restarts}"
    return {"restartCount": restarts, "imageID": f"fake://{image}", "containerID": container_id}
