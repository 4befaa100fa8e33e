"""The stateful set controller: numbered pods, made one after the other, replaced from the last to the first."""

from sandbox.cluster import pods, podstatus
from sandbox.cluster.names import template_hash
from sandbox.cluster.resources import PODS, STATEFUL_SETS, Json
from sandbox.cluster.simulation import Simulation

REVISION = "controller-revision-hash"


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Make, delete or replace at most one pod, then count."""
    stateful_set = simulation.store.get(STATEFUL_SETS, namespace, name)
    if stateful_set is None:
        return
    _step(simulation, stateful_set)
    status = _status(simulation, stateful_set)
    simulation.store.replace(STATEFUL_SETS, stateful_set | {"status": status})


def _ordinal(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(stateful_set: Json) -> str:
    return f"{stateful_set['metadata']['name']}-{template_hash(stateful_set['spec']['template'])}"


def _step(simulation: Simulation, stateful_set: Json) -> None:
    wanted = stateful_set["spec"]["replicas"]
    existing = sorted(simulation.store.owned(stateful_set, PODS), key=_ordinal)
    if any(not podstatus.is_active(pod) for pod in existing):
        return  # the name is taken until the pod is gone
    missing = sorted(set(range(wanted)) - {_ordinal(pod) for pod in existing})
    ordered = stateful_set["spec"]["podManagementPolicy"] == "OrderedReady"
    if missing:
        if not ordered or all(podstatus.is_ready(pod) for pod in existing if _ordinal(pod) < missing[0]):
            _add(simulation, stateful_set, missing[0])
        return
    outdated = _to_replace(stateful_set, existing)
    surplus = [pod for pod in existing if _ordinal(pod) >= wanted]
    if surplus:
        pods.delete(simulation, surplus[-1])
    elif outdated and all(podstatus.is_ready(pod) for pod in existing if pod not in outdated):
        pods.delete(simulation, outdated[-1])


def _to_replace(stateful_set: Json, existing: list[Json]) -> list[Json]:
    """Return the pods of an earlier revision that the strategy lets the controller replace."""
    strategy = stateful_set["spec"]["updateStrategy"]
    if strategy["type"] == "OnDelete":
        return []
    first = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    old = [pod for pod in existing if pod["metadata"]["labels"].get(REVISION) != _revision(stateful_set)]
    return [pod for pod in old if _ordinal(pod) >= first]


def _add(simulation: Simulation, stateful_set: Json, ordinal: int) -> None:
    metadata = stateful_set["metadata"]
    name = f"{metadata['name']}-{ordinal}"
    labels = {REVISION: _revision(stateful_set), "apps.kubernetes.io/pod-index": str(ordinal)}
    labels["statefulset.kubernetes.io/pod-name"] = name
    owner = [pods.owner_reference(STATEFUL_SETS, stateful_set)]
    own: Json = {"name": name, "generateName": f"{metadata['name']}-", "namespace": metadata["namespace"]}
    pods.make(simulation, own | {"labels": labels, "ownerReferences": owner}, stateful_set["spec"]["template"])


def _status(simulation: Simulation, stateful_set: Json) -> Json:
    active = [pod for pod in simulation.store.owned(stateful_set, PODS) if podstatus.is_active(pod)]
    revision = _revision(stateful_set)
    updated = sum(pod["metadata"]["labels"].get(REVISION) == revision for pod in active)
    ready = sum(podstatus.is_ready(pod) for pod in active)
    before = stateful_set["status"].get("currentRevision", revision)
    current = revision if updated == len(active) else before
    same = sum(pod["metadata"]["labels"].get(REVISION) == current for pod in active)
    counts = {"readyReplicas": ready, "currentReplicas": same, "updatedReplicas": updated}
    status: Json = {"observedGeneration": stateful_set["metadata"]["generation"], "replicas": len(active)}
    status |= {key: value for key, value in counts.items() if value}
    status |= {"currentRevision": current, "updateRevision": revision, "collisionCount": 0}
    return status | {"availableReplicas": ready}
