"""What the tests of actions hold in their hands: a cluster with one deployment, a supervisor with one agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firebrigade.responder.clock import ManualClock
from firebrigade.runbooks.contract import Action, Json, Plan, Refusal, Target
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.readings import Asked, ReadAction
from firebrigade.runbooks.trouble import PlansForTrouble, Trouble
from sandbox.cluster import Cluster
from sandbox.endpoint import Endpoint
from sandbox.supervisor import Supervisor
from tests.runbooks.keeping_silencer import KeepingSilencer

NAMESPACE = "shop"
SERVICE = Target(kind="deployment", namespace=NAMESPACE, name="checkout")
NODE = Target(kind="node", namespace="", name="node-2")
HOOKS = Target(kind="endpoint", namespace="", name="hooks")
NOTHING = Target(kind="", namespace="", name="")
LABELS = {"alertname": "ServiceDown", "service": "checkout", "empty": ""}
AGENT = Target(kind="agent", namespace="", name="agent-07")
TOKEN = "the-cluster-s-secret-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the tests hold in their hands."""

    clock: ManualClock
    cluster: Cluster
    kubernetes: KubernetesClient
    supervisor: Supervisor
    endpoint: Endpoint
    silencer: KeepingSilencer
    actions: dict[str, Action]
    readers: dict[str, ReadAction]

    def read(self, name: str, target: Target | None, labels: Mapping[str, str] | None = None, **params: Json) -> Any:
        """Return what an action that reads comes to."""
        action = self.readers[name]
        asked = Asked(labels=labels or {}, now=self.clock.now())
        return action.read(target, action.Params.model_validate(params), asked)

    def plan(
        self, name: str, target: Target, step_id: str = "step-1", *, at: datetime | None = None, **params: Json
    ) -> Plan:
        """Return an action's plan, made now or as of another moment; fails when it refuses."""
        planned = self.plan_or_refusal(name, target, step_id, at=at, **params)
        assert isinstance(planned, Plan), planned
        return planned

    def plan_or_refusal(
        self, name: str, target: Target, step_id: str = "step-1", *, at: datetime | None = None, **params: Json
    ) -> Plan | Refusal:
        """Return what an action's plan returns."""
        action = self.actions[name]
        checked, now = action.Params.model_validate(params), at or self.clock.now()
        if isinstance(action, PlansForTrouble):
            return action.plan_for(Trouble(labels=LABELS), target, checked, step_id, now)
        return action.plan(target, checked, step_id, now)

    def deploy(self, image: str, name: str = "checkout") -> None:
        """Roll out another image, as a person does."""
        container = {"name": "main", "image": image}
        self.edit({"spec": {"template": {"spec": {"containers": [container]}}}}, name)

    def edit(self, patch: Json, name: str = "checkout") -> None:
        """Change a deployment, as a person does, not over our client."""
        self.kubernetes._apps.patch_namespaced_deployment(name, NAMESPACE, patch, _request_timeout=5)

    def cordon(self, name: str, *, cordoned: bool = True) -> None:
        """Cordon or uncordon a node, as a person does, not over our client."""
        patch = {"spec": {"unschedulable": True if cordoned else None}}
        self.kubernetes._core.patch_node(name, patch, _request_timeout=5)

    def run(self, kind: str, name: str = "store", **spec: Json) -> Target:
        """Create a ``statefulset`` or a ``daemonset`` and wait until it runs."""
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": f"{name}:1.0"}]}}
        whole = {"selector": {"matchLabels": labels}, "template": template, **spec}
        self.cluster.create(f"{kind}s", {"metadata": {"name": name}, "spec": whole}, NAMESPACE)
        self.cluster.advance(60)
        return Target(kind=kind, namespace=NAMESPACE, name=name)

    def pods(self, name: str = "checkout") -> list[dict[str, Any]]:
        """Return the deployment's pods, by name."""
        found = [pod for pod in self.cluster.list("pods", NAMESPACE) if pod["metadata"]["labels"].get("app") == name]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def pod(self, index: int = 0) -> Target:
        """Return one of the deployment's pods as a target."""
        return Target(kind="pod", namespace=NAMESPACE, name=self.pods()[index]["metadata"]["name"])

    def deployment(self, name: str = "checkout") -> dict[str, Any]:
        """Return a deployment as it is."""
        found = self.cluster.get("deployments", NAMESPACE, name)
        assert found is not None
        return found

    def changes(self) -> int:
        """Return how many requests have changed something in the cluster, at the supervisor or at the endpoint."""
        recoveries = sum(agent["restarts"] for agent in self.supervisor.kept()["agents"])
        return len(self.cluster.changes) + int(recoveries) + self.endpoint.effects + self.silencer.changes
