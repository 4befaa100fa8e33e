"""A deployment's revisions: which replica set belongs to the template of now, and the numbers they carry.

A roll back is nothing special: the template of before finds its old replica set, which becomes the newest revision.
"""

from sandbox.cluster import conditions, events, pods, rollout
from sandbox.cluster.names import template_hash, without_hash
from sandbox.cluster.resources import DEPLOYMENTS, REPLICA_SETS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = (REVISION, HISTORY, DESIRED, MAX, "kubectl.kubernetes.io/last-applied-configuration")
HASH = "pod-template-hash"


def owned(simulation: Simulation, deployment: Json) -> list[Json]:
    """Return the deployment's replica sets, oldest first."""
    found = simulation.store.owned(deployment, REPLICA_SETS)
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], revision(one)))


def revision(thing: Json) -> int:
    """Return the revision that an object carries, 0 for none."""
    return int(thing["metadata"].get("annotations", {}).get(REVISION, 0))


def newest(deployment: Json, replica_sets: list[Json]) -> Json | None:
    """Return the replica set that has the deployment's template, or None."""
    wanted = without_hash(deployment["spec"]["template"])
    return next((one for one in replica_sets if without_hash(one["spec"]["template"]) == wanted), None)


def sizes(deployment: Json) -> Json:
    """Return the annotations by which the controller sees later that the deployment was scaled."""
    replicas = deployment["spec"]["replicas"]
    surge, _ = rollout.limits(deployment["spec"])
    return {DESIRED: str(replicas), MAX: str(replicas + surge)}


def synced(simulation: Simulation, deployment: Json, *, create: bool) -> Json | None:
    """Return the replica set of the deployment's template with its revision up to date; make it if ``create``."""
    everything = owned(simulation, deployment)
    new = newest(deployment, everything)
    number = max((revision(one) for one in everything if one is not new), default=0) + 1
    if new is not None:
        why = ("FoundNewReplicaSet", f'Found new replica set "{new["metadata"]["name"]}"')
        new = simulation.store.replace(REPLICA_SETS, _renumbered(deployment, new, number))
        _note(simulation, deployment, revision(new), why, only_if_none=True)
    elif create:
        new = simulation.store.add(REPLICA_SETS, _made(simulation, deployment, everything, number))
        size = new["spec"]["replicas"]
        told = f"Scaled up replica set {new['metadata']['name']} from 0 to {size}"
        events.record(simulation, (DEPLOYMENTS, deployment), "Normal", "ScalingReplicaSet", told)
        why = ("NewReplicaSetCreated", f'Created new replica set "{new["metadata"]["name"]}"')
        _note(simulation, deployment, number, why, only_if_none=False)
    return new


def _renumbered(deployment: Json, replica_set: Json, number: int) -> Json:
    changed = copied(replica_set)
    annotations = changed["metadata"].setdefault("annotations", {})
    annotations.update(_inherited(deployment))
    before = revision(replica_set)
    if before < number:
        annotations[REVISION] = str(number)
        if before:
            annotations[HISTORY] = ",".join(filter(None, [annotations.get(HISTORY), str(before)]))
    least = deployment["spec"].get("minReadySeconds", 0)
    if changed["spec"].get("minReadySeconds", 0) != least:
        changed["spec"]["minReadySeconds"] = least
    return changed


def _inherited(deployment: Json) -> Json:
    annotations = deployment["metadata"].get("annotations", {})
    return {key: value for key, value in annotations.items() if key not in NOT_COPIED}


def size_of(replica_set: Json) -> rollout.Size:
    """Return what a rollout needs to know of a replica set."""
    available = replica_set["status"].get("availableReplicas", 0)
    return rollout.Size(wanted=replica_set["spec"]["replicas"], available=available)


def _made(simulation: Simulation, deployment: Json, old: list[Json], number: int) -> Json:
    spec = deployment["spec"]
    template = copied(spec["template"])
    found = template_hash(template)
    template["metadata"].setdefault("labels", {})[HASH] = found
    metadata = deployment["metadata"]
    surge, _ = rollout.limits(spec)
    nothing = rollout.Size(wanted=0, available=0)
    replicas = rollout.grown(spec["replicas"], surge, nothing, [size_of(one) for one in old])
    selector = copied(spec["selector"])
    selector.setdefault("matchLabels", {})[HASH] = found
    made: Json = {
        "metadata": {
            "name": f"{metadata['name']}-{found}",
            "namespace": metadata["namespace"],
            "labels": template["metadata"]["labels"],
            "annotations": {**_inherited(deployment), **sizes(deployment), REVISION: str(number)},
            "ownerReferences": [pods.owner_reference(DEPLOYMENTS, deployment)],
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
        "status": {"replicas": 0},
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    return simulation.store.named(REPLICA_SETS, made)


def _note(simulation: Simulation, deployment: Json, number: int, why: tuple[str, str], *, only_if_none: bool) -> None:
    """Write the revision to the deployment, and that its rollout began."""
    changed = copied(deployment)
    changed["metadata"].setdefault("annotations", {})[REVISION] = str(number)
    before = changed["status"].get("conditions", [])
    if not (only_if_none and conditions.find(before, "Progressing")):
        changed["status"]["conditions"] = conditions.put(before, "Progressing", "True", why, simulation.now)
    simulation.store.replace(DEPLOYMENTS, changed)


def forget_oldest(simulation: Simulation, deployment: Json, old: list[Json]) -> None:
    """Remove the empty replica sets beyond ``revisionHistoryLimit``, once the rollout is complete."""
    if not conditions.is_complete(deployment, deployment["status"]):
        return
    empty = [one for one in old if one["spec"]["replicas"] == 0 and not one["status"].get("replicas")]
    for one in empty[: max(len(old) - deployment["spec"]["revisionHistoryLimit"], 0)]:
        metadata = one["metadata"]
        simulation.store.remove(REPLICA_SETS, metadata["namespace"], metadata["name"])
