"""The life of a pod: made from a template, scheduled, started, ready, restarted, ended.

It plays the kubelets; ``scheduling.py`` says which node a pod comes to, ``podstatus.py`` what a status looks like. The
controllers of replica sets, stateful sets and jobs make pods here.
"""

from datetime import timedelta

from sandbox.cluster import events, podstatus, scheduling
from sandbox.cluster.defaults import with_defaults
from sandbox.cluster.names import suffix
from sandbox.cluster.resources import NODES, PODS, Json, Resource
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied, parsed, stamp

LONGEST_BACK_OFF_SECONDS = 300.0
TOLERATED = ("not-ready", "unreachable")


def owner_reference(resource: Resource, owner: Json) -> Json:
    """Return the reference that makes ``owner`` the controller of an object."""
    name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
    found: Json = {"apiVersion": resource.api_version, "kind": resource.kind, "name": name, "uid": uid}
    return found | {"controller": True, "blockOwnerDeletion": True}


def admitted(simulation: Simulation, pod: Json) -> Json:
    """Return a new pod as the API server keeps it: with defaults, an account and its token's volume."""
    filled = with_defaults(PODS, pod)
    spec = filled["spec"]
    token = f"kube-api-access-{suffix(simulation.random)}"
    spec["volumes"] = [*spec.get("volumes", []), _token_volume(token)]
    for container in spec["containers"]:
        mount = {"name": token, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        container["volumeMounts"] = [*container.get("volumeMounts", []), mount]
    spec |= {"serviceAccountName": spec.get("serviceAccountName", "default")}
    spec |= {"serviceAccount": spec["serviceAccountName"], "priority": 0, "enableServiceLinks": True}
    spec |= {"preemptionPolicy": "PreemptLowerPriority"}
    evicted_after: Json = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    known = {one.get("key") for one in spec.get("tolerations", [])}
    keys = [key for name in TOLERATED if (key := f"node.kubernetes.io/{name}") not in known]
    spec["tolerations"] = [*spec.get("tolerations", []), *({"key": key, **evicted_after} for key in keys)]
    filled["status"] = {"phase": "Pending", "qosClass": podstatus.quality(spec)}
    return filled


def make(simulation: Simulation, metadata: Json, template: Json) -> Json:
    """Keep a new pod made from a template and return it; ``metadata`` is added to the template's."""
    merged = {**template["metadata"], **metadata}
    merged["labels"] = {**template["metadata"].get("labels", {}), **metadata.get("labels", {})}
    pod = admitted(simulation, {"metadata": merged, "spec": copied(template["spec"])})
    return simulation.store.add(PODS, simulation.store.named(PODS, pod))


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Schedule a pod that has no node, and have its node take it on."""
    pod = simulation.store.get(PODS, namespace, name)
    if pod is None or not podstatus.is_active(pod):
        return
    if not pod["spec"].get("nodeName"):
        scheduling.schedule(simulation, pod)
    elif "observedGeneration" not in pod["status"]:
        _take_on(simulation, pod)


def delete(simulation: Simulation, pod: Json, grace_seconds: float | None = None) -> Json:
    """Begin to end a pod and return it as the API answers; a pod that already ends changes only to end sooner."""
    own = pod["spec"].get("terminationGracePeriodSeconds", 30)
    grace = own if grace_seconds is None else max(grace_seconds, 0)
    ends: float = pod["metadata"].get("deletionGracePeriodSeconds", float("inf"))
    if grace >= ends:
        return pod
    if not pod["spec"].get("nodeName") or pod["status"].get("phase") in ("Succeeded", "Failed"):
        grace = 0
    changed = _changed(pod)
    metadata = changed["metadata"]
    metadata["deletionTimestamp"] = stamp(simulation.now + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace
    metadata["generation"] = metadata.get("generation", 1) + 1
    uid = metadata["uid"]
    if grace == 0:
        simulation.store.remove(PODS, metadata["namespace"], metadata["name"])
        return changed
    kept = simulation.store.replace(PODS, changed)
    events.record_kubelet(simulation, kept, "Normal", "Killing", f"Stopping container {_first(kept)}")
    node = simulation.store.get(NODES, "", pod["spec"]["nodeName"])
    if node is not None and scheduling.is_lost(node):
        return kept  # nobody is there to end it: it stays until the node is removed
    seconds = min(grace, simulation.pace.stops_after_seconds)
    simulation.after(seconds, lambda: _end(simulation, metadata["namespace"], metadata["name"], uid))
    return kept


def trouble(simulation: Simulation, pod: Json, mood: str) -> None:
    """Make one pod behave as ``mood`` says until it is replaced: a fate of ``podstatus.py``."""
    simulation.moods[pod["metadata"]["uid"]] = mood
    meet_fate(simulation, pod)


def meet_fate(simulation: Simulation, pod: Json) -> None:
    """Let a running pod begin anew with what is to become of it."""
    if podstatus.is_active(pod) and pod["status"].get("phase") == "Running":
        _run(simulation, pod)


def lose(simulation: Simulation, pod: Json) -> None:
    """Let nothing be heard of a pod any more; its node is gone."""
    simulation.moods[pod["metadata"]["uid"]] = podstatus.NEVER_READY
    changed = _changed(pod)
    changed["status"]["conditions"] = podstatus.with_readiness(changed, False, simulation.now)
    simulation.store.replace(PODS, changed)


def _changed(pod: Json) -> Json:
    return copied(pod)


def _first(pod: Json) -> str:
    return str(pod["spec"]["containers"][0]["name"])


def _fate(simulation: Simulation, pod: Json) -> str:
    fates = {podstatus.fate(container["image"]) for container in pod["spec"]["containers"]} - {podstatus.SERVES}
    own = simulation.moods.get(pod["metadata"]["uid"]) or simulation.fates(pod)
    return own or next(iter(sorted(fates)), podstatus.SERVES)


def _take_on(simulation: Simulation, pod: Json) -> None:
    changed = _changed(pod)
    status = changed["status"]
    address = _address(simulation)
    status |= {"observedGeneration": pod["metadata"].get("generation", 1), "hostIP": "127.0.0.1"}
    status |= {"hostIPs": [{"ip": "127.0.0.1"}], "podIP": address, "podIPs": [{"ip": address}]}
    status["startTime"] = stamp(simulation.now)
    status["conditions"] = podstatus.with_readiness(changed, False, simulation.now)
    containers = pod["spec"]["containers"]
    status["containerStatuses"] = [podstatus.waiting(container, "ContainerCreating") for container in containers]
    kept = simulation.store.replace(PODS, changed)
    _later(simulation, simulation.pace.starts_after_seconds, kept, _start)


def _address(simulation: Simulation) -> str:
    number = simulation.store.version % (200 * 250)
    return f"10.244.{number // 250}.{number % 250 + 2}"


def _start(simulation: Simulation, pod: Json) -> None:
    if _fate(simulation, pod) == podstatus.NO_IMAGE:
        _wait_for_image(simulation, pod)
        return
    image = pod["spec"]["containers"][0]["image"]
    events.record_kubelet(simulation, pod, "Normal", "Pulled", f'Container image "{image}" already present on machine')
    events.record_kubelet(simulation, pod, "Normal", "Started", f"Started container {_first(pod)}")
    _run(simulation, pod)


def _wait_for_image(simulation: Simulation, pod: Json) -> None:
    changed = _changed(pod)
    told = "Back-off pulling image"
    containers = pod["spec"]["containers"]
    changed["status"]["containerStatuses"] = [podstatus.waiting(one, "ImagePullBackOff", told) for one in containers]
    kept = simulation.store.replace(PODS, changed)
    image = containers[0]["image"]
    events.record_kubelet(simulation, kept, "Warning", "Failed", f'Failed to pull image "{image}"')


def _run(simulation: Simulation, pod: Json) -> None:
    fate = _fate(simulation, pod)
    kept = _set_ready(simulation, pod, False)
    if fate in podstatus.ENDS:
        _later(simulation, simulation.pace.killed_after_seconds, kept, _kill)
    elif fate == podstatus.SERVES:
        _later(simulation, simulation.pace.ready_after_seconds, kept, _become_ready)


def _become_ready(simulation: Simulation, pod: Json) -> None:
    if pod["status"].get("phase") == "Running" and _fate(simulation, pod) == podstatus.SERVES:
        _set_ready(simulation, pod, True)


def _set_ready(simulation: Simulation, pod: Json, ready: bool) -> Json:
    changed = _changed(pod)
    status = changed["status"]
    status["phase"] = "Running"
    status["conditions"] = podstatus.with_readiness(changed, ready, simulation.now)
    containers = pod["spec"]["containers"]
    status["containerStatuses"] = [podstatus.running(pod, one, ready, simulation.now) for one in containers]
    return simulation.store.replace(PODS, changed)


def _kill(simulation: Simulation, pod: Json) -> None:
    fate = _fate(simulation, pod)
    if fate not in podstatus.ENDS:
        return
    changed = _changed(pod)
    status = changed["status"]
    containers = pod["spec"]["containers"]
    status["containerStatuses"] = [podstatus.killed(pod, one, simulation.now, fate) for one in containers]
    status["conditions"] = podstatus.with_readiness(changed, False, simulation.now)
    kept = simulation.store.replace(PODS, changed)
    events.record_kubelet(simulation, kept, "Warning", "BackOff", f"Back-off restarting container {_first(pod)}")
    restarts = status["containerStatuses"][0]["restartCount"]
    wait = simulation.pace.back_off_seconds * 2 ** min(restarts - 1, 10)
    _later(simulation, min(wait, LONGEST_BACK_OFF_SECONDS), kept, _start)


def finish(simulation: Simulation, pod: Json, exit_code: int) -> None:
    """End a pod's containers for good, as a job's do."""
    changed = _changed(pod)
    status = changed["status"]
    status["phase"] = "Failed" if exit_code else "Succeeded"
    containers = pod["spec"]["containers"]
    status["containerStatuses"] = [podstatus.finished(pod, one, simulation.now, exit_code) for one in containers]
    status["conditions"] = podstatus.with_readiness(changed, False, simulation.now)
    simulation.store.replace(PODS, changed)


def ready_since_seconds(simulation: Simulation, pod: Json) -> float | None:
    """Return how long the pod has been ready, or None."""
    for found in pod["status"].get("conditions", []):
        if found["type"] == "Ready" and found["status"] == "True":
            return (simulation.now - parsed(found["lastTransitionTime"])).total_seconds()
    return None


def _later(simulation: Simulation, seconds: float, pod: Json, deed: "object") -> None:
    namespace, name, uid = (pod["metadata"][key] for key in ("namespace", "name", "uid"))

    def act() -> None:
        found = simulation.store.get(PODS, namespace, name)
        if found is not None and found["metadata"]["uid"] == uid and podstatus.is_active(found):
            deed(simulation, found)  # type: ignore[operator]

    simulation.after(seconds, act)


def _end(simulation: Simulation, namespace: str, name: str, uid: str) -> None:
    found = simulation.store.get(PODS, namespace, name)
    if found is not None and found["metadata"]["uid"] == uid:
        simulation.moods.pop(uid, None)
        simulation.store.remove(PODS, namespace, name)


def _token_volume(name: str) -> Json:
    """Return the volume with the account's token, with the sources that the recorded server put into it."""
    authority = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    service = {"name": "openshift-service-ca.crt", "items": [{"key": "service-ca.crt", "path": "service-ca.crt"}]}
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources: list[Json] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": authority},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
        {"configMap": service},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
