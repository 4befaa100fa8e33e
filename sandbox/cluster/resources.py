"""The kinds of object that the sandbox's cluster knows, and where the API serves them.

Everything here reads this table; a kind that is not in it does not exist. It holds no objects (``store.py``).
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind of object.

    Attributes:
        group: the API group, empty for the core.
        subresources: what may follow an object's name in a path.
        has_generation: the API server counts the changes of its spec.
        has_status: its status is the controllers' and can't be written through the object.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    subresources: frozenset[str] = frozenset()
    has_generation: bool = True
    has_status: bool = True

    @property
    def api_version(self) -> str:
        """What stands in the objects' ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name that messages use, such as ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


NAMESPACES = Resource(
    group="", version="v1", plural="namespaces", kind="Namespace", namespaced=False, has_generation=False
)
NODES = Resource(group="", version="v1", plural="nodes", kind="Node", namespaced=False, has_generation=False)
PODS = Resource(
    group="", version="v1", plural="pods", kind="Pod", subresources=frozenset({"log", "eviction"}), has_generation=True
)
EVENTS = Resource(group="", version="v1", plural="events", kind="Event", has_generation=False, has_status=False)
DEPLOYMENTS = Resource(
    group="apps", version="v1", plural="deployments", kind="Deployment", subresources=frozenset({"scale"})
)
REPLICA_SETS = Resource(
    group="apps", version="v1", plural="replicasets", kind="ReplicaSet", subresources=frozenset({"scale"})
)
STATEFUL_SETS = Resource(
    group="apps", version="v1", plural="statefulsets", kind="StatefulSet", subresources=frozenset({"scale"})
)
DAEMON_SETS = Resource(group="apps", version="v1", plural="daemonsets", kind="DaemonSet")
JOBS = Resource(group="batch", version="v1", plural="jobs", kind="Job")
CRON_JOBS = Resource(group="batch", version="v1", plural="cronjobs", kind="CronJob")
BUDGETS = Resource(group="policy", version="v1", plural="poddisruptionbudgets", kind="PodDisruptionBudget")
AUTOSCALERS = Resource(
    group="autoscaling",
    version="v2",
    plural="horizontalpodautoscalers",
    kind="HorizontalPodAutoscaler",
    has_generation=False,
)
METRICS = Resource(
    group="metrics.k8s.io",
    version="v1beta1",
    plural="pods",
    kind="PodMetrics",
    has_generation=False,
    has_status=False,
)

ALL: tuple[Resource, ...] = (
    NAMESPACES,
    NODES,
    PODS,
    EVENTS,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    JOBS,
    CRON_JOBS,
    BUDGETS,
    AUTOSCALERS,
    METRICS,
)


def find(group: str, version: str, plural: str) -> Resource | None:
    """Return the resource that a path names, or None."""
    wanted = (group, version, plural)
    return next((known for known in ALL if (known.group, known.version, known.plural) == wanted), None)
