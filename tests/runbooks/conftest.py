"""A small world for actions: a cluster in virtual time with one deployment, a supervisor with one agent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firebrigade.responder.clock import ManualClock
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.endpoints import EndpointClient, EndpointSettings
from firebrigade.runbooks.kube import KubernetesClient, KubernetesSettings, connect
from firebrigade.runbooks.registry import build_actions, build_readers
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings
from sandbox.cluster import Cluster
from sandbox.cluster.world import deployment
from sandbox.endpoint import Endpoint
from sandbox.supervisor import Supervisor
from tests.runbooks.action_cases import CASES, Case
from tests.runbooks.keeping_silencer import KeepingSilencer
from tests.runbooks.little_world import AGENT, NAMESPACE, TOKEN, World


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
def endpoint(clock: ManualClock) -> Iterator[Endpoint]:
    with Endpoint(clock=clock) as endpoint:
        yield endpoint


@pytest.fixture
def world(
    clock: ManualClock,
    cluster: Cluster,
    connected: Callable[..., KubernetesClient],
    supervisor: Supervisor,
    endpoint: Endpoint,
) -> World:
    kubernetes = connected()
    settings = SupervisorSettings(url=supervisor.address)
    hooks = EndpointClient(EndpointSettings(name="hooks", url=endpoint.address, timeout_seconds=2))
    silencer = KeepingSilencer()
    clients = Clients(
        kubernetes=kubernetes,
        supervisor=SupervisorClient(settings),
        silencer=silencer,
        endpoints={"hooks": hooks},
    )
    return World(
        clock=clock,
        cluster=cluster,
        kubernetes=kubernetes,
        supervisor=supervisor,
        endpoint=endpoint,
        silencer=silencer,
        actions=dict(build_actions(clients)),
        readers=dict(build_readers(clients)),
    )


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """Each action once."""
    return CASES[request.param]


@pytest.fixture(params=sorted(name for name in CASES if name != "silence_alert"))
def targeted(request: pytest.FixtureRequest) -> Case:
    """Each action that has a target."""
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
