"""A world in virtual time: a cluster whose workloads have troubles, the agents' supervisor, and what a scrape finds.

Nothing in it knows the responder. ``advance`` moves the clock; the cluster's controllers, the troubles, the scrapes and
the alarms follow at their own times.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Self

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster
from sandbox.cluster.podstatus import is_active, is_ready
from sandbox.cluster.resources import Json
from sandbox.cluster.world import deployment
from sandbox.supervisor import Supervisor
from sandbox.virtual.prometheus import Prometheus
from sandbox.virtual.scrapes import found_by_scrape
from sandbox.virtual.series import Samples
from sandbox.virtual.troubles import UNANSWERING, Cure, Symptom, Trouble, Workload

SYSTEMS, AGENTS, FORBIDDEN = "neurectomy", "agents", "payments"
SCRAPED_EVERY = timedelta(seconds=15)
KILLED_EVERY = timedelta(seconds=90)
NODES = ("node-1", "node-2", "node-3", "node-4")


class ReadyPods:
    """What the supervisor knows of the agents' pods."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def uid(self, agent_id: str, now: datetime) -> str:  # noqa: ARG002 - the supervisor's contract
        """Return the UID of the agent's ready pod, or nothing."""
        pods = self._world.pods(Workload(namespace=AGENTS, name=agent_id))
        return next((str(pod["metadata"]["uid"]) for pod in pods if is_ready(pod) and is_active(pod)), "")


