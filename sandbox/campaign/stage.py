"""Sets the stage for a scenario: the world as it was before the trouble, and what happens in it then.

The trial calls it; it knows nothing of the responder.
"""

from datetime import datetime, timedelta
from typing import Any

from sandbox import faults
from sandbox.campaign.scenario import Budget, Owner, Scenario
from sandbox.cluster import Fault
from sandbox.virtual.troubles import Cure, Symptom, Trouble, Workload
from sandbox.virtual.world import AGENTS, FORBIDDEN, SYSTEMS, World

GOOD, NEW = "1.0", "2.0"
QUIET = timedelta(hours=1)  # before anything happens: longer than any revision needs to be proved
SCRAPED_BEFORE = timedelta(minutes=6)
_BEGINS_WITH_ROLLOUT = {Symptom.NEVER_READY, Symptom.CRASHES}
_OLD = timedelta(hours=1)
_ALWAYS = 10**9

BYSTANDERS = (
    Workload(namespace=SYSTEMS, name="catalog", replicas=3),
    Workload(namespace=SYSTEMS, name="search", replicas=2),
    Workload(namespace=FORBIDDEN, name="orders", replicas=2),
    Workload(namespace=AGENTS, name="agent-02"),
)


def workloads_of(scenario: Scenario) -> list[Workload]:
    """Return everything that runs in the scenario's world; what is in trouble comes first."""
    own = scenario.workload
    beside = [Workload(namespace=own.namespace, name=f"beside-{n}", replicas=2 + n % 2) for n in range(scenario.beside)]
    return [own, *beside, *BYSTANDERS]


