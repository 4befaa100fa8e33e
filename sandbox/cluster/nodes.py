"""The nodes: what one looks like, the taint that follows a cordon, and what becomes of one that is lost."""

from sandbox.cluster import pods, scheduling
from sandbox.cluster.resources import NODES, PODS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied, stamp

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
EVICTED_AFTER_SECONDS = 300.0  # how long pods tolerate an unreachable node, unless they say otherwise
CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID"),
    ("Ready", "True", "KubeletReady"),
)


def reconcile(simulation: Simulation, _namespace: str, name: str) -> None:
    """Taint a cordoned node, and take the taint from one that is no longer, as soon as the pace says."""
    wait = simulation.pace.taints_after_seconds
    if wait:
        simulation.after(wait, lambda: _set_taint(simulation, name))
    else:
        _set_taint(simulation, name)


def _set_taint(simulation: Simulation, name: str) -> None:
    node = simulation.store.get(NODES, "", name)
    if node is None:
        return
    changed = copied(node)
    taints = [taint for taint in changed["spec"].pop("taints", []) if taint["key"] != UNSCHEDULABLE]
    if node["spec"].get("unschedulable"):
        taints.append(_taint(simulation, node))
    if taints:
        changed["spec"]["taints"] = taints
    simulation.store.replace(NODES, changed)


def _taint(simulation: Simulation, node: Json) -> Json:
    before: list[Json] = [taint for taint in node["spec"].get("taints", []) if taint["key"] == UNSCHEDULABLE]
    fresh: Json = {"key": UNSCHEDULABLE, "effect": "NoSchedule", "timeAdded": stamp(simulation.now)}
    return before[0] if before else fresh


def add(simulation: Simulation, name: str, number: int) -> None:
    """Keep a new node; even ones are in zone-0, odd ones in zone-1."""
    network = f"10.244.{number}.0/24"
    labels = {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    labels |= {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    labels |= {"topology.kubernetes.io/zone": f"zone-{number % 2}"}
    metadata = {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0"}}
    spec = {"podCIDR": network, "podCIDRs": [network], "providerID": f"fake://{name}"}
    node: Json = {"metadata": metadata, "spec": spec, "status": _status(simulation, name)}
    simulation.store.add(NODES, simulation.store.named(NODES, node))


def _status(simulation: Simulation, name: str) -> Json:
    at = stamp(simulation.now)
    size = {"cpu": "8", "ephemeral-storage": "100Gi", "memory": "32Gi", "pods": "110"}
    conditions = [
        {
            "type": kind,
            "status": holds,
            "lastHeartbeatTime": at,
            "lastTransitionTime": at,
            "reason": why,
            "message": why,
        }
        for kind, holds, why in CONDITIONS
    ]
    addresses = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}]
    info = {"machineID": name, "systemUUID": name, "bootID": name, "kernelVersion": "fake", "osImage": "fake"}
    info |= {"containerRuntimeVersion": "fake://1", "kubeletVersion": "v1.36.2-fake", "kubeProxyVersion": ""}
    info |= {"operatingSystem": "linux", "architecture": "amd64"}
    status: Json = {"capacity": size, "allocatable": size, "conditions": conditions, "addresses": addresses}
    return status | {"daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}, "nodeInfo": info}


def lose(simulation: Simulation, name: str) -> None:
    """Let nothing be heard of a node: its pods are not ready, and are evicted after five minutes.

    https://kubernetes.io/docs/concepts/architecture/nodes/#condition
    """
    found = simulation.store.get(NODES, "", name)
    if found is None:
        return
    node = copied(found)
    for condition in node["status"]["conditions"]:
        condition |= {"status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": stamp(simulation.now)}
    simulation.store.replace(NODES, node)
    for pod in _pods_on(simulation, name):
        pods.lose(simulation, pod)
    simulation.after(EVICTED_AFTER_SECONDS, lambda: _evict_from(simulation, name))


def remove(simulation: Simulation, name: str) -> None:
    """Take a lost node out of the cluster, as a cloud's controller does, and its pods with it."""
    simulation.store.remove(NODES, "", name)
    for pod in _pods_on(simulation, name):
        simulation.store.remove(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])


def _evict_from(simulation: Simulation, name: str) -> None:
    node = simulation.store.get(NODES, "", name)
    for pod in _pods_on(simulation, name) if node is not None and scheduling.is_lost(node) else ():
        if "deletionTimestamp" not in pod["metadata"] and not scheduling.bound_to(pod):
            pods.delete(simulation, pod)


def _pods_on(simulation: Simulation, name: str) -> list[Json]:
    return [pod for pod in simulation.store.all(PODS) if pod["spec"].get("nodeName") == name]
