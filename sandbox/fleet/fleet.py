"""The fleet itself: what each target answers to a scrape now, the targets, and the faults that are on.

``app.py`` serves it. It holds the memory and the faults behind one lock, and asks for the world and the time.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from firebrigade.responder.clock import Clock
from sandbox.fleet import exporters, systems
from sandbox.fleet.catalogue import AgentFailed, OutOfMemory, Value, parse
from sandbox.fleet.cluster import WorldSource
from sandbox.fleet.conditions import Situation
from sandbox.fleet.faults import Fault, bind
from sandbox.fleet.memory import Memory, Owner
from sandbox.fleet.moment import Moment
from sandbox.fleet.recorder import Family, Sample, merged
from sandbox.fleet.series import Series
from sandbox.fleet.supervisor import Supervisor
from sandbox.fleet.world import Pod

Json = dict[str, Any]


class NoSuchTargetError(LookupError):
    """There is no such pod, exporter or fault."""


class NoAnswerError(RuntimeError):
    """The pod exists and does not answer."""


class Fleet:
    """All watched systems. Safe for threads.

    Args:
        source: what runs.
        supervisor: how the agents are.
        clock: what time it is.
        seed: the same seed gives each pod the same share of the traffic.
    """

    def __init__(self, source: WorldSource, supervisor: Supervisor, clock: Clock, seed: int = 1) -> None:
        self._source = source
        self._supervisor = supervisor
        self._clock = clock
        self._seed = seed
        self._lock = threading.Lock()
        self._memory = Memory()
        self._faults: dict[int, Fault] = {}
        self._last_id = 0
        self._since = clock.now()

    def targets(self) -> list[Pod]:
        """Return the pods that service discovery lists: those that run and are not being ended."""
        with self._lock:
            pods = self._source.world(self._clock.now()).pods
        return [pod for pod in pods if pod.phase == "Running" and not pod.terminating]

    def scrape_pod(self, namespace: str, name: str) -> list[Family]:
        """Return what a pod says of itself.

        Raises:
            NoSuchTargetError: there is no such pod.
            NoAnswerError: its container does not run, or it is wedged.
        """
        with self._lock:
            moment = self._look()
            pod = next((one for one in moment.world.pods if (one.namespace, one.name) == (namespace, name)), None)
            if pod is None:
                raise NoSuchTargetError(f"there is no pod {namespace}/{name}")
            situation = moment.situation(pod)
            if not (pod.running and situation.conditions.answers):
                raise NoAnswerError(f"{namespace}/{name} does not answer")
            return self._with_values(self._spoken(situation), target_labels(pod))

    def scrape_exporter(self, exporter: str) -> list[Family]:
        """Return what one of the platform's exporters says.

        Raises:
            NoSuchTargetError: there is no such exporter.
        """
        if exporter not in exporters.INSTANCES:
            raise NoSuchTargetError(f"there is no exporter {exporter}")
        with self._lock:
            families = merged(self._exported(exporter, self._look()))
            return self._with_values(families, {})

    def switch_on(self, body: object) -> Json:
        """Switch a fault on, from a request's JSON, and return it.

        Raises:
            FaultRequestError: the request is wrong, or there is nothing that it could befall.
        """
        request = parse(body)
        with self._lock:
            moment = self._look()
            fault = bind(request, self._last_id + 1, moment.now, moment.world, moment.agents)
            self._let_time_pass(moment)
            self._last_id = fault.id
            self._faults[fault.id] = fault
            self._begin(fault, moment)
            return _shown(fault, moment)

    def switch_off(self, number: int | None = None) -> None:
        """Switch one fault off, or all of them.

        Raises:
            NoSuchTargetError: there is no such fault.
        """
        with self._lock:
            if number is not None and number not in self._faults:
                raise NoSuchTargetError(f"there is no fault {number}")
            self._let_time_pass(self._look())
            self._faults = {key: fault for key, fault in self._faults.items() if number not in {None, key}}

    def faults(self) -> list[Json]:
        """Return the faults that were switched on and not off; ``holds`` says whether anything still suffers."""
        with self._lock:
            moment = self._look()
            return [_shown(fault, moment) for fault in self._faults.values()]

    def _look(self) -> Moment:
        now = self._clock.now()
        world = self._source.world(now)
        if world.pods:
            self._memory.keep_only({pod.uid for pod in world.pods})
        return Moment(
            now=now,
            world=world,
            agents=self._supervisor.states(now),
            faults=tuple(self._faults.values()),
            seed=self._seed,
        )

    def _spoken(self, situation: Situation) -> list[Family]:
        pod = situation.pod
        owner = Owner(uid=pod.uid, speaker=f"container run {pod.restarts}", since=pod.started_at)
        return self._memory.families(owner, systems.series(situation), situation.now)

    def _exported(self, exporter: str, moment: Moment) -> Iterator[Family]:
        for uid, since, series in self._subjects(exporter, moment):
            yield from self._memory.families(Owner(uid=uid, speaker=exporter, since=since), series, moment.now)

    def _subjects(self, exporter: str, moment: Moment) -> Iterator[tuple[str, datetime, Sequence[Series]]]:
        """Yield whatever an exporter speaks of: its pod's UID, since when, and what is said."""
        if exporter == exporters.NODE:
            yield "", self._since, exporters.of_node()
            return
        of_pod = exporters.of_pod if exporter == exporters.KUBE_STATE_METRICS else exporters.of_container
        for pod in moment.world.pods:
            yield pod.uid, pod.started_at, of_pod(moment.situation(pod))
        if exporter == exporters.KUBE_STATE_METRICS:
            yield "", self._since, [one for each in moment.world.deployments for one in exporters.of_deployment(each)]

    def _let_time_pass(self, moment: Moment) -> None:
        """Add everything up to now, because from now on the rates are others."""
        for pod in moment.world.pods:
            self._spoken(moment.situation(pod))
        for exporter in exporters.INSTANCES:
            for _ in self._exported(exporter, moment):
                pass

    def _begin(self, fault: Fault, moment: Moment) -> None:
        """Do what a fault does at once, besides what it does to the rates."""
        if isinstance(fault.request, AgentFailed):
            self._supervisor.fail(fault.request.agent_id, deaf=fault.request.deaf)
        if not isinstance(fault.request, OutOfMemory):
            return
        for pod in moment.world.pods:
            if fault.befalls(pod, moment.world, moment.agents):
                owner = Owner(uid=pod.uid, speaker=exporters.KUBE_STATE_METRICS, since=pod.started_at)
                self._memory.count(owner, exporters.restarts(pod), 1)

    def _with_values(self, families: list[Family], labels: Mapping[str, str]) -> list[Family]:
        for fault in self._faults.values():
            if isinstance(fault.request, Value):
                families = [_with_value(family, fault.request, labels) for family in families]
        return families


def target_labels(pod: Pod) -> dict[str, str]:
    """Return the labels that Prometheus gives to everything that it scrapes from a pod."""
    return {
        "job": pod.service,
        "service": pod.service,
        "namespace": pod.namespace,
        "deployment": pod.deployment,
        "pod": pod.name,
        "instance": pod.name,
    }


def _with_value(family: Family, request: Value, labels: Mapping[str, str]) -> Family:
    if family.name != request.metric or family.kind != "gauge":
        return family
    return replace(family, samples=tuple(_valued(sample, request, labels) for sample in family.samples))


def _valued(sample: Sample, request: Value, labels: Mapping[str, str]) -> Sample:
    chosen = request.labels.items() <= {**labels, **sample.labels}.items()
    return replace(sample, value=request.value) if chosen else sample


def _shown(fault: Fault, moment: Moment) -> Json:
    return {
        "id": fault.id,
        **fault.request.model_dump(),
        "since": fault.since.isoformat(),
        "namespace": fault.namespace or None,
        "template_hash": fault.template_hash or None,
        "suffering": [pod.name for pod in moment.world.pods if fault.befalls(pod, moment.world, moment.agents)],
        "holds": fault.holds(moment.world, moment.agents),
    }
