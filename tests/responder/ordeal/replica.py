"""One replica of the responder: its own database connections and its own client of the cluster, in virtual time."""

from collections.abc import Callable
from pathlib import Path

from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustSettings
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.guards import GuardSettings
from sandbox.cluster import Cluster
from sandbox.virtual.service import Pager, Rules, Service, Watch, kubernetes_over
from tests.responder.ordeal.fuse import Died, Fuse, FusedDatabase, Mishap


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
        asleep: Callable[["Replica", int], None],
        trust: TrustSettings | None = None,
    ) -> None:
        self.fuse = Fuse(lambda seconds: asleep(self, seconds))
        self.store = Store(FusedDatabase(f"sqlite:///{path}", self.fuse), trust)
        kubernetes = kubernetes_over(
            cluster, clock, self.fuse.reach, lambda call: watch(self._service.runner.step, call)
        )
        rules = Rules(lookup=lookup, limits=limits, restraints=restraints)
        self._service = Service(self.store, Clients(kubernetes=kubernetes), clock, rules, pager)
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
