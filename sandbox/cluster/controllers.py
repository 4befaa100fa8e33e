"""Which controller looks at which objects, and who else must look when something changes.

``cluster.py`` makes a simulation with these; each controller has its own file.
"""

import random
from collections.abc import Callable
from datetime import datetime

from sandbox.cluster import budgets, daemonsets, deployments, jobs, nodes, pods, replicasets, statefulsets
from sandbox.cluster import resources as kinds
from sandbox.cluster.resources import Json, Resource
from sandbox.cluster.simulation import Pace, Simulation
from sandbox.cluster.store import Change, controller_of

Look = Callable[[Simulation, str, str], None]


def started(start: datetime, pace: Pace, source: random.Random) -> Simulation:
    """Return an empty simulation with every controller at work."""
    simulation = Simulation(start, pace, source, _controllers())
    simulation.store.listeners.append(lambda change: _tell_others(simulation, change))
    return simulation


def _controllers() -> dict[Resource, Look]:
    looks: dict[Resource, Look] = {
        kinds.DEPLOYMENTS: deployments.reconcile,
        kinds.REPLICA_SETS: replicasets.reconcile,
        kinds.STATEFUL_SETS: statefulsets.reconcile,
        kinds.DAEMON_SETS: daemonsets.reconcile,
        kinds.JOBS: jobs.reconcile,
        kinds.PODS: pods.reconcile,
    }
    alone: dict[Resource, Look] = {kinds.BUDGETS: budgets.reconcile, kinds.NODES: nodes.reconcile}
    return (
        {resource: _collecting(resource, look) for resource, look in looks.items()}
        | alone
        | {kinds.NAMESPACES: _empty_namespace}
    )


def _collecting(resource: Resource, look: Look) -> Look:
    """Return a controller that first deletes an object whose owner is gone, as the garbage collector does."""

    def collect_or_look(simulation: Simulation, namespace: str, name: str) -> None:
        thing = simulation.store.get(resource, namespace, name)
        owner = controller_of(thing) if thing is not None else None
        if thing is not None and owner is not None and not simulation.store.exists(owner["uid"]):
            remove(simulation, resource, thing)
        else:
            look(simulation, namespace, name)

    return collect_or_look


def remove(simulation: Simulation, resource: Resource, thing: Json) -> None:
    """Delete an object the way its kind is deleted: a pod ends, everything else is gone at once."""
    if resource is kinds.PODS:
        pods.delete(simulation, thing)
    else:
        simulation.store.remove(resource, thing["metadata"].get("namespace", ""), thing["metadata"]["name"])


def _tell_others(simulation: Simulation, change: Change) -> None:
    thing = change.object
    namespace = thing["metadata"].get("namespace", "")
    if change.after is None:
        for key in simulation.store.owned_keys(thing["metadata"]["uid"]):
            simulation.look_at(*key)
        simulation.look_at(kinds.NAMESPACES, "", namespace)
    if change.resource is kinds.PODS:
        for budget in simulation.store.all(kinds.BUDGETS, namespace):
            simulation.look_at(kinds.BUDGETS, namespace, budget["metadata"]["name"])
    if change.resource is kinds.NODES:
        for daemon_set in simulation.store.all(kinds.DAEMON_SETS):
            simulation.look_at(kinds.DAEMON_SETS, daemon_set["metadata"]["namespace"], daemon_set["metadata"]["name"])
        for pod in simulation.store.all(kinds.PODS):
            if not pod["spec"].get("nodeName"):
                simulation.look_at(kinds.PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])


def _empty_namespace(simulation: Simulation, _namespace: str, name: str) -> None:
    """Delete everything in a namespace that ends, and the namespace when nothing is left."""
    found = simulation.store.get(kinds.NAMESPACES, "", name)
    if found is None or "deletionTimestamp" not in found["metadata"]:
        return
    for resource, thing in list(simulation.store.everything_in(name)):
        if "deletionTimestamp" not in thing["metadata"]:
            remove(simulation, resource, thing)
    if next(simulation.store.everything_in(name), None) is None:
        simulation.store.remove(kinds.NAMESPACES, "", name)
