"""What the sandbox's agent supervisor says of the agents, read over its HTTP API.

Without a supervisor, or as long as it does not answer, the agents are as healthy as the faults let them be.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote

import requests

# The metric has three values and the supervisor four states: an agent that is being recovered does not count as failed.
_HEALTH = {"healthy": 0, "degraded": 1, "recovering": 1, "failed": 2}
_SOON = timedelta(seconds=0.5)
_LATER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """What the supervisor says of one agent: its health as the metric has it, and how often it was restarted."""

    health: int
    restarts: int


class Supervisor(Protocol):
    """Where the agents' states come from."""

    def states(self, urgent: Iterable[str], now: datetime) -> Mapping[str, AgentState]:
        """Return what is known by agent; ``urgent`` are the agents that are looked at more often than the rest."""
        ...


class NoSupervisor:
    """Knows of no agent."""

    def states(self, urgent: Iterable[str], now: datetime) -> Mapping[str, AgentState]:  # noqa: ARG002
        """Return nothing."""
        return {}


class HttpSupervisor:
    """Asks the supervisor, GET /agents/{agent_id}, and remembers its answers for a moment.

    Args:
        url: its base address.
        agent_ids: whom it supervises.
    """

    def __init__(self, url: str, agent_ids: Iterable[str]) -> None:
        self._url = url.rstrip("/")
        self._agent_ids = tuple(agent_ids)
        self._session = requests.Session()
        self._states: dict[str, AgentState] = {}
        self._asked: dict[str, datetime] = {}

    def states(self, urgent: Iterable[str], now: datetime) -> Mapping[str, AgentState]:
        """Return what is known by agent: half a second old for urgent ones, five seconds for the rest."""
        soon = set(urgent)
        due = [agent for agent in self._agent_ids if self._is_due(agent, _SOON if agent in soon else _LATER, now)]
        for agent in due:
            self._asked[agent] = now
            if (state := self._ask(agent)) is not None:
                self._states[agent] = state
        return dict(self._states)

    def _is_due(self, agent_id: str, age: timedelta, now: datetime) -> bool:
        asked = self._asked.get(agent_id)
        return asked is None or now - asked >= age

    def _ask(self, agent_id: str) -> AgentState | None:
        try:
            answer = self._session.get(f"{self._url}/agents/{quote(agent_id, safe='')}", timeout=2)
            return parse_state(answer.json()) if answer.ok else None
        except (requests.RequestException, json.JSONDecodeError):
            return None  # the last that was heard still holds


def parse_state(body: object) -> AgentState | None:
    """Return the state that an answer holds, or None if it holds none."""
    if not isinstance(body, dict) or body.get("state") not in _HEALTH:
        return None
    restarts = body.get("restarts", 0)
    return AgentState(health=_HEALTH[body["state"]], restarts=restarts if isinstance(restarts, int) else 0)
