"""The daemon set controller: one pod on every node, cordoned ones too, replaced a few at a time.

Node selectors and ``maxSurge`` are not played: every node takes a pod, and the old one ends before the new one starts.
"""

from sandbox.cluster import events, pods, podstatus, rollout, scheduling
from sandbox.cluster.names import generated, template_hash
from sandbox.cluster.replicasets import available_count
from sandbox.cluster.resources import DAEMON_SETS, NODES, PODS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied

REVISION = "controller-revision-hash"
# https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
TOLERATED = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Give every node its pod, replace what the strategy lets go, then count."""
    daemon_set = simulation.store.get(DAEMON_SETS, namespace, name)
    if daemon_set is None:
        return
    nodes = [node["metadata"]["name"] for node in simulation.store.all(NODES)]
    for node in nodes:
        if not _pods_on(simulation, daemon_set, node):
            _add(simulation, daemon_set, node)
    if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
        for pod in _to_replace(daemon_set, _active(simulation, daemon_set), len(nodes)):
            pods.delete(simulation, pod)
    status = _status(simulation, daemon_set, len(nodes))
    simulation.store.replace(DAEMON_SETS, daemon_set | {"status": status})


def _pods_on(simulation: Simulation, daemon_set: Json, node: str) -> list[Json]:
    owned = simulation.store.owned(daemon_set, PODS)
    return [pod for pod in owned if scheduling.bound_to(pod) == node and pod["status"].get("phase") not in ("Failed",)]


def _active(simulation: Simulation, daemon_set: Json) -> list[Json]:
    return [pod for pod in simulation.store.owned(daemon_set, PODS) if podstatus.is_active(pod)]


def _to_replace(daemon_set: Json, active: list[Json], nodes: int) -> list[Json]:
    """Return the old pods to delete now: those that serve nobody, and of the others as many as may be missing."""
    limit = daemon_set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"]
    revision = _revision(daemon_set)
    old = [pod for pod in active if pod["metadata"]["labels"].get(REVISION) != revision]
    missing = nodes - sum(podstatus.is_ready(pod) for pod in active)
    serving = [pod for pod in old if podstatus.is_ready(pod)]
    room = max(rollout.share(limit, nodes, round_up=True) - missing, 0)
    return [pod for pod in old if not podstatus.is_ready(pod)] + serving[:room]


def _revision(daemon_set: Json) -> str:
    return template_hash(daemon_set["spec"]["template"])


def _add(simulation: Simulation, daemon_set: Json, node: str) -> None:
    prefix = f"{daemon_set['metadata']['name']}-"
    metadata: Json = {"name": generated(prefix, simulation.random), "generateName": prefix}
    metadata["namespace"] = daemon_set["metadata"]["namespace"]
    metadata["labels"] = {REVISION: _revision(daemon_set)}
    metadata["ownerReferences"] = [pods.owner_reference(DAEMON_SETS, daemon_set)]
    template = copied(daemon_set["spec"]["template"])
    template["spec"] |= {"affinity": _only(node), "tolerations": _tolerations(template["spec"])}
    pod = pods.make(simulation, metadata, template)
    told = f"Created pod: {pod['metadata']['name']}"
    events.record(simulation, (DAEMON_SETS, daemon_set), "Normal", "SuccessfulCreate", told)


def _only(node: str) -> Json:
    field: Json = {"key": "metadata.name", "operator": "In", "values": [node]}
    required: Json = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def _tolerations(spec: Json) -> list[Json]:
    own: list[Json] = spec.get("tolerations", [])
    evicted = [_toleration(name, "NoExecute") for name in pods.TOLERATED]
    return [*own, *evicted, *(_toleration(name, "NoSchedule") for name in TOLERATED)]


def _toleration(name: str, effect: str) -> Json:
    return {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}


def _status(simulation: Simulation, daemon_set: Json, nodes: int) -> Json:
    active = _active(simulation, daemon_set)
    revision = _revision(daemon_set)
    available = available_count(simulation, daemon_set, active, DAEMON_SETS)
    updated = sum(pod["metadata"]["labels"].get(REVISION) == revision for pod in active)
    counts = {"updatedNumberScheduled": updated, "numberAvailable": available, "numberUnavailable": nodes - available}
    status: Json = {"currentNumberScheduled": len(active), "numberMisscheduled": 0, "desiredNumberScheduled": nodes}
    status |= {"numberReady": sum(podstatus.is_ready(pod) for pod in active)}
    status |= {"observedGeneration": daemon_set["metadata"]["generation"]}
    return status | {key: value for key, value in counts.items() if value}
