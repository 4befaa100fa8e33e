"""The responder's real parts, put together for a world without sockets to the cluster and without a clock of its own.

What ``composition.py`` and ``execution.py`` make from a configuration file, this makes from what it is given: the same
runner, courier, sweep, guards and actions. The campaign and the ordeal's replicas call it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from kubernetes import client

from firebrigade.receivers.contract import Notification, Reach, Receipt, ReceiverConfig
from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.engine.courier import Courier
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.engine.sweep import Sweep
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.store import Store
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, reading_guards_for, scope_for
from firebrigade.runbooks.kube import KubernetesClient, KubernetesSettings
from firebrigade.runbooks.registry import build_actions, build_readers
from sandbox.cluster import Cluster
from sandbox.cluster.routes import Call
from sandbox.virtual.wire import Wire

Watch = Callable[[StepResult, Call], Callable[[str], None]]


class Pager:
    """Keeps what people were told."""

    NAME: ClassVar[str] = "pager"
    Config: ClassVar[type[ReceiverConfig]] = ReceiverConfig
    LIVING: ClassVar[bool] = False
    REACHES: ClassVar[Reach] = Reach.SLEEPER

    def __init__(self, config: Any = None) -> None:  # noqa: ARG002 - as the contract makes receivers
        self.told: dict[str, Notification] = {}

    def deliver(self, notification: Notification) -> Receipt:
        """Keep it; a second attempt of the same delivery changes nothing."""
        self.told.setdefault(notification.delivery_id, notification)
        return Receipt(reference={}, detail="kept")


class Working(Runner):
    """A runner that says which step it is at."""

    step: StepResult

    def run(self, step: StepResult) -> None:
        """Take a step further, and remember it meanwhile."""
        self.step = step
        super().run(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a configuration file says: where alerts go, what the machine may do, what holds it back."""

    lookup: Lookup
    limits: GuardSettings
    restraints: Restraints


class Service:
    """Courier, runner and sweep of one process.

    Args:
        store: its database.
        clients: its ways into the world.
        rules: its configuration.
        pager: the receiver of that name.
    """

    def __init__(self, store: Store, clients: Clients, clock: ManualClock, rules: Rules, pager: Pager) -> None:
        limits = rules.limits
        executor = RunbookExecutor(
            build_actions(clients),
            guards_for(limits),
            clients.prometheus,
            build_readers(clients),
            reading_guards_for(limits),
            scope_for(limits),
        )
        self.store = store
        self.courier = Courier(store, {pager.NAME: pager}, clock)
        self.runner = Working(store, executor, clock, rules.restraints)
        self.sweep = Sweep(store, self.courier, self.runner, rules.lookup, clock)


def kubernetes_over(
    cluster: Cluster, clock: ManualClock, moment: Callable[[], None], look: Callable[[Call], Callable[[str], None]]
) -> KubernetesClient:
    """Return the responder's client, with a wire to the sandbox's cluster in the place of its connections.

    Args:
        cluster: whose API it is.
        clock: moved by as long as a request waits in vain.
        moment: called before each request and after it.
        look: called before each request that could change something; what it returns is told the effect.
    """
    api = client.ApiClient(client.Configuration())
    wire: Any = Wire(cluster, clock, moment, look)
    api.rest_client.pool_manager = wire
    return KubernetesClient(api, KubernetesSettings())
