"""The replica set controller: as many pods as wanted, and a status that counts them."""

from sandbox.cluster import events, pods, podstatus
from sandbox.cluster.names import generated
from sandbox.cluster.resources import PODS, REPLICA_SETS, Json, Resource
from sandbox.cluster.simulation import Simulation


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Make or delete pods until the replica set has as many as it wants, and count them."""
    replica_set = simulation.store.get(REPLICA_SETS, namespace, name)
    if replica_set is None:
        return
    _scale(simulation, replica_set)
    replica_set = simulation.store.get(REPLICA_SETS, namespace, name) or replica_set
    simulation.store.replace(REPLICA_SETS, replica_set | {"status": _status(simulation, replica_set)})


def _scale(simulation: Simulation, replica_set: Json) -> None:
    active = [pod for pod in simulation.store.owned(replica_set, PODS) if podstatus.is_active(pod)]
    missing = replica_set["spec"]["replicas"] - len(active)
    for _ in range(max(missing, 0)):
        _add(simulation, replica_set)
    surplus = sorted(active, key=_worth)[: max(-missing, 0)]
    for pod in surplus:
        pods.delete(simulation, pod)
        told = f"Deleted pod: {pod['metadata']['name']}"
        events.record(simulation, (REPLICA_SETS, replica_set), "Normal", "SuccessfulDelete", told)


def _add(simulation: Simulation, replica_set: Json) -> None:
    prefix = f"{replica_set['metadata']['name']}-"
    metadata: Json = {"name": generated(prefix, simulation.random), "generateName": prefix}
    metadata["namespace"] = replica_set["metadata"]["namespace"]
    metadata["ownerReferences"] = [pods.owner_reference(REPLICA_SETS, replica_set)]
    pod = pods.make(simulation, metadata, replica_set["spec"]["template"])
    told = f"Created pod: {pod['metadata']['name']}"
    events.record(simulation, (REPLICA_SETS, replica_set), "Normal", "SuccessfulCreate", told)


def _worth(pod: Json) -> tuple[bool, bool, bool, tuple[int, ...]]:
    """Order pods by what is lost with them: the unscheduled, not running and unready first, then the newest."""
    status = pod["status"]
    newest_first = tuple(-ord(letter) for letter in pod["metadata"]["creationTimestamp"])
    return bool(pod["spec"].get("nodeName")), status.get("phase") == "Running", podstatus.is_ready(pod), newest_first


def _status(simulation: Simulation, replica_set: Json) -> Json:
    owned = simulation.store.owned(replica_set, PODS)
    active = [pod for pod in owned if podstatus.is_active(pod)]
    available = available_count(simulation, replica_set, active)
    ready = sum(podstatus.is_ready(pod) for pod in active)
    status: Json = {"fullyLabeledReplicas": len(active), "readyReplicas": ready, "availableReplicas": available}
    status = {key: value for key, value in status.items() if value}
    ending = sum("deletionTimestamp" in pod["metadata"] for pod in owned)
    status |= {"replicas": len(active), "terminatingReplicas": ending}
    return status | {"observedGeneration": replica_set["metadata"]["generation"]}


def available_count(simulation: Simulation, owner: Json, active: list[Json], resource: Resource = REPLICA_SETS) -> int:
    """Return how many pods have been ready for ``minReadySeconds``; looks again when the next one will be."""
    least = owner["spec"].get("minReadySeconds", 0)
    since = [pods.ready_since_seconds(simulation, pod) for pod in active]
    metadata = owner["metadata"]
    for seconds in since:
        if seconds is not None and seconds < least:
            simulation.after(
                least - seconds,
                lambda: simulation.look_at(resource, metadata["namespace"], metadata["name"]),
            )
    return sum(seconds is not None and seconds >= least for seconds in since)
