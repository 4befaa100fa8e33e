"""An agent supervisor to run against, by the contract of docs/supervisor.openapi.yaml: the reference of it.

Tests and the demo use it. ``python -m sandbox.supervisor --port 8082 --cluster http://127.0.0.1:8001`` runs it alone.
Agents send no heartbeats here: an agent that is not silent counts as heard at this moment.

``POST /sandbox/agents/<agent_id>`` with ``{"silent": true}`` lets an agent fail, and ``"deaf": true`` besides lets it
stay silent after a recovery, while the supervisor believes in its own restart for as long as a heartbeat may take: the
known mistake of such supervisors. With a cluster, an agent whose pod was replaced is heard again.
Faults match on ``method``, ``path`` and ``agent_id``. ``GET /sandbox/requests`` and ``/sandbox/agents`` tell more.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import unquote

from firebrigade.responder.clock import Clock, SystemClock
from sandbox.fleet.cluster import ClusterSource
from sandbox.fleet.world import AGENTS, agent_names
from sandbox.http_server import Answer, HttpServer, Request, port_parser, run_alone

HEARTBEAT_TIMEOUT = timedelta(seconds=30)
RECOVERY_DELAY = timedelta(seconds=5)


class Pods(Protocol):
    """Where an agent's pod is known."""

    def uid(self, agent_id: str, now: datetime) -> str:
        """Return the UID of the agent's ready pod, or nothing."""
        ...


class NoPods:
    """There is no cluster: a silent agent stays so until it is recovered."""

    def uid(self, agent_id: str, now: datetime) -> str:  # noqa: ARG002
        """Return nothing."""
        return ""


class ClusterPods:
    """Reads the sandbox's cluster."""

    def __init__(self, url: str) -> None:
        self._source = ClusterSource(url)

    def uid(self, agent_id: str, now: datetime) -> str:
        """Return the UID of the agent's ready pod, or nothing."""
        pods = self._source.world(now).pods_of(AGENTS, agent_id)
        return next((pod.uid for pod in pods if pod.ready), "")


