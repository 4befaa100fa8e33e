"""The deployment controller: revisions as replica sets, rolled out, rolled back, scaled, paused and judged.

What it decides by is pure and elsewhere: sizes in ``rollout.py``, status in ``conditions.py``.
"""

from sandbox.cluster import conditions, revisions, rollout
from sandbox.cluster.events import record
from sandbox.cluster.resources import DEPLOYMENTS, REPLICA_SETS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import copied


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Take one look at a deployment and do the next thing."""
    deployment = simulation.store.get(DEPLOYMENTS, namespace, name)
    if deployment is None:
        return
    deployment = _note_pause(simulation, deployment)
    paused = deployment["spec"].get("paused", False)
    new = revisions.synced(simulation, deployment, create=not paused and not _must_wait(simulation, deployment))
    deployment = simulation.store.get(DEPLOYMENTS, namespace, name) or deployment
    old = [one for one in revisions.owned(simulation, deployment) if one is not new]
    if paused or _is_scaled(deployment, [*old, *([new] if new else [])]):
        _scale_all(simulation, deployment, new, old)
    elif deployment["spec"]["strategy"]["type"] == "Recreate":
        _recreate(simulation, deployment, new, old)
    elif new is not None:
        _roll(simulation, deployment, new, old)
    _write_status(simulation, deployment)


def _must_wait(simulation: Simulation, deployment: Json) -> bool:
    """Say whether old pods must end before a new revision is made, as the strategy Recreate wants it."""
    if deployment["spec"]["strategy"]["type"] != "Recreate":
        return False
    everything = revisions.owned(simulation, deployment)
    new = revisions.newest(deployment, everything)
    return _has_pods([one for one in everything if one is not new])


def _has_pods(replica_sets: list[Json]) -> bool:
    keys = ("replicas", "terminatingReplicas")
    return any(one["spec"]["replicas"] or any(one["status"].get(key) for key in keys) for one in replica_sets)


def _note_pause(simulation: Simulation, deployment: Json) -> Json:
    before = deployment["status"].get("conditions", [])
    progressing = conditions.find(before, "Progressing")
    reason = progressing["reason"] if progressing else ""
    paused = deployment["spec"].get("paused", False)
    if reason == conditions.TIMED_OUT or paused == (reason == "DeploymentPaused"):
        return deployment
    why = ("DeploymentPaused", "Deployment is paused") if paused else ("DeploymentResumed", "Deployment is resumed")
    noted = conditions.put(before, "Progressing", "Unknown", why, simulation.now)
    return simulation.store.replace(DEPLOYMENTS, deployment | {"status": deployment["status"] | {"conditions": noted}})


def _is_scaled(deployment: Json, replica_sets: list[Json]) -> bool:
    """Say whether the wanted replicas changed since the replica sets were sized."""
    wanted = str(deployment["spec"]["replicas"])
    active = [one for one in replica_sets if one["spec"]["replicas"] > 0]
    return any(one["metadata"].get("annotations", {}).get(revisions.DESIRED, wanted) != wanted for one in active)


def _scale_all(simulation: Simulation, deployment: Json, new: Json | None, old: list[Json]) -> None:
    """Bring the replica sets to the wanted size without going on with the rollout."""
    replicas = deployment["spec"]["replicas"]
    active = [one for one in [*([new] if new else []), *old] if one["spec"]["replicas"] > 0]
    if len(active) <= 1:
        only = active[0] if active else new
        if only is not None:
            _resize(simulation, deployment, only, replicas)
        return
    surge, _ = rollout.limits(deployment["spec"])
    active.sort(key=lambda one: -one["spec"]["replicas"])
    sizes = rollout.proportional(replicas, surge, [one["spec"]["replicas"] for one in active])
    for one, size in zip(active, sizes, strict=True):
        _resize(simulation, deployment, one, size)


def _roll(simulation: Simulation, deployment: Json, new: Json, old: list[Json]) -> None:
    replicas = deployment["spec"]["replicas"]
    surge, unavailable = rollout.limits(deployment["spec"])
    sizes = [revisions.size_of(one) for one in old]
    grown = rollout.grown(replicas, surge, revisions.size_of(new), sizes)
    if grown != new["spec"]["replicas"]:
        _resize(simulation, deployment, new, grown)
        return
    for one, kept in zip(old, rollout.shrunk(replicas, unavailable, revisions.size_of(new), sizes), strict=True):
        _resize(simulation, deployment, one, kept)
    revisions.forget_oldest(simulation, deployment, old)


def _recreate(simulation: Simulation, deployment: Json, new: Json | None, old: list[Json]) -> None:
    """End every old pod before the first new one starts."""
    for one in old:
        _resize(simulation, deployment, one, 0)
    if new is not None and not _has_pods(old):
        _resize(simulation, deployment, new, deployment["spec"]["replicas"])
    revisions.forget_oldest(simulation, deployment, old)


def _resize(simulation: Simulation, deployment: Json, replica_set: Json, size: int) -> None:
    before = replica_set["spec"]["replicas"]
    changed = copied(replica_set)
    changed["metadata"].setdefault("annotations", {}).update(revisions.sizes(deployment))
    changed["spec"]["replicas"] = size
    if size != before:
        changed["metadata"]["generation"] += 1
    simulation.store.replace(REPLICA_SETS, changed)
    if size != before:
        way = "up" if size > before else "down"
        told = f"Scaled {way} replica set {replica_set['metadata']['name']} from {before} to {size}"
        record(simulation, (DEPLOYMENTS, deployment), "Normal", "ScalingReplicaSet", told)


def _write_status(simulation: Simulation, deployment: Json) -> None:
    metadata = deployment["metadata"]
    deployment = simulation.store.get(DEPLOYMENTS, metadata["namespace"], metadata["name"]) or deployment
    everything = revisions.owned(simulation, deployment)
    new = revisions.newest(deployment, everything)
    status = conditions.counted(deployment, new, everything, simulation.now)
    if not deployment["spec"].get("paused"):
        name = new["metadata"]["name"] if new else metadata["name"]
        status = conditions.judged(deployment, status, name, simulation.now)
    kept = simulation.store.replace(DEPLOYMENTS, deployment | {"status": status})
    due = conditions.deadline(kept, conditions.find(status["conditions"], "Progressing"))
    if due is not None and kept is not deployment:
        late = max((due - simulation.now).total_seconds(), 0) + 1  # times are whole seconds: late is one second after
        simulation.after(late, lambda: simulation.look_at(DEPLOYMENTS, metadata["namespace"], metadata["name"]))
