"""Which node a pod comes to: the one that it is bound to, or of those that take pods the one with the fewest."""

from sandbox.cluster import events, podstatus
from sandbox.cluster.resources import NODES, PODS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied

ZONE = "topology.kubernetes.io/zone"


def schedule(simulation: Simulation, pod: Json) -> None:
    """Bind a pod to a node, or say that there is none for it."""
    node = simulation.store.get(NODES, "", bound) if (bound := bound_to(pod)) else _node_for(simulation)
    changed = copied(pod)
    if node is None:
        names = simulation.store.all(NODES)
        message = f"0/{len(names)} nodes are available: {len(names)} node(s) were unschedulable."
        unscheduled = podstatus.condition("PodScheduled", False, simulation.now, "Unschedulable", message)
        if not changed["status"].get("conditions"):
            changed["status"]["conditions"] = [unscheduled]
            simulation.store.replace(PODS, changed)
        return
    name = node["metadata"]["name"]
    zone = node["metadata"].get("labels", {}).get(ZONE)
    if zone:
        changed["metadata"].setdefault("labels", {})[ZONE] = zone
    changed["spec"]["nodeName"] = name
    changed["status"]["conditions"] = [podstatus.condition("PodScheduled", True, simulation.now)]
    kept = simulation.store.replace(PODS, changed)
    events.record_scheduled(simulation, kept, name)


def bound_to(pod: Json) -> str:
    """Return the node that a daemon set's pod is for, or nothing; such a pod tolerates a cordon."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms", []):
        for field in term.get("matchFields", []):
            return str(field["values"][0])
    return ""


def _node_for(simulation: Simulation) -> Json | None:
    """Return the schedulable node with the fewest pods."""
    load = {node["metadata"]["name"]: 0 for node in simulation.store.all(NODES) if _takes_pods(node)}
    if not load:
        return None
    for pod in simulation.store.all(PODS):
        if pod["spec"].get("nodeName") in load:
            load[pod["spec"]["nodeName"]] += 1
    return simulation.store.get(NODES, "", min(load, key=lambda name: (load[name], name)))


def _takes_pods(node: Json) -> bool:
    return not node["spec"].get("unschedulable") and not is_lost(node)


def is_lost(node: Json) -> bool:
    """Return whether a node has not been heard of: nothing on it starts, ends or is ready."""
    return any(one["type"] == "Ready" and one["status"] != "True" for one in node["status"]["conditions"])
