"""One replica of the responder: its own database connections and its own client of the cluster, in virtual time."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from kubernetes import client

from firebrigade.receivers.contract import Notification, Receipt, ReceiverConfig
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
from firebrigade.runbooks.guards import GuardSettings, guards_for, scope_for
from firebrigade.runbooks.kube import KubernetesClient, KubernetesSettings
from firebrigade.runbooks.registry import build_actions
from sandbox.cluster import Cluster
from sandbox.cluster.routes import Call
from tests.responder.ordeal.fuse import Died, Fuse, FusedDatabase, Mishap
from tests.responder.ordeal.wire import Wire

Watch = Callable[[StepResult, Call], Callable[[str], None]]


class Pager:
    """Keeps what people were told."""

    NAME: ClassVar[str] = "pager"
    Config: ClassVar[type[ReceiverConfig]] = ReceiverConfig
    LIVING: ClassVar[bool] = False

    def __init__(self, config: Any = None) -> None:
        self.told: dict[str, Notification] = {}

    def deliver(self, notification: Notification) -> Receipt:
        self.told.setdefault(notification.delivery_id, notification)
        return Receipt(reference={}, detail="kept")


class Working(Runner):
    """A runner that says which step it is at."""

    step: StepResult

    def run(self, step: StepResult) -> None:
        self.step = step
        super().run(step)


class Replica:
    """Web and engine of one process; what it does, it does when it is told to, one piece of work at a time."""

    def __init__(
        self,
        path: Path,
        cluster: Cluster,
        clock: ManualClock,
        *,
        pager: Pager,
        lookup: Lookup,
        limits: GuardSettings,
        watch: Watch,
        asleep: Callable[["Replica", int], None],
    ) -> None:
        self.fuse = Fuse(lambda seconds: asleep(self, seconds))
        self.store = Store(FusedDatabase(f"sqlite:///{path}", self.fuse))
        api = client.ApiClient(client.Configuration())
        wire: Any = Wire(cluster, clock, self.fuse.reach, lambda call: watch(self._runner.step, call))
        api.rest_client.pool_manager = wire
        clients = Clients(kubernetes=KubernetesClient(api, KubernetesSettings()))
        actions: Mapping[str, Any] = build_actions(clients)
        executor = RunbookExecutor(actions, guards_for(limits), None, scope=scope_for(limits))
        self._runner = Working(self.store, executor, clock, Restraints())
        self._courier = Courier(self.store, {"pager": pager}, clock)
        self.sweep = Sweep(self.store, self._courier, self._runner, lookup, clock)

    def work(self, mishap: Mishap | None = None) -> bool:
        """Decide what is due and take one step further, and return whether it lived to its end.

        Messages are sent before: what becomes of those is another test's.
        """
        while (delivery := self._courier.claim()) is not None:
            self._courier.deliver(delivery)
        self.fuse.set(mishap)
        try:
            self.sweep.advance_due()
            step = self._runner.claim()
            if step is not None:
                self._runner.run(step)
        except Died:
            return False
        finally:
            self.fuse.set(None)
        return True
