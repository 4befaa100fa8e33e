"""What runs: pods and deployments, as far as metrics tell of them.

``cluster.py`` reads it from the sandbox's Kubernetes API; ``static_world`` makes one with the same names without it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

NEURECTOMY = "neurectomy"
AGENTS = "agents"
SUPERVISOR = "agent-supervisor"
AGENT_COUNT = 40

_REPLICAS = {"neurectomy-api": 3, "ryot": 2, "sigmalang": 2, "sigmavault": 2, "akosha": 2, SUPERVISOR: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod with its one container.

    Attributes:
        uid: a replacement under any name has another one.
        deployment: the deployment's name; empty for a pod that belongs to none.
        template_hash: tells the deployment's revisions apart.
        running: whether its container runs, so that it answers a scrape at all.
        started_at: when its container started last.
        terminated_reason: why its container ended last, such as ``OOMKilled``, or empty.
    """

    namespace: str
    name: str
    uid: str
    deployment: str
    template_hash: str
    started_at: datetime
    container: str = "app"
    phase: str = "Running"
    running: bool = True
    ready: bool = True
    restarts: int = 0
    terminated_reason: str = ""
    terminating: bool = False

    @property
    def service(self) -> str:
        """The service that it is part of: the forty agents are one."""
        return "agents" if self.namespace == AGENTS else self.deployment

    @property
    def agent_id(self) -> str:
        """The agent that runs in it, or empty."""
        return self.deployment if self.namespace == AGENTS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment: how many pods it is to have, and how many are available."""

    namespace: str
    name: str
    replicas: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that runs at one moment."""

    pods: tuple[Pod, ...] = field(default=())
    deployments: tuple[Deployment, ...] = field(default=())

    def pods_of(self, namespace: str, deployment: str) -> tuple[Pod, ...]:
        """Return the deployment's pods that are not ending, oldest first."""
        own = (pod for pod in self.pods if (pod.namespace, pod.deployment) == (namespace, deployment))
        return tuple(sorted((pod for pod in own if not pod.terminating), key=lambda pod: (pod.started_at, pod.name)))

    def deployment(self, namespace: str, name: str) -> Deployment | None:
        """Return the deployment, if there is one of this name."""
        return next((one for one in self.deployments if (one.namespace, one.name) == (namespace, name)), None)


def agent_names() -> list[str]:
    """Return the names of the agents, which are those of their deployments: ``agent-01`` to ``agent-40``."""
    return [f"agent-{number:02}" for number in range(1, AGENT_COUNT + 1)]


def static_world(now: datetime) -> World:
    """Return the shared world with everything healthy, running since an hour before ``now``."""
    replicas = {(NEURECTOMY, name): count for name, count in _REPLICAS.items()}
    replicas |= {(AGENTS, name): 1 for name in agent_names()}
    pods = [
        _static_pod(namespace, name, number, now - timedelta(hours=1))
        for (namespace, name), count in replicas.items()
        for number in range(count)
    ]
    deployments = [
        Deployment(namespace=namespace, name=name, replicas=count, available=count)
        for (namespace, name), count in replicas.items()
    ]
    return World(pods=tuple(pods), deployments=tuple(deployments))


def _static_pod(namespace: str, deployment: str, number: int, started_at: datetime) -> Pod:
    template_hash = "7d9f5c6b48"
    return Pod(
        namespace=namespace,
        name=f"{deployment}-{template_hash}-stat{number}",
        uid=f"static-{namespace}-{deployment}-{number}",
        deployment=deployment,
        template_hash=template_hash,
        started_at=started_at,
    )
