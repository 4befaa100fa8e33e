"""One replica of the responder: its own database connections and its own client of the cluster, in virtual time."""

from collections.abc import Callable
from pathlib import Path

from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustSettings
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.guards import GuardSettings
from firebrigade.runbooks.supervisor import Agent, Recovery, SupervisorClient, SupervisorSettings
from sandbox.cluster import Cluster
from sandbox.supervisor import Supervisor
from sandbox.virtual.service import Pager, Rules, Service, Watch, kubernetes_over
from tests.responder.ordeal.fuse import Died, Fuse, FusedDatabase, Mishap


class FusedSupervisor(SupervisorClient):
    """A client of the agents' supervisor whose requests are moments: before them, and after them."""

    def __init__(self, supervisor: Supervisor, fuse: Fuse, recovered: Callable[[], None]) -> None:
        super().__init__(SupervisorSettings(url=supervisor.address))
        self._supervisor, self._fuse, self._recovered = supervisor, fuse, recovered

    def agent(self, agent_id: str) -> Agent:
        """Read an agent."""
        self._fuse.reach()
        found = super().agent(agent_id)
        self._fuse.reach()
        return found

    def recover(self, agent_id: str, idempotency_key: str) -> Recovery:
        """Have an agent restarted; that it was is told whatever the answer is."""
        self._fuse.reach()
        before = _restarts(self._supervisor)
        try:
            return super().recover(agent_id, idempotency_key)
        finally:
            if _restarts(self._supervisor) > before:
                self._recovered()
            self._fuse.reach()


def _restarts(supervisor: Supervisor) -> int:
    return sum(int(agent["restarts"]) for agent in supervisor.kept()["agents"])


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
        restraints: Restraints,
        watch: Watch,
        supervisor: Supervisor,
        recovered: Callable[[StepResult], None],
        asleep: Callable[["Replica", int], None],
        trust: TrustSettings | None = None,
    ) -> None:
        self.fuse = Fuse(lambda seconds: asleep(self, seconds))
        self.store = Store(FusedDatabase(f"sqlite:///{path}", self.fuse), trust)
        kubernetes = kubernetes_over(
            cluster, clock, self.fuse.reach, lambda call: watch(self._service.runner.step, call)
        )
        rules = Rules(lookup=lookup, limits=limits, restraints=restraints)
        agents = FusedSupervisor(supervisor, self.fuse, lambda: recovered(self._service.runner.step))
        self._service = Service(self.store, Clients(kubernetes=kubernetes, supervisor=agents), clock, rules, pager)
        self.sweep = self._service.sweep

    def work(self, mishap: Mishap | None = None) -> bool:
        """Decide what is due and take one step further, and return whether it lived to its end.

        Messages are sent before: what becomes of those is another test's.
        """
        courier, runner = self._service.courier, self._service.runner
        while (delivery := courier.claim()) is not None:
            courier.deliver(delivery)
        self.fuse.set(mishap)
        try:
            self.sweep.advance_due()
            step = runner.claim()
            if step is not None:
                runner.run(step)
        except Died:
            return False
        finally:
            self.fuse.set(None)
        return True
