"""The world that demo and tests share: the deployments that the sandbox's fleet stands for."""

from sandbox.cluster.cluster import Cluster
from sandbox.cluster.resources import Json

SYSTEMS = {"neurectomy-api": 3, "ryot": 2, "sigmalang": 2, "sigmavault": 2, "akosha": 2, "agent-supervisor": 1}
AGENTS = tuple(f"agent-{number:02}" for number in range(1, 41))
SYSTEMS_NAMESPACE = "neurectomy"
AGENTS_NAMESPACE = "agents"
PROGRESS_DEADLINE_SECONDS = 60  # short, so that a demo sees a failed rollout while it watches


def deployment(name: str, replicas: int, image: str = "", labels: dict[str, str] | None = None) -> Json:
    """Return the manifest of one deployment of this world.

    Args:
        name: its name, which is also the label ``app``.
        replicas: how many pods.
        image: the container's image; ``<name>:1.0`` when empty.
        labels: more labels for its pods.
    """
    own = {"app": name, **(labels or {})}
    resources = {"limits": {"cpu": "500m", "memory": "256Mi"}}
    container = {"name": "main", "image": image or f"{name}:1.0", "resources": resources}
    template = {"metadata": {"labels": own}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    spec["progressDeadlineSeconds"] = PROGRESS_DEADLINE_SECONDS
    return {"metadata": {"name": name, "labels": own}, "spec": spec}


def fill(cluster: Cluster) -> None:
    """Create the namespaces, the systems and the agents."""
    for namespace in (SYSTEMS_NAMESPACE, AGENTS_NAMESPACE):
        cluster.create("namespaces", {"metadata": {"name": namespace}})
    for name, replicas in SYSTEMS.items():
        manifest = deployment(name, replicas, labels={"service": name})
        cluster.create("deployments", manifest, SYSTEMS_NAMESPACE)
    for name in AGENTS:
        manifest = deployment(name, 1, image="agent:1.0", labels={"service": "agents", "agent_id": name})
        cluster.create("deployments", manifest, AGENTS_NAMESPACE)
