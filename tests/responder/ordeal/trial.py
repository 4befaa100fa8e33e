"""A cluster with trouble, the replicas that repair it, the person who approves, and the time: all in one thread."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.case import Lookup
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus, EscalationPolicy, EscalationStep, Route
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.restraints import Restraints, Storm
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.runbooks.contract import Json, Runbook, RunbookStep
from firebrigade.runbooks.guards import GuardSettings
from firebrigade.runbooks.modes import AutomationMode, Modes
from sandbox.cluster import Cluster, Fault
from sandbox.cluster.errors import ApiError
from sandbox.cluster.routes import understood
from sandbox.cluster.world import deployment
from sandbox.supervisor import Supervisor
from sandbox.virtual.service import Pager
from sandbox.virtual.wire import OURS
from tests.responder.ordeal.fuse import Mishap
from tests.responder.ordeal.promises import Promises, ended
from tests.responder.ordeal.replica import Replica
from tests.responder.ordeal.trust_kept import check_trust

MINUTE = timedelta(minutes=1)
LIMITS = GuardSettings(
    namespaces=frozenset({"shop"}),
    nodes=("node-2",),
    cooldown=15 * MINUTE,
    runs_per_hour=5,
    runs_per_hour_per_target=3,
)
# As few as can be, so that a few troubles come up against each of them.
STRICT = {"repairs_per_day": 1, "steps_at_once": 1}
STORM, CALM = Storm(incidents=2), Storm(incidents=100)
TRUST = TrustSettings(start=TrustLevel.AUTO, promote_after=1, environments=("default",))
AGENT = "agent-07"
ENDS_WITHIN = timedelta(hours=2)
_POD = {"namespace": {"label": "namespace"}, "name": {"label": ["pod"]}}
_SERVICE = {"namespace": "shop", "name": "checkout"}


def _step(action: str, target: Json, *, undo: bool = False, **params: Json) -> RunbookStep:
    return RunbookStep(name=action, action=action, target=target, params=params, undo=undo, verify_within=MINUTE)


RUNBOOKS = {
    "PodSick": (_step("restart_pod", _POD), _step("restart_deployment", _SERVICE, undo=True)),
    "Busy": (_step("scale_deployment", _SERVICE, undo=True, add=1, maximum=6),),
    "BadRollout": (_step("rollback_deployment", _SERVICE, undo=True), _step("restart_deployment", _SERVICE)),
    "Leaking": (_step("restart_deployment", _SERVICE, undo=True),),
    "NodeSick": (_step("cordon_node", {"name": "node-2"}, undo=True),),
    "AgentFailed": (_step("recover_agent", {"name": AGENT}),),
    "DiskFull": (_step("run_job", {"namespace": "shop", "name": "cleanup", "kind": "cronjob"}),),
}


class Trial:
    """The world of one sequence of events.

    Args:
        directory: an empty one.
        template: an empty database that has its tables, as bytes.
        replicas: one gets back the claims of its dead predecessor at once; of several each claim runs out by its lease.
        asks: a person approves each plan.
        trusts: every runbook is at auto, and has that to lose.
        strict: hardly anything may be done before it is too much.
    """

    def __init__(
        self, directory: Path, template: bytes, *, replicas: int, asks: bool, trusts: bool = False, strict: bool = False
    ) -> None:
        self.clock = ManualClock()
        self.cluster = Cluster(clock=self.clock, seed=1)
        self._fill()
        self.supervisor = Supervisor(agent_ids=[AGENT], clock=self.clock)
        self.supervisor.__enter__()
        path = directory / "firebrigade.sqlite"
        path.write_bytes(template)
        self._trust = TRUST if trusts else None
        self.store = Store(Database(f"sqlite:///{path}"), self._trust)
        self._mode = AutomationMode.APPROVE if asks else AutomationMode.AUTO
        bounds = STRICT if strict else {}
        self.limits = GuardSettings(**{**_fields(LIMITS), **bounds, "modes": Modes(mode=self._mode)})
        self._storm = STORM if strict else CALM
        self.promises = Promises(self.cluster, self.store, self.limits, self._storm, asks=asks)
        self.pager = Pager()
        self._path = path
        self.replicas = [self._replica() for _ in range(replicas)]

    def close(self) -> None:
        """Close every connection."""
        for store in (self.store, *(replica.store for replica in self.replicas)):
            store.close()
        self.supervisor.__exit__(None, None, None)

    def _fill(self) -> None:
        self.cluster.create("namespaces", {"metadata": {"name": "shop"}})
        self.cluster.create("deployments", deployment("checkout", 3), "shop")
        template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "cleanup:1.0"}]}}
        spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": template}}}
        self.cluster.create("cronjobs", {"metadata": {"name": "cleanup"}, "spec": spec}, "shop")
        self.cluster.advance(3600)

    def _replica(self) -> Replica:
        return Replica(
            self._path,
            self.cluster,
            self.clock,
            pager=self.pager,
            lookup=self._lookup(),
            limits=self.limits,
            restraints=Restraints(storm=self._storm),
            watch=self.promises.watch,
            supervisor=self.supervisor,
            recovered=self.promises.recovered,
            asleep=self._asleep,
            trust=self._trust,
        )

    def _lookup(self) -> Lookup:
        levels = tuple(EscalationStep(level=n, acknowledge_within=5 * MINUTE, targets=("pager",)) for n in (1, 2, 3))
        books = [
            Runbook(name=name, title="", alerts=(name,), steps=steps, body="", path="")
            for name, steps in RUNBOOKS.items()
        ]
        route = Route(matchers=(), receivers=("pager",), policy="default")
        return Lookup(
            route=lambda labels: route,
            suppression=lambda labels, now: None,
            runbook=lambda name, alertname: next((one for one in books if {name, alertname} & {one.name}), None),
            policies={"default": EscalationPolicy(name="default", steps=levels)},
            mode=self._mode,
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def pods(self) -> list[str]:
        """Return the names of the deployment's pods."""
        found = [one["metadata"] for one in self.cluster.list("pods", "shop")]
        return sorted(one["name"] for one in found if one["labels"].get("app") == "checkout")

    def alert(self, name: str, status: AlertStatus, pod: str = "") -> None:
        """Send what Alertmanager sends."""
        labels = {"alertname": name, "severity": "critical", "namespace": "shop", **({"pod": pod} if pod else {})}
        ended = self.now if status is AlertStatus.RESOLVED else None
        alert = Alert(
            fingerprint=fingerprint(labels),
            status=status,
            labels=labels,
            annotations={},
            starts_at=self.now,
            ends_at=ended,
        )
        group = AlertGroup(
            source="alertmanager",
            receiver="firebrigade",
            status=status,
            group_key=f"{name} {pod}",
            group_labels={"alertname": name},
            common_labels=labels,
            common_annotations={},
            external_url="",
            alerts=(alert,),
        )
        self.store.record(group, self.now)

    def work(self, number: int, mishap: Mishap | None = None) -> None:
        """Let a replica do one piece of work; one that dies is started again."""
        replica = self.replicas[number % len(self.replicas)]
        if not replica.work(mishap) and len(self.replicas) == 1:
            # The lock beside the database has told that nobody else is at work.
            replica.store.release_claims(self.now)

    def _asleep(self, sleeper: Replica, seconds: int) -> None:
        """Let the others work while a replica sleeps."""
        until = self.now + timedelta(seconds=seconds)
        others = [one for one in self.replicas if one is not sleeper]
        while self.now < until:
            self.clock.advance(min(MINUTE, until - self.now))
            self._drain(others)

    def _drain(self, replicas: Sequence[Replica]) -> None:
        for replica in replicas:
            replica.sweep.drain()

    def answer(self, *, approve: bool) -> None:
        """Let a person answer whatever waits for one."""
        for step in self.promises.steps():
            if step.status is StepStatus.PROPOSED:
                answer = Answer(approve=approve, plan=hash_of(step), actor="anna")
                with suppress(ConflictError):  # nobody was in time
                    self.store.answer_step(step.incident_id, step.position, answer, self.now)

    def person(self, method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> None:
        """Change the cluster as somebody does who asks nobody; a person whom it refuses lets it be."""
        with suppress(ApiError):
            self.cluster._server.decide(OURS, understood(method, path, media_type, body))

    def fail(self, fault: Fault) -> None:
        """Switch on a fault of the API server."""
        self.cluster.add_fault(fault)

    def passes(self, seconds: int) -> None:
        """Let time pass in which nobody works."""
        self.clock.advance(timedelta(seconds=seconds))
        self.cluster.settle()

    def end(self) -> None:
        """Let the API server be well again, and everything come to its end; then judge it."""
        self.cluster._server.faults.clear()
        self.supervisor.faults.clear()
        until = self.now + ENDS_WITHIN
        self._drain(self.replicas)
        while self.now < until and not self._over():
            self.passes(30)
            self._drain(self.replicas)
        self.promises.check_end()
        if self._trust is not None:
            check_trust(self.store, self.promises.writes, self.now)

    def _over(self) -> bool:
        """Return whether every run has ended, and people were told of those that did not help."""
        incidents = [one for one in self.store.incidents() if one.open]
        levels = all(one.level_since is None or one.level > 1 for one in incidents)
        return levels and all(ended(self.store.steps(one.id)) for one in self.store.incidents())


def _fields(settings: GuardSettings) -> dict[str, Json]:
    return {name: getattr(settings, name) for name in GuardSettings.__slots__}
