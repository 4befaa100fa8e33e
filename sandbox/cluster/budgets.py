"""Disruption budgets: how many pods of a service may be evicted now, and the eviction itself."""

from sandbox.cluster import errors, pods, podstatus, rollout
from sandbox.cluster.resources import BUDGETS, DEPLOYMENTS, PODS, REPLICA_SETS, STATEFUL_SETS, Json
from sandbox.cluster.selectors import matches
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import controller_of, stamp

SCALED = {resource.kind: resource for resource in (REPLICA_SETS, STATEFUL_SETS, DEPLOYMENTS)}


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Count the pods of a budget and say how many may go."""
    budget = simulation.store.get(BUDGETS, namespace, name)
    if budget is None:
        return
    found = [pod for pod in simulation.store.all(PODS, namespace) if _covers(budget, pod)]
    expected, desired = _wanted(simulation, budget, found)
    healthy = sum(podstatus.is_ready(pod) and podstatus.is_active(pod) for pod in found)
    allowed = max(healthy - desired, 0) if expected else 0
    status: Json = {"observedGeneration": budget["metadata"]["generation"], "disruptionsAllowed": allowed}
    status |= {"currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected}
    status["conditions"] = [_condition(simulation, budget, allowed > 0)]
    simulation.store.replace(BUDGETS, budget | {"status": status})


def _covers(budget: Json, pod: Json) -> bool:
    return matches(budget["spec"].get("selector"), pod["metadata"].get("labels", {}))


def _wanted(simulation: Simulation, budget: Json, found: list[Json]) -> tuple[int, int]:
    """Return (expected pods, healthy pods that must stay)."""
    spec = budget["spec"]
    least = spec.get("minAvailable")
    if isinstance(least, int):
        return len(found), least
    expected = _expected(simulation, found)
    if least is not None:
        return expected, rollout.share(least, expected, round_up=True)
    return expected, max(expected - rollout.share(spec.get("maxUnavailable", 0), expected, round_up=True), 0)


def _expected(simulation: Simulation, found: list[Json]) -> int:
    """Return the sum of the replicas that the pods' controllers want."""
    sizes = {}
    for pod in found:
        owner = controller_of(pod)
        if owner is not None and owner["kind"] in SCALED:
            scaled = simulation.store.get(SCALED[owner["kind"]], pod["metadata"]["namespace"], owner["name"])
            sizes[owner["uid"]] = scaled["spec"]["replicas"] if scaled else 0
    return sum(sizes.values())


def _condition(simulation: Simulation, budget: Json, allowed: bool) -> Json:
    before: list[Json] = budget["status"].get("conditions", [])
    moved = stamp(simulation.now)
    if before and before[0]["status"] == str(allowed):
        moved = before[0]["lastTransitionTime"]
    found: Json = {"type": "DisruptionAllowed", "status": str(allowed)}
    found |= {"observedGeneration": budget["metadata"]["generation"], "lastTransitionTime": moved}
    return found | {"reason": "SufficientPods" if allowed else "InsufficientPods", "message": ""}


def check(simulation: Simulation, pod: Json) -> None:
    """Refuse an eviction that a budget does not allow.

    Raises:
        ApiError: 429 when the budget is used up, 500 when two budgets cover the pod.
    """
    if not podstatus.is_active(pod) or pod["status"].get("phase") == "Pending":
        return
    budgets = simulation.store.all(BUDGETS, pod["metadata"]["namespace"])
    covering = [budget for budget in budgets if _covers(budget, pod)]
    if len(covering) > 1:
        many = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise errors.ApiError(500, "InternalError", many)
    if covering and not _allows(covering[0], pod):
        raise _refused(covering[0])


def _allows(budget: Json, pod: Json) -> bool:
    status = budget["status"]
    enough = status["currentHealthy"] >= status["desiredHealthy"] > 0
    return bool(status["disruptionsAllowed"] > 0 or (not podstatus.is_ready(pod) and enough))


def _refused(budget: Json) -> errors.ApiError:
    status = budget["status"]
    needs = f"needs {status['desiredHealthy']} healthy pods and has {status['currentHealthy']} currently"
    told = f"The disruption budget {budget['metadata']['name']} {needs}"
    causes = [{"reason": "DisruptionBudget", "message": told}]
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return errors.ApiError(429, "TooManyRequests", message, {"causes": causes})


def evict(simulation: Simulation, pod: Json, grace_seconds: float | None) -> None:
    """End a pod, if the budget allows it; raises as ``check`` does."""
    check(simulation, pod)
    pods.delete(simulation, pod, grace_seconds)
