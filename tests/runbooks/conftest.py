"""A small world for actions: a cluster in virtual time with one deployment, a supervisor with one agent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.clock import ManualClock
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import Action, Json, Plan, Refusal, Target
from firebrigade.runbooks.kube import KubernetesClient, KubernetesSettings, connect
from firebrigade.runbooks.readings import Asked, ReadAction
from firebrigade.runbooks.registry import build_actions, build_readers
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings
from sandbox.cluster import Cluster, Fault
from sandbox.cluster.world import deployment
from sandbox.supervisor import Supervisor

NAMESPACE = "shop"
SERVICE = Target(kind="deployment", namespace=NAMESPACE, name="checkout")
NODE = Target(kind="node", namespace="", name="node-2")
AGENT = Target(kind="agent", namespace="", name="agent-07")
TOKEN = "the-cluster-s-secret-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the tests hold in their hands."""

    clock: ManualClock
    cluster: Cluster
    kubernetes: KubernetesClient
    supervisor: Supervisor
    actions: dict[str, Action]
    readers: dict[str, ReadAction]

    def read(self, name: str, target: Target | None, labels: Mapping[str, str] | None = None, **params: Json) -> Any:
        """Return what an action that reads comes to."""
        action = self.readers[name]
        asked = Asked(labels=labels or {}, now=self.clock.now())
        return action.read(target, action.Params.model_validate(params), asked)

    def plan(self, name: str, target: Target, step_id: str = "step-1", **params: Json) -> Plan:
        """Return an action's plan; fails when it refuses."""
        planned = self.plan_or_refusal(name, target, step_id, **params)
        assert isinstance(planned, Plan), planned
        return planned

    def plan_or_refusal(self, name: str, target: Target, step_id: str = "step-1", **params: Json) -> Plan | Refusal:
        """Return what an action's plan returns."""
        action = self.actions[name]
        return action.plan(target, action.Params.model_validate(params), step_id, self.clock.now())

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
        """Return how many requests have changed something in the cluster or at the supervisor."""
        recoveries = sum(agent["restarts"] for agent in self.supervisor.kept()["agents"])
        return len(self.cluster.changes) + int(recoveries)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cluster(clock: ManualClock) -> Iterator[Cluster]:
    with Cluster(clock=clock, token=TOKEN, seed=1) as cluster:
        cluster.create("namespaces", {"metadata": {"name": NAMESPACE}})
        cluster.create("deployments", deployment("checkout", 3), NAMESPACE)
        cluster.advance(3600)
        yield cluster


@pytest.fixture
def connected(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., KubernetesClient]]:
    """Connect to the cluster, as its administrator or with another token."""
    clients: list[KubernetesClient] = []

    def connected(token: str = TOKEN, read_timeout_seconds: float = 10) -> KubernetesClient:
        path = cluster.kubeconfig(tmp_path / f"kubeconfig-{len(clients)}", token)
        settings = KubernetesSettings(kubeconfig=str(path), read_timeout_seconds=read_timeout_seconds)
        clients.append(connect(settings))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@pytest.fixture
def supervisor(clock: ManualClock) -> Iterator[Supervisor]:
    with Supervisor(agent_ids=[AGENT.name], clock=clock) as supervisor:
        yield supervisor


@pytest.fixture
def world(
    clock: ManualClock, cluster: Cluster, connected: Callable[..., KubernetesClient], supervisor: Supervisor
) -> World:
    kubernetes = connected()
    settings = SupervisorSettings(url=supervisor.address)
    clients = Clients(kubernetes=kubernetes, supervisor=SupervisorClient(settings))
    return World(
        clock=clock,
        cluster=cluster,
        kubernetes=kubernetes,
        supervisor=supervisor,
        actions=dict(build_actions(clients)),
        readers=dict(build_readers(clients)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An action in a situation in which it can help: what the contract's tests need to know of it.

    Attributes:
        prepare: makes the trouble and returns the target.
        forget: makes the answer to the action's one change be lost, after its effect.
        meddle: what a person does between plan and apply.
        spoil: what keeps the change from helping.
        heal: lets the time pass that a change needs to help.
    """

    action: str
    params: dict[str, Json]
    prepare: Callable[[World], Target]
    forget: Callable[[World], None]
    spoil: Callable[[World], None]
    heal: Callable[[World], None]
    meddle: Callable[[World], None] | None = None
    undone: bool = False


def _sick_pod(world: World) -> Target:
    target = world.pod(1)
    world.cluster.trouble(NAMESPACE, target.name)
    return target


def _bad_rollout(world: World) -> Target:
    world.deploy("checkout:2.0")
    world.cluster.advance(60)
    return SERVICE


def _failed_agent(world: World) -> Target:
    world.supervisor.fail(AGENT.name)
    return AGENT


def _sick_node(world: World) -> Target:
    """Return a node; its taint follows its cordon by a second, so that there is something to wait for."""
    world.cluster.set_pace(taints_after_seconds=1)
    return NODE


def _restarted_before(world: World) -> Target:
    """Return a deployment that carries an earlier restart's time."""
    earlier = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    world.edit({"spec": {"template": {"metadata": {"annotations": earlier}}}})
    world.cluster.advance(3600)
    return SERVICE


def _delete_pod(world: World) -> None:
    name = world.pods()[1]["metadata"]["name"]
    world.kubernetes._core.delete_namespaced_pod(name, NAMESPACE, _request_timeout=5)


CASES = {
    "restart_pod": Case(
        action="restart_pod",
        params={},
        prepare=_sick_pod,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="create", resource="pods")),
        meddle=_delete_pod,
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
    ),
    "scale_deployment": Case(
        action="scale_deployment",
        params={"add": 1, "maximum": 6},
        prepare=lambda _: SERVICE,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.edit({"spec": {"replicas": 2}}),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "rollback_deployment": Case(
        action="rollback_deployment",
        params={},
        prepare=_bad_rollout,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.deploy("checkout:2.1"),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "restart_deployment": Case(
        action="restart_deployment",
        params={},
        prepare=_restarted_before,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.deploy("checkout:2.1"),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "cordon_node": Case(
        action="cordon_node",
        params={},
        prepare=_sick_node,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        spoil=lambda world: world.cluster.set_pace(taints_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "recover_agent": Case(
        action="recover_agent",
        params={},
        prepare=_failed_agent,
        forget=lambda world: world.supervisor.faults.add("drop-after", method="POST"),
        spoil=lambda world: world.supervisor.fail(AGENT.name, deaf=True),
        heal=lambda world: world.cluster.advance(timedelta(seconds=10).total_seconds()),
    ),
}


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """Each action once."""
    return CASES[request.param]


@pytest.fixture(params=sorted(name for name, case in CASES.items() if case.meddle))
def meddled(request: pytest.FixtureRequest) -> Case:
    """Each action whose target a person can change in between."""
    return CASES[request.param]


@pytest.fixture(params=sorted(name for name, case in CASES.items() if case.undone))
def undoable(request: pytest.FixtureRequest) -> Case:
    """Each action that can be taken back."""
    return CASES[request.param]


@pytest.fixture(params=sorted(name for name, case in CASES.items() if case.undone and case.meddle))
def contested(request: pytest.FixtureRequest) -> Case:
    """Each action that can be taken back, on something that a person can change to something else."""
    return CASES[request.param]
