"""One look at everything: what runs, how the agents are, which faults are on. Pure: it makes the pods' situations."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.fleet.conditions import EVERYWHERE, Conditions, Situation
from sandbox.fleet.faults import Agents, Fault, conditions
from sandbox.fleet.systems.backends import BACKENDS
from sandbox.fleet.world import NEURECTOMY, SUPERVISOR, Pod, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Everything that a scrape depends on, at one time.

    Attributes:
        seed: the same seed gives each pod the same share of the traffic.
    """

    now: datetime
    world: World
    agents: Agents
    faults: Sequence[Fault]
    seed: int = 1

    def conditions(self, pod: Pod) -> Conditions:
        """Return what a pod suffers from by itself."""
        return conditions(pod, self.faults, self.world, self.agents)

    def situation(self, pod: Pod) -> Situation:
        """Return everything that a system makes the pod's series of."""
        found = self.conditions(pod)
        if pod.deployment == "neurectomy-api":
            found = replace(found, backends={name: self._backend(name) for name in BACKENDS})
        load = random.Random(f"{self.seed}:{pod.namespace}/{pod.name}").uniform(0.9, 1.1)
        healthy = self._healthy_agents() if pod.deployment == SUPERVISOR else 0
        return Situation(pod=pod, now=self.now, conditions=found, load=load, healthy_agents=healthy)

    def _backend(self, service: str) -> Conditions:
        """Return a service as its callers see it: the mean of its pods.

        Only the faults ``errors`` and ``slow`` get through to the callers, so that any other fault tells one story.
        """
        found = [self.conditions(pod) for pod in self.world.pods_of(NEURECTOMY, service)]
        if not found:
            return Conditions()
        share = sum(one.error_share(0.0) for one in found) / len(found)
        seconds = max(one.median_seconds(0.0) for one in found)
        return Conditions(errors={EVERYWHERE: share}, slow={EVERYWHERE: seconds})

    def _healthy_agents(self) -> int:
        agents = [pod for pod in self.world.pods if pod.agent_id and pod.running and not pod.terminating]
        return sum(self.conditions(pod).agent_health == 0 for pod in agents)
