"""Ask the agents' supervisor to recover an agent, and believe only the agent.

A supervisor that calls an agent healthy because its own restart returned is a known mistake, so an agent is back when
it was itself heard after the recovery was accepted, whatever its state is said to be.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, StrictInt

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    Json,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    Verdict,
)
from firebrigade.runbooks.durations import Duration, format_duration
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.supervisor import Agent, SupervisorClient, UnknownAgentError


class RecoverAgentParams(ActionParams):
    """When an agent is left alone.

    Attributes:
        heartbeat_within: an agent that was heard within this time, and is said to be healthy, needs nothing.
        maximum_silent_restarts: after so many restarts that brought no heartbeat a person has to look.
    """

    heartbeat_within: Duration = timedelta(seconds=30)
    maximum_silent_restarts: Annotated[StrictInt, Field(ge=1)] = 3


class RecoverAgent:
    """Request one recovery, with the step's id as the idempotency key."""

    NAME: ClassVar[str] = "recover_agent"
    UNDOES: ClassVar[bool] = False
    Params: ClassVar[type[ActionParams]] = RecoverAgentParams
    RISK: ClassVar[Risk] = Risk.LOW
    TARGET_KIND: ClassVar[str] = "agent"
    RIGHTS: ClassVar[Sequence[Right]] = ()  # it asks the supervisor

    def __init__(self, supervisor: SupervisorClient) -> None:
        self._supervisor = supervisor

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without a supervisor."""
        return cls(clients.supervisor) if clients.supervisor else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Note the agent's state and its last heartbeat."""
        if target.kind != self.TARGET_KIND:
            return _refusal(RefusalReason.INVALID_TARGET, f"recover_agent can't recover a {target.kind}.")
        try:
            agent = self._supervisor.agent(target.name)
        except UnknownAgentError as error:
            return _refusal(RefusalReason.NOT_FOUND, str(error))
        limits = RecoverAgentParams.model_validate(params.model_dump())
        if refusal := needless(agent, limits, now):
            return refusal
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before=_state(agent),
            desired={"state": "healthy"},
            precondition={},
            summary=f"Ask the supervisor to recover {target}, from {agent.state[:20]} to healthy.",
            planned_at=now,
            seen=_shown(agent),
        )

    def apply(self, plan: Plan) -> Change:
        """Request the recovery; the key makes a repeat harmless."""
        recovery = self._supervisor.recover(plan.target.name, plan.step_id)
        after = {"state": recovery.state, "requested_at": recovery.requested_at.isoformat()}
        text = f"The supervisor has accepted the recovery of {plan.target}."
        return Change(already=recovery.repeated, after=after, summary=text)

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the agent itself was heard since the recovery was accepted."""
        try:
            agent = self._supervisor.agent(plan.target.name)
        except UnknownAgentError:
            return Verdict(health=Health.FAILED, summary=f"The supervisor no longer knows {plan.target}.")
        return heartbeat_verdict(plan, agent)

    def undo(self, plan: Plan) -> Change | None:  # noqa: ARG002
        """Nothing to take back: the agent was restarted."""
        return None


def needless(agent: Agent, limits: RecoverAgentParams, now: datetime) -> Refusal | None:
    """Return why an agent is left alone, or None."""
    heard = agent.last_heartbeat_at is not None and now - agent.last_heartbeat_at <= limits.heartbeat_within
    if heard and agent.state == "healthy":
        within = format_duration(limits.heartbeat_within)
        return _refusal(RefusalReason.NOTHING_TO_DO, f"{agent.agent_id} is healthy and was heard within {within}.")
    if agent.silent_restarts >= limits.maximum_silent_restarts:
        text = f"{agent.agent_id} was restarted {agent.silent_restarts} times and was not heard: a person has to look."
        return _refusal(RefusalReason.NOT_SAFE, text)
    return None


def heartbeat_verdict(plan: Plan, agent: Agent) -> Verdict:
    """Decide whether an agent is back; the supervisor's clock is compared with itself."""
    # A supervisor that was restarted since may have forgotten the request; then our clock has to do.
    since = agent.recovery_requested_at or plan.planned_at
    heard = agent.last_heartbeat_at is not None and agent.last_heartbeat_at > since
    if heard and agent.state == "healthy":
        text = f"{plan.target} was heard after its recovery and is healthy."
        return Verdict(health=Health.HEALTHY, summary=text, evidence=_shown(agent))
    if heard:
        text = f"{plan.target} was heard after its recovery and is {agent.state[:20]}."
    else:
        text = f"{plan.target} is said to be {agent.state[:20]} and was not heard since its recovery."
    return Verdict(health=Health.WAITING, summary=text, evidence=_shown(agent))


def _state(agent: Agent) -> dict[str, Json]:
    return {"state": agent.state, "silent_restarts": agent.silent_restarts}


def _shown(agent: Agent) -> dict[str, Json]:
    shown: dict[str, Json] = agent.model_dump(mode="json")
    return shown


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
