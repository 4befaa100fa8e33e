"""``Cluster``: a Kubernetes API on 127.0.0.1 that a test or the demo starts, drives and asks what was done to it."""

import json
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from sandbox.cluster import api, nodes, pods
from sandbox.cluster.access import User
from sandbox.cluster.controllers import started
from sandbox.cluster.faults import Fault
from sandbox.cluster.http import Listener
from sandbox.cluster.journal import Request
from sandbox.cluster.resources import ALL, METRICS, PODS, Json, Resource
from sandbox.cluster.routes import understood
from sandbox.cluster.server import Server, wall_clock
from sandbox.cluster.simulation import Pace
from sandbox.cluster.store import stamp

BUILT_IN = ("default", "kube-system")


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the current time, aware."""
        ...


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that stands still until it is moved."""

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new time."""
        ...


class Cluster:
    """A cluster with nodes and two namespaces, and nothing that runs in it.

    With a clock that is handed in, time is virtual: nothing happens by itself, each request first lets happen what is
    due by then, and ``advance`` moves time. Without one it is the machine's time.

    Args:
        clock: anything with ``now()``, such as the responder's ``ManualClock``.
        pace: how long pods take to start, to become ready and to end.
        token: the administrator's bearer token; empty for none.
        users: more accounts, by their token.
        node_names: its nodes.
        seed: makes names and UIDs the same in each run.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        pace: Pace = Pace(),  # noqa: B008 - frozen
        token: str = "",
        users: Mapping[str, User] | None = None,
        node_names: Iterable[str] = ("node-1", "node-2", "node-3"),
        seed: int | None = None,
    ) -> None:
        self._clock = clock
        now: Callable[[], datetime] = clock.now if clock is not None else wall_clock
        simulation = started(now(), pace, random.Random(seed))
        accounts = {**({token: User(name="sandbox-admin")} if token else {}), **(users or {})}
        self._token = token
        self._server = Server(simulation, now, accounts)
        for number, name in enumerate(node_names):
            nodes.add(simulation, name, number)
        for name in BUILT_IN:
            self.create("namespaces", {"metadata": {"name": name}})
        self._listener: Listener | None = None
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, port: int = 0) -> Self:
        """Listen (0 lets the kernel choose a port); with the machine's clock, let time pass too."""
        listener = self._listener = Listener(self._server, port)
        jobs: list[Callable[[], None]] = [lambda: listener.serve_forever(poll_interval=0.02)]
        if self._clock is None:
            jobs.append(self._server.keep_time)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Break all connections and end all threads."""
        if self._listener is not None:
            self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def url(self) -> str:
        """Where it listens.

        Raises:
            RuntimeError: it was not started.
        """
        if self._listener is None:
            raise RuntimeError("the cluster is not started: use it in a with statement, or call start()")
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def kubeconfig(self, path: Path | str, token: str | None = None) -> Path:
        """Write a kubeconfig (as JSON, which is YAML) for the administrator or another token, and return its path."""
        key = self._token if token is None else token
        name = "sandbox"
        config: Json = {"apiVersion": "v1", "kind": "Config", "current-context": name}
        config["clusters"] = [{"name": name, "cluster": {"server": self.url}}]
        config["users"] = [{"name": name, "user": {"token": key} if key else {}}]
        config["contexts"] = [{"name": name, "context": {"cluster": name, "user": name}}]
        written = Path(path)
        written.write_text(json.dumps(config, indent=2))
        written.chmod(0o600)
        return written

    @property
    def now(self) -> datetime:
        """The cluster's time."""
        return self._server.now()

    def advance(self, seconds: float) -> None:
        """Let virtual time pass, with everything that happens meanwhile.

        Raises:
            TypeError: this cluster's clock moves by itself.
        """
        if not isinstance(self._clock, MovableClock):
            raise TypeError("this cluster runs on a clock that can't be moved: hand in a ManualClock")
        with self._server.changed:
            self._clock.advance(timedelta(seconds=seconds))
            self._server.run()
            self._server.changed.notify_all()

    def settle(self) -> None:
        """Let everything happen that is due by the clock's time."""
        self._server.run()

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far that could change something, oldest first, the refused ones too."""
        with self._server.changed:
            return self._server.journal.all()

    @property
    def changes(self) -> tuple[Request, ...]:
        """The requests that did change something."""
        return tuple(request for request in self.requests if request.effect != "none")

    def add_fault(self, fault: Fault) -> None:
        """Switch on a fault of the API server."""
        with self._server.changed:
            self._server.faults.add(fault)

    def clear_faults(self) -> None:
        """Switch off every fault of the API server."""
        with self._server.changed:
            self._server.faults.clear()

    def create(self, plural: str, manifest: Json, namespace: str = "") -> Json:
        """Create an object without HTTP, and without a trace in ``requests``; return it as kept.

        Raises:
            ApiError: it would be refused over HTTP too.
        """
        resource = _resource(plural)
        base = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
        where = f"/namespaces/{namespace}" if namespace else ""
        call = understood("POST", f"{base}{where}/{plural}", "application/json", json.dumps(manifest).encode())
        with self._server.changed:
            reply = api.create(self._server.simulation, call)
            self._server.run()
            self._server.changed.notify_all()
        return reply.body if isinstance(reply.body, dict) else {}

    def get(self, plural: str, namespace: str, name: str) -> Json | None:
        """Return an object as it is now, or None."""
        with self._server.changed:
            self._server.run()
            return self._server.simulation.store.get(_resource(plural), namespace, name)

    def peek(self, plural: str, namespace: str = "") -> list[Json]:
        """Return objects without letting anything happen before: for whoever is asked while something happens."""
        return self._server.simulation.store.all(_resource(plural), namespace)

    def list(self, plural: str, namespace: str = "") -> list[Json]:
        """Return the objects of a namespace, or of all, as they are now."""
        with self._server.changed:
            self._server.run()
            return self._server.simulation.store.all(_resource(plural), namespace)

    def trouble(self, namespace: str, pod_name: str, mood: str = "never-ready") -> None:
        """Make one running pod sick until it is replaced.

        Args:
            namespace: the pod's.
            pod_name: its name.
            mood: ``never-ready``, ``killed`` (again and again), or ``serves``, which heals.

        Raises:
            LookupError: no such pod.
        """
        with self._server.changed:
            pod = self.get("pods", namespace, pod_name)
            if pod is None:
                raise LookupError(f"no pod {namespace}/{pod_name}")
            pods.trouble(self._server.simulation, pod, mood)
            self._server.run()
            self._server.changed.notify_all()

    def edit(self, plural: str, namespace: str, name: str, change: Json, *, by: str = "person") -> None:
        """Change an object as a person does who asks nobody: a strategic merge patch, which is in ``requests``.

        Raises:
            ApiError: it is refused.
        """
        resource = _resource(plural)
        base = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
        path = f"{base}{f'/namespaces/{namespace}' if namespace else ''}/{plural}/{name}"
        body = json.dumps(change).encode()
        call = understood("PATCH", path, "application/strategic-merge-patch+json", body)
        self._server.decide(User(name=by), call)

    def doom(self, fates: Callable[[Json], str]) -> None:
        """Let a function say what becomes of each pod when it starts: a mood, or nothing for what its image says."""
        self._server.simulation.fates = fates

    def meet_fate(self, namespace: str, pod_name: str) -> None:
        """Ask that function again for a pod that runs already; one that is gone is none."""
        with self._server.changed:
            pod = self.get("pods", namespace, pod_name)
            if pod is not None:
                pods.meet_fate(self._server.simulation, pod)
                self._server.run()

    def lose_node(self, name: str) -> None:
        """Let nothing be heard of a node from now on."""
        with self._server.changed:
            nodes.lose(self._server.simulation, name)
            self._server.run()

    def remove_node(self, name: str) -> None:
        """Take a lost node and its pods out of the cluster."""
        with self._server.changed:
            nodes.remove(self._server.simulation, name)
            self._server.run()

    def measure(self, namespace: str, pod_name: str, **usage: str) -> None:
        """Let the resource metrics API know what a pod's containers use each, such as ``cpu="12m", memory="30Mi"``."""
        with self._server.changed:
            simulation = self._server.simulation
            containers = (simulation.store.get(PODS, namespace, pod_name) or {})["spec"]["containers"]
            measured: Json = {"metadata": {"name": pod_name, "namespace": namespace}}
            measured |= {"timestamp": stamp(simulation.now), "window": "15s"}
            measured["containers"] = [{"name": container["name"], "usage": usage} for container in containers]
            simulation.store.add(METRICS, simulation.store.named(METRICS, measured))

    def set_pace(self, **seconds: float) -> None:
        """Change how long things take from now on; the names are those of ``Pace``."""
        with self._server.changed:
            self._server.simulation.with_pace(**seconds)


def _resource(plural: str) -> Resource:
    return next(resource for resource in ALL if resource.plural == plural)