@dataclass(slots=True, kw_only=True)
class _Agent:
    """What the supervisor knows of one agent; ``heard_at`` is None while it is heard all the time."""

    agent_id: str
    heard_at: datetime | None = None
    deaf: bool = False
    pod: str = ""
    restarts: int = 0
    silent_restarts: int = 0
    requested_at: datetime | None = None
    keys: dict[str, datetime] = field(default_factory=dict)

    def look(self, now: datetime, pod: str) -> None:
        """Notice what has happened to a silent agent by now."""
        replaced = bool(self.pod and pod and pod != self.pod)
        restarted = self.requested_at is not None and now >= self.requested_at + RECOVERY_DELAY and not self.deaf
        if self.heard_at is not None and (replaced or restarted):
            self.heard_at, self.deaf, self.silent_restarts = None, False, 0

    def fail(self, now: datetime, pod: str, *, deaf: bool) -> None:
        """Let it have been silent for so long that it is failed."""
        self.heard_at = now - 2 * HEARTBEAT_TIMEOUT
        self.deaf, self.pod, self.requested_at = deaf, pod, None

    def recover(self, key: str, now: datetime) -> bool:
        """Restart it, unless this was asked for before; return whether it was."""
        if key in self.keys:
            return True
        self.keys[key] = self.requested_at = now
        self.restarts += 1
        self.silent_restarts += 1
        return False

    def state(self, now: datetime) -> str:
        """Return what the supervisor believes."""
        if self.heard_at is None:
            return "healthy"
        since = self.requested_at + RECOVERY_DELAY if self.requested_at else self.heard_at
        if now < since:
            return "recovering"
        if now - since <= HEARTBEAT_TIMEOUT:
            return "healthy"
        return "degraded" if now - since <= HEARTBEAT_TIMEOUT + RECOVERY_DELAY else "failed"

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return what ``GET /agents/{agent_id}`` answers."""
        return {
            "agent_id": self.agent_id,
            "state": self.state(now),
            "last_heartbeat_at": (self.heard_at or now).isoformat(),
            "restarts": self.restarts,
            "silent_restarts": self.silent_restarts,
            "recovery_requested_at": self.requested_at.isoformat() if self.requested_at else None,
        }


class Supervisor(HttpServer):
    """The supervisor of the given agents; use it with ``with``."""

    def __init__(
        self,
        port: int = 0,
        *,
        agent_ids: Iterable[str] | None = None,
        clock: Clock | None = None,
        pods: Pods | None = None,
        token: str = "",
    ) -> None:
        super().__init__(port)
        self._clock = clock or SystemClock()
        self._pods = pods or NoPods()
        self._token = token
        names = agent_names() if agent_ids is None else agent_ids
        self._agents = {name: _Agent(agent_id=name) for name in names}
        self._lock = threading.Lock()
        self.requests: list[dict[str, str]] = []

    def fail(self, agent_id: str, *, deaf: bool = False) -> None:
        """Let an agent fail; a deaf one stays silent whatever the supervisor does."""
        with self._lock:
            now = self._clock.now()
            self._agents[agent_id].fail(now, self._pods.uid(agent_id, now), deaf=deaf)

    def answer(self, request: Request) -> Answer:
        """Answer as the contract says."""
        with self._lock:
            key = request.headers.get("idempotency-key", "")
            self.requests.append({"method": request.method, "path": request.path, "idempotency_key": key})
            if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
                return Answer(status=401, body={"error": "a bearer token is needed"})
            return self._routed(request, key)

    def facts(self, request: Request) -> dict[str, str]:
        """Return what a fault can match."""
        return {**super().facts(request), "agent_id": _agent_id(request.path)}

    def kept(self) -> dict[str, Any]:
        """Return the requests and the agents."""
        with self._lock:
            return {"requests": list(self.requests), "agents": self._all()}

    def sandbox_answer(self, request: Request) -> Answer:
        """Let an agent fail, besides what every sandbox server can do."""
        if request.method != "POST" or not request.path.startswith("/sandbox/agents/"):
            return super().sandbox_answer(request)
        name = unquote(request.path.removeprefix("/sandbox/agents/"))
        if name not in self._agents:
            return Answer(status=404, body={"error": f"there is no agent {name}"})
        try:
            wanted = dict(request.json())
        except (ValueError, TypeError):
            return Answer(status=400, body={"error": "send an object with silent and deaf"})
        if wanted.get("silent"):
            self.fail(name, deaf=bool(wanted.get("deaf")))
        return Answer(body=self.kept()["agents"])

    def _routed(self, request: Request, key: str) -> Answer:
        now, parts = self._clock.now(), request.path.strip("/").split("/")
        if (request.method, parts) == ("GET", ["agents"]):
            return Answer(body={"agents": self._all()})
        agent = self._agents.get(_agent_id(request.path))
        if agent is None:
            return Answer(status=404, body={"error": "there is no such agent"})
        self._look(agent, now)
        if (request.method, parts[2:]) == ("GET", []):
            return Answer(body=agent.as_json(now))
        if (request.method, parts[2:]) != ("POST", ["recover"]):
            return Answer(status=404, body={"error": "there is no such path"})
        if not key:
            return Answer(status=400, body={"error": "the header Idempotency-Key is needed"})
        return _recovered(agent, key, now)

    def _all(self) -> list[dict[str, Any]]:
        now = self._clock.now()
        for agent in self._agents.values():
            self._look(agent, now)
        return [agent.as_json(now) for agent in self._agents.values()]

    def _look(self, agent: _Agent, now: datetime) -> None:
        agent.look(now, self._pods.uid(agent.agent_id, now) if agent.heard_at else "")


def _recovered(agent: _Agent, key: str, now: datetime) -> Answer:
    repeated = agent.recover(key, now)
    body = {"agent_id": agent.agent_id, "state": agent.state(now), "repeated": repeated}
    return Answer(status=202, body={**body, "requested_at": agent.keys[key].isoformat()})


def _agent_id(path: str) -> str:
    parts = path.strip("/").split("/")
    return unquote(parts[1]) if parts[0] == "agents" and len(parts) > 1 else ""


def main() -> None:
    """Run it alone."""
    parser = port_parser("An agent supervisor, as a sandbox")
    parser.add_argument("--cluster", help="base address of the sandbox's Kubernetes API")
    arguments = parser.parse_args()
    pods = ClusterPods(arguments.cluster) if arguments.cluster else NoPods()
    server = Supervisor(arguments.port, pods=pods)
    run_alone("The agent supervisor", arguments.port, server, lambda supervisor: supervisor.address)


if __name__ == "__main__":
    main()