class Stage:
    """One scenario's world, its troubles and its obstacles.

    Attributes:
        told: what happened in the world, for whoever reads the scenario's timeline.
        victims: the workloads that something is wrong with, by what was done to the world.
    """

    def __init__(self, scenario: Scenario, world: World) -> None:
        self._scenario = scenario
        self._world = world
        self._trouble = _trouble(scenario)
        self._due: list[tuple[datetime, str]] = []
        self._returned = 0
        self._well_since: datetime | None = None
        self.began_at = world.now
        self.told: list[tuple[datetime, str]] = []
        self.victims: list[Workload] = []

    @property
    def maintenance(self) -> tuple[datetime, datetime] | None:
        """When work on the workload is planned, or None."""
        lasts = self._scenario.obstacles.maintenance
        return (self.began_at - timedelta(minutes=10), self.began_at + lasts) if lasts else None

    @property
    def more_comes(self) -> bool:
        """Whether anything still happens by itself that changes what there is to repair."""
        return bool(self._due) or (self._returned < self._scenario.obstacles.returns and self._well_since is not None)

    def prepare(self) -> None:
        """Let the world be well for hours, with everything that stood there before the trouble."""
        self._own()
        self._limit()
        self._world.cluster.advance(QUIET.total_seconds())
        rolled_out = self._scenario.cause.rolled_out if self._scenario.cause else None
        if rolled_out is not None:
            self._roll_out(rolled_out)
        if self._trouble is None or not self._trouble.begun:
            for _ in range(int(SCRAPED_BEFORE.total_seconds()) // 15):
                self._world.advance(15)
        self.began_at = self._world.now

    def begin(self) -> None:
        """Let the trouble begin."""
        world, ways = self._world, self._scenario.obstacles
        if self._trouble is not None:
            self.victims = [self._trouble.workload]
            if not self._trouble.begun:
                world.begin(self._trouble)
            self._say(f"{self._trouble.workload} {self._trouble.symptom.value}")
        if self._scenario.cause is not None and self._scenario.cause.old_fails:
            world.begin(_of_old_revision(self._scenario.workload))
        if ways.others_roll_out:
            world.roll_out(BYSTANDERS[0], f"{BYSTANDERS[0].name}:{NEW}")
        if ways.outage is not None:
            self._due.append((world.now + ways.outage.after, "outage"))
            self._due.append((world.now + ways.outage.after + ways.outage.lasts, "outage ends"))
        if self._scenario.node is not None:
            self._lose_node(self._scenario.node.removed_after)

    def alarmed(self) -> None:
        """Switch on what goes wrong once somebody wants to repair."""
        ways = self._scenario.obstacles
        for fault in ways.faults:
            self._world.cluster.add_fault(fault)
        if ways.supervisor_fails:
            self._world.supervisor.faults.switch_on(faults.Fault(answer=503, times=ways.supervisor_fails))

    def tick(self) -> None:
        """Let happen what is due by now."""
        now = self._world.now
        due = [what for at, what in self._due if at <= now]
        self._due = [(at, what) for at, what in self._due if at > now]
        for what in due:
            self._happen(what)
        self._return()

    def _happen(self, what: str) -> None:
        outage = self._scenario.obstacles.outage
        if what == "outage" and outage is not None:
            self._world.cluster.add_fault(Fault(answer=outage.answer, times=_ALWAYS))
        elif what == "outage ends":
            self._world.cluster.clear_faults()
        elif what == "node removed":
            self._world.cluster.remove_node(self._node)
        self._say(what)

    def _return(self) -> None:
        """Let the trouble come back, some time after it was repaired."""
        ways, trouble, now = self._scenario.obstacles, self._trouble, self._world.now
        if trouble is None or self._returned >= ways.returns:
            return
        if self._world.troubled(trouble.workload):
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now
        elif now - self._well_since >= ways.returns_after:
            self._returned += 1
            self._well_since = None
            self._world.begin(trouble)
            self._say(f"it comes back, time {self._returned}")

    def _roll_out(self, before: timedelta) -> None:
        workload = self._scenario.workload
        if self._trouble is not None and self._trouble.symptom in _BEGINS_WITH_ROLLOUT and before <= _OLD:
            for _ in range(int(SCRAPED_BEFORE.total_seconds()) // 15):
                self._world.advance(15)
            self._trouble.begun = True
            self._world.begin(self._trouble)
            self._world.roll_out(workload, f"{workload.name}:{NEW}")
        else:
            self._world.roll_out(workload, f"{workload.name}:{NEW}")
            self._world.cluster.advance((before - SCRAPED_BEFORE).total_seconds() if before > SCRAPED_BEFORE else 60)
        self._say(f"{workload.name}:{NEW} is rolled out")

    def _lose_node(self, removed_after: timedelta | None) -> None:
        world = self._world
        self._node = str(world.pods(self._scenario.workload)[0]["spec"]["nodeName"])
        there = [one for one in world.workloads if any(_node(pod) == self._node for pod in world.pods(one))]
        self.victims = there
        world.cluster.lose_node(self._node)
        self._say(f"{self._node} is lost, with pods of {', '.join(one.name for one in there)}")
        if removed_after is not None:
            self._due.append((world.now + removed_after, "node removed"))

    def _own(self) -> None:
        owner, workload = self._scenario.obstacles.owner, self._scenario.workload
        if owner is Owner.AUTOSCALER:
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name}
            spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 10}
            scaler = {"metadata": {"name": workload.name}, "spec": spec}
            self._world.cluster.create("horizontalpodautoscalers", scaler, workload.namespace)
            return
        marks: dict[Owner, dict[str, Any]] = {
            Owner.ARGO: {"annotations": {"argocd.argoproj.io/tracking-id": f"shop:apps/Deployment:x/{workload.name}"}},
            Owner.FLUX: {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}},
        }
        if owner in marks:
            marks[Owner.FLUX]["labels"]["kustomize.toolkit.fluxcd.io/namespace"] = "flux-system"
            self._world.cluster.edit(
                workload.plural, workload.namespace, workload.name, {"metadata": marks[owner]}, by="gitops"
            )

    def _limit(self) -> None:
        budget, workload = self._scenario.obstacles.budget, self._scenario.workload
        if budget is Budget.NONE:
            return
        spec: dict[str, Any] = {"selector": {"matchLabels": {"app": workload.name}}}
        spec |= {"maxUnavailable": 1} if budget is Budget.ONE else {"minAvailable": workload.replicas}
        manifest = {"metadata": {"name": workload.name}, "spec": spec}
        self._world.cluster.create("poddisruptionbudgets", manifest, workload.namespace)

    def _say(self, what: str) -> None:
        self.told.append((self._world.now, what))


def _trouble(scenario: Scenario) -> Trouble | None:
    cause, workload = scenario.cause, scenario.workload
    if cause is None:
        return None
    return Trouble(
        workload=workload,
        symptom=cause.symptom,
        cure=cause.cure,
        pods=cause.pods,
        bad_image=f"{workload.name}:{NEW}",
        enough=cause.enough,
    )


def _of_old_revision(workload: Workload) -> Trouble:
    image = f"{workload.name}:{GOOD}"
    return Trouble(workload=workload, symptom=Symptom.ERRORS, cure=Cure.ROLL_BACK, bad_image=image)


def _node(pod: Any) -> str:
    return str(pod["spec"].get("nodeName", ""))