class World:
    """Use it with ``with``: supervisor and Prometheus listen on 127.0.0.1.

    Args:
        seed: makes names and UIDs the same in each run.
        workloads: what runs in it.
    """

    def __init__(self, seed: int, workloads: Sequence[Workload]) -> None:
        self.clock = ManualClock()
        self.cluster = Cluster(clock=self.clock, seed=seed, node_names=NODES)
        self.cluster.doom(self._fate)
        self.workloads = tuple(workloads)
        self.samples = Samples()
        self.troubles: list[Trouble] = []
        agents = [one.name for one in workloads if one.namespace == AGENTS]
        self.supervisor = Supervisor(agent_ids=agents, clock=self.clock, pods=ReadyPods(self))
        self.prometheus = Prometheus(self.samples, self.clock)
        self._counters: dict[tuple[str, ...], float] = {}
        self._scraped_at = self._killed_at = self.clock.now()
        self._stack = ExitStack()
        self._fill()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.supervisor)
        self._stack.enter_context(self.prometheus)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.clock.now()

    def _fill(self) -> None:
        for namespace in (SYSTEMS, AGENTS, FORBIDDEN):
            self.cluster.create("namespaces", {"metadata": {"name": namespace}})
        for one in self.workloads:
            manifest = deployment(one.name, one.replicas)
            if one.kind == "statefulset":
                manifest["spec"].pop("progressDeadlineSeconds")
                manifest["spec"]["serviceName"] = one.name
            self.cluster.create(one.plural, manifest, one.namespace)

    def pods(self, workload: Workload) -> list[Json]:
        """Return a workload's pods as they are now, those that are ending too, by name."""
        found = [one for one in self.cluster.peek("pods", workload.namespace) if _app(one) == workload.name]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def object(self, workload: Workload) -> Json:
        """Return a workload as it is now; empty where somebody has deleted it."""
        found = self.cluster.peek(workload.plural, workload.namespace)
        return next((one for one in found if one["metadata"]["name"] == workload.name), {})

    def replicas(self, workload: Workload) -> int:
        """Return how many pods a workload has to have."""
        found = self.object(workload)
        return int(found["spec"]["replicas"]) if found else 0

    def answers(self, pod: Json) -> bool:
        """Return whether a pod's process answers a scrape."""
        sick = [one.symptom for one in self.troubles_of(pod)]
        ready = is_ready(pod) and pod["status"].get("phase") == "Running"
        return ready and not UNANSWERING & set(sick)

    def sound(self, workload: Workload) -> int:
        """Return how many of a workload's pods are ready and not sick."""
        return sum(is_active(pod) and is_ready(pod) and not self.troubles_of(pod) for pod in self.pods(workload))

    def troubles_of(self, pod: Json) -> list[Trouble]:
        """Return the troubles that a pod has now."""
        return [one for one in self.troubles if one.is_sick(pod, self.replicas(one.workload))]

    def troubled(self, workload: Workload) -> bool:
        """Return whether anything is wrong with a workload: a pod is sick or missing, or an agent is not heard."""
        if workload.namespace == AGENTS and self.agent_failed(workload.name):
            return True
        return self.sound(workload) < self.replicas(workload)

    def agent_failed(self, agent_id: str) -> bool:
        """Return whether an agent's supervisor has not heard it for too long."""
        now = self.now
        agents = {one["agent_id"]: one for one in self.supervisor.kept()["agents"]}
        found = agents.get(agent_id)
        return found is not None and now - datetime.fromisoformat(found["last_heartbeat_at"]) > timedelta(seconds=30)

    def begin(self, trouble: Trouble) -> None:
        """Let a trouble begin; one that is a pod's own takes the first of its pods by name."""
        if trouble not in self.troubles:
            self.troubles.append(trouble)
        trouble.begun = True
        present = self._present(trouble.workload)
        if trouble.cure in (Cure.NEW_POD, Cure.NOTHING):
            trouble.sick |= {str(pod["metadata"]["uid"]) for pod in present[: trouble.pods]}
        trouble.known |= {str(pod["metadata"]["uid"]) for pod in present}
        if trouble.symptom is Symptom.FAILED:
            self.supervisor.fail(trouble.workload.name, deaf=trouble.cure is not Cure.RECOVERY)
        for pod in present:
            if self.troubles_of(pod):
                self.cluster.meet_fate(trouble.workload.namespace, str(pod["metadata"]["name"]))

    def roll_out(self, workload: Workload, image: str) -> None:
        """Roll out an image, as a person does."""
        template = {"spec": {"containers": [{"name": "main", "image": image}]}}
        self.cluster.edit(workload.plural, workload.namespace, workload.name, {"spec": {"template": template}})

    def advance(self, seconds: float) -> bool:
        """Let time pass, with the troubles that are kept up, and return whether something was scraped at its end."""
        self.cluster.advance(seconds)
        self._keep_up()
        if self.now - self._scraped_at < SCRAPED_EVERY:
            return False
        self._scraped_at = self.now
        self.samples.scrape(found_by_scrape(self, self._counters), self.now)
        return True

    def _keep_up(self) -> None:
        killing = self.now - self._killed_at >= KILLED_EVERY
        self._killed_at = self.now if killing else self._killed_at
        for trouble in self.troubles:
            trouble.spread(self._present(trouble.workload))
            if trouble.symptom is Symptom.OUT_OF_MEMORY:
                self._keep_memory(trouble, kill=killing)
            incurable = trouble.symptom is Symptom.FAILED and trouble.cure is Cure.NOTHING
            if incurable and not self.agent_failed(trouble.workload.name):
                self.supervisor.fail(trouble.workload.name, deaf=True)

    def _keep_memory(self, trouble: Trouble, *, kill: bool) -> None:
        """Let who was killed start anew, and kill the next."""
        present = self._present(trouble.workload)
        trouble.killing.clear()
        sick = [pod for pod in present if is_ready(pod) and trouble.is_sick(pod, self.replicas(trouble.workload))]
        if kill and sick:
            trouble.killing.add(str(sick[0]["metadata"]["uid"]))
            self.cluster.meet_fate(trouble.workload.namespace, str(sick[0]["metadata"]["name"]))
            self.cluster.advance(1)
            trouble.killing.clear()

    def _present(self, workload: Workload) -> list[Json]:
        return [pod for pod in self.pods(workload) if is_active(pod)]

    def _fate(self, pod: Json) -> str:
        for trouble in self.troubles:
            if trouble.begun and trouble.is_of(pod):
                trouble.spread(self._present(trouble.workload))
                if fate := trouble.fate(pod, self.replicas(trouble.workload)):
                    return fate
        return ""


def _app(pod: Json) -> str:
    return str((pod["metadata"].get("labels") or {}).get("app", ""))
