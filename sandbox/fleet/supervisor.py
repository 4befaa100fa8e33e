"""What the sandbox's agent supervisor says of the agents, read over its HTTP API.

Without a supervisor, or as long as it does not answer, the agents are as healthy as the faults let them be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

import requests

# The metric has three values and the supervisor four states: an agent that is being recovered does not count as failed.
_HEALTH = {"healthy": 0, "degraded": 1, "recovering": 1, "failed": 2}
_MAX_AGE = timedelta(seconds=0.5)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """What the supervisor says of one agent: its health as the metric has it, and how often it was restarted."""

    health: int
    restarts: int


class Supervisor(Protocol):
    """Where the agents' states come from."""

    def states(self, now: datetime) -> Mapping[str, AgentState]:
        """Return what is known, by agent."""
        ...

    def fail(self, agent_id: str, *, deaf: bool) -> None:
        """Let an agent fall silent; a deaf one stays so when it is restarted."""
        ...


class NoSupervisor:
    """Knows of no agent."""

    def states(self, now: datetime) -> Mapping[str, AgentState]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def fail(self, agent_id: str, *, deaf: bool) -> None:
        """Do nothing."""


class HttpSupervisor:
    """Asks the sandbox's supervisor, at most every half second. While it does not answer, the last answer holds.

    Args:
        url: its base address.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._states: Mapping[str, AgentState] = {}
        self._asked_at = _NEVER

    def states(self, now: datetime) -> Mapping[str, AgentState]:
        """Return what it says now or said half a second ago, by agent."""
        if not timedelta() <= now - self._asked_at < _MAX_AGE:
            self._asked_at = now
            self._states = self._ask() or self._states
        return self._states

    def fail(self, agent_id: str, *, deaf: bool) -> None:
        """Let an agent fall silent, as the supervisor sees it. One that can't be reached is not told."""
        self._asked_at = _NEVER
        try:
            address = f"{self._url}/sandbox/agents/{quote(agent_id, safe='')}"
            self._session.post(address, json={"silent": True, "deaf": deaf}, timeout=3)
        except requests.RequestException:
            return

    def _ask(self) -> Mapping[str, AgentState] | None:
        try:
            answer = self._session.get(f"{self._url}/agents", timeout=3)
            return parse_states(answer.json()) if answer.ok else None
        except (requests.RequestException, ValueError):
            return None


def parse_states(body: object) -> dict[str, AgentState]:
    """Return the states that an answer holds, by agent; what is no agent's state is left out."""
    agents = body.get("agents") if isinstance(body, dict) else None
    known = [one for one in agents or [] if isinstance(one, dict) and one.get("state") in _HEALTH]
    return {
        str(one.get("agent_id")): AgentState(health=_HEALTH[one["state"]], restarts=int(one.get("restarts") or 0))
        for one in known
    }
