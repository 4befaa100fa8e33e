"""What a pod suffers from at one moment, as far as its metrics tell of it. Pure data, made by ``faults.py``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sandbox.fleet.world import Pod

EVERYWHERE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is wrong; the default is that nothing is.

    Attributes:
        answers: whether it answers requests, scrapes included.
        traffic: how much traffic it gets, as a factor of the normal one.
        errors: the share of failing requests by endpoint (or operation); EVERYWHERE for all.
        slow: the median time of a request in seconds, by endpoint; EVERYWHERE for all.
        agent_health: 0 healthy, 1 degraded, 2 failed.
        out_of_memory: whether its container runs into its memory limit again and again.
        backends: what it sees of the services that it calls, by service.
    """

    answers: bool = True
    traffic: float = 1.0
    errors: Mapping[str, float] = field(default_factory=dict)
    slow: Mapping[str, float] = field(default_factory=dict)
    agent_health: int = 0
    out_of_memory: bool = False
    backends: Mapping[str, Self] = field(default_factory=dict)

    def error_share(self, normal: float, endpoint: str = EVERYWHERE) -> float:
        """Return the share of an endpoint's requests that fail, never less than the normal one."""
        return max(normal, self.errors.get(EVERYWHERE, 0.0), self.errors.get(endpoint, 0.0))

    def median_seconds(self, normal: float, endpoint: str = EVERYWHERE) -> float:
        """Return an endpoint's median time, never less than the normal one."""
        return max(normal, self.slow.get(EVERYWHERE, 0.0), self.slow.get(endpoint, 0.0))

    def of_backend(self, service: str) -> "Conditions":
        """Return what is wrong with a service that it calls."""
        return self.backends.get(service, Conditions())


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One pod at one moment: everything that a system makes its series of.

    Attributes:
        load: its share of the traffic, around 1: no two pods get quite the same.
        healthy_agents: how many agents are healthy at all.
    """

    pod: Pod
    now: datetime
    conditions: Conditions
    load: float = 1.0
    healthy_agents: int = 0

    @property
    def age_seconds(self) -> float:
        """How long its container has been running."""
        return max((self.now - self.pod.started_at).total_seconds(), 0)

    def rate(self, per_second: float) -> float:
        """Return a normal rate as it is now, with this pod's share and the traffic of the moment."""
        return per_second * self.load * self.conditions.traffic
