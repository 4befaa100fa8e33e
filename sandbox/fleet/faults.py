"""Faults that are switched on: bound to what they befell at the time, and what becomes of a pod through them.

``fleet.py`` keeps them. Whether a fault still holds is decided anew at each look from the world, so a repair shows
without anybody saying so: a replaced pod, a rolled back template, more replicas, a recovered agent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.fleet.catalogue import (
    AgentFailed,
    Errors,
    FaultRequest,
    FaultRequestError,
    OutOfMemory,
    Slow,
    Traffic,
    Value,
    Wedged,
)
from sandbox.fleet.conditions import Conditions
from sandbox.fleet.supervisor import AgentState
from sandbox.fleet.systems.agents import FAILED
from sandbox.fleet.world import AGENTS, Deployment, Pod, World

Agents = Mapping[str, AgentState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault since it was switched on.

    Attributes:
        uids: the pods that it befell, where it does not befall their replacements.
        namespace: where its deployment is.
        template_hash: the pod template that it belongs to, or empty.
        replicas: how many the deployment was to have.
        agent_restarts: how often the supervisor had restarted the agent, as far as is known.
    """

    id: int
    request: FaultRequest
    since: datetime
    uids: frozenset[str] = frozenset()
    namespace: str = ""
    template_hash: str = ""
    replicas: int = 0
    agent_restarts: int = 0

    def befalls(self, pod: Pod, world: World, agents: Agents) -> bool:
        """Tell whether the pod suffers from it now."""
        request = self.request
        if isinstance(request, Value):
            return False
        if isinstance(request, Wedged):
            return pod.uid in self.uids
        if isinstance(request, AgentFailed):
            return pod.uid in self.uids and not self._recovered(request, agents)
        if (pod.namespace, pod.deployment) != (self.namespace, request.deployment):
            return False
        if isinstance(request, OutOfMemory):
            return not self._scaled(world, request.deployment)
        return not self.template_hash or pod.template_hash == self.template_hash

    def holds(self, world: World, agents: Agents) -> bool:
        """Tell whether anything suffers from it now."""
        if isinstance(self.request, Value):
            return True
        return any(self.befalls(pod, world, agents) for pod in world.pods)

    def _scaled(self, world: World, name: str) -> bool:
        deployment = world.deployment(self.namespace, name)
        return deployment is not None and deployment.replicas > self.replicas

    def _recovered(self, request: AgentFailed, agents: Agents) -> bool:
        state = agents.get(request.agent_id)
        if state is None or request.deaf:
            return False
        return state.restarts > self.agent_restarts and state.health == 0


def bind(request: FaultRequest, number: int, now: datetime, world: World, agents: Agents) -> Fault:
    """Bind a request to what runs now.

    Args:
        request: what is asked for.
        number: the new fault's id.
        now: the time.
        world: what runs.
        agents: what the supervisor says.

    Raises:
        FaultRequestError: what it is to befall does not exist.
    """
    fault = Fault(id=number, request=request, since=now)
    if isinstance(request, Value):
        return fault
    if isinstance(request, AgentFailed):
        pods = _pods(world, AGENTS, request.agent_id)
        known = agents.get(request.agent_id)
        return replace(fault, uids=_uids(pods), namespace=AGENTS, agent_restarts=known.restarts if known else 0)
    deployment = _deployment(world, request.deployment, request.namespace)
    fault = replace(fault, namespace=deployment.namespace, replicas=deployment.replicas)
    if isinstance(request, Wedged):
        return replace(fault, uids=_uids(_chosen(request, _pods(world, deployment.namespace, deployment.name))))
    if isinstance(request, Errors | Slow) and request.template_hash:
        newest = _pods(world, deployment.namespace, deployment.name)[-1].template_hash
        return replace(fault, template_hash=newest if request.template_hash == "current" else request.template_hash)
    return fault


def conditions(pod: Pod, faults: Iterable[Fault], world: World, agents: Agents) -> Conditions:
    """Return what all faults together make of a pod; where two say the same thing, the later one counts."""
    state = agents.get(pod.agent_id) if pod.agent_id else None
    found = Conditions(agent_health=state.health if state else 0)
    for fault in faults:
        if fault.befalls(pod, world, agents):
            found = _suffering(found, fault.request)
    return found


def _suffering(before: Conditions, request: FaultRequest) -> Conditions:
    if isinstance(request, Wedged):
        return replace(before, answers=False, traffic=0.0)
    if isinstance(request, Errors):
        return replace(before, errors={**before.errors, request.endpoint: request.share})
    if isinstance(request, Slow):
        return replace(before, slow={**before.slow, request.endpoint: request.seconds})
    if isinstance(request, Traffic):
        return replace(before, traffic=before.traffic * request.share)
    if isinstance(request, OutOfMemory):
        return replace(before, out_of_memory=True)
    return replace(before, agent_health=FAILED)


def _deployment(world: World, name: str, namespace: str | None) -> Deployment:
    found = [one for one in world.deployments if one.name == name and namespace in {None, one.namespace}]
    if not found:
        raise FaultRequestError(f"deployment: there is no deployment {name} in {namespace or 'any namespace'}")
    if len(found) > 1:
        raise FaultRequestError(f"namespace: {name} is in {' and '.join(one.namespace for one in found)}; choose one")
    return found[0]


def _pods(world: World, namespace: str, deployment: str) -> tuple[Pod, ...]:
    found = world.pods_of(namespace, deployment)
    if not found:
        raise FaultRequestError(f"deployment: {namespace}/{deployment} has no pods now")
    return found


def _chosen(request: Wedged, pods: tuple[Pod, ...]) -> tuple[Pod, ...]:
    if request.pod is None:
        return pods if request.pods == "all" else pods[:1]
    found = tuple(pod for pod in pods if pod.name == request.pod)
    if not found:
        raise FaultRequestError(f"pod: {request.deployment} has no pod {request.pod} now")
    return found


def _uids(pods: Iterable[Pod]) -> frozenset[str]:
    return frozenset(pod.uid for pod in pods)
