"""One cluster's state and time: the store, the agenda, and the queue of objects that a controller must look at.

``cluster.py`` makes it and moves its time, the controllers work in it. It knows no HTTP and reads no clock: time is
what ``run_until`` was told last.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.cluster.agenda import Agenda, Deed
from sandbox.cluster.resources import Json, Resource
from sandbox.cluster.store import Change, Key, Store, controller_of, key_of

ROUNDS = 10_000  # a queue that is longer means two controllers that undo each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take, in seconds of the cluster's time.

    Attributes:
        starts_after_seconds: from a pod's scheduling until its containers run, or are killed, or can't be pulled.
        ready_after_seconds: from running until ready.
        stops_after_seconds: how long a pod takes to end after a delete; its grace period if that is shorter.
        killed_after_seconds: how long an …oom container runs.
        back_off_seconds: the first wait before a killed container runs again; it doubles up to five minutes.
        job_runs_seconds: how long the pod of a job runs before it succeeds.
        taints_after_seconds: from a node's cordon or uncordon until its taint is there or gone.
    """

    starts_after_seconds: float = 0.2
    ready_after_seconds: float = 0.5
    stops_after_seconds: float = 0.5
    killed_after_seconds: float = 0.5
    back_off_seconds: float = 10.0
    job_runs_seconds: float = 1.0
    taints_after_seconds: float = 0.0


class Simulation:
    """The state that all controllers share. Not safe for threads: the cluster holds one lock around it.

    Args:
        start: the time at which it begins.
        pace: how long things take.
        source: names and UIDs come from it.
        controllers: what looks at a changed object, by its resource.
    """

    def __init__(
        self,
        start: datetime,
        pace: Pace,
        source: random.Random,
        controllers: Mapping[Resource, Callable[["Simulation", str, str], None]],
    ) -> None:
        self.now = start
        self.pace = pace
        self.random = source
        self.agenda = Agenda()
        self.store = Store(lambda: self.now, source)
        self.moods: dict[str, str] = {}  # pod UID → what was done to that one pod, whatever its image
        self.fates: Callable[[Json], str] = lambda _pod: ""  # a pod → its fate, whatever its image; empty: its own
        self._controllers = controllers
        self._queue: dict[Key, None] = {}  # a dict keeps the order and each key once
        self.store.listeners.append(self._on_change)

    def after(self, seconds: float, deed: Deed) -> None:
        """Do something that many seconds from now."""
        self.agenda.at(self.now + timedelta(seconds=seconds), deed)

    def look_at(self, resource: Resource, namespace: str, name: str) -> None:
        """Ask the resource's controller to look at an object again."""
        if resource in self._controllers:
            self._queue[resource, namespace, name] = None

    def settle(self) -> None:
        """Let the controllers look until nothing is left to look at. Takes no time."""
        for _ in range(ROUNDS):
            if not self._queue:
                return
            resource, namespace, name = key = next(iter(self._queue))
            del self._queue[key]
            self._controllers[resource](self, namespace, name)
        raise RuntimeError(f"the controllers do not come to rest: {[key[1:] for key in self._queue][:5]}")

    def run_until(self, now: datetime) -> None:
        """Let everything happen that is due by ``now``, each at its own time."""
        self.settle()
        while entry := self.agenda.take(now):
            due, deed = entry
            self.now = max(self.now, due)
            deed()
            self.settle()
        self.now = max(self.now, now)

    def with_pace(self, **seconds: float) -> None:
        """Change how long things take from now on."""
        self.pace = replace(self.pace, **seconds)

    def _on_change(self, change: Change) -> None:
        self.look_at(*key_of(change.resource, change.object))
        owner = controller_of(change.object)
        if owner is not None:
            namespace = change.object["metadata"].get("namespace", "")
            for resource in self._controllers:
                if resource.kind == owner["kind"]:
                    self.look_at(resource, namespace, owner["name"])
