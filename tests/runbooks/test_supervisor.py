"""The client of the agents' supervisor, and the supervisor that the sandbox plays."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from firebrigade.responder.clock import ManualClock
from firebrigade.runbooks.contract import PermanentActionError, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings, UnknownAgentError
from sandbox.supervisor import HEARTBEAT_TIMEOUT, Supervisor

AGENT = "agent-07"


class OnePod:
    """A cluster in which the agent's one ready pod has this UID."""

    def __init__(self) -> None:
        self.now_is = "uid-1"

    def uid(self, agent_id: str, now: Any) -> str:
        return self.now_is


@pytest.fixture
def client(supervisor: Supervisor) -> SupervisorClient:
    return SupervisorClient(SupervisorSettings(url=supervisor.address, timeout_seconds=0.2))


@pytest.fixture
def guarded(clock: ManualClock) -> Iterator[Supervisor]:
    with Supervisor(agent_ids=[AGENT], clock=clock, token="hunter2") as supervisor:
        yield supervisor


def test_a_healthy_agent_is_heard_all_the_time(client: SupervisorClient, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=1))
    agent = client.agent(AGENT)
    assert (agent.state, agent.last_heartbeat_at, agent.restarts) == ("healthy", clock.now(), 0)


def test_a_recovery_brings_an_agent_back_after_its_delay(
    client: SupervisorClient, supervisor: Supervisor, clock: ManualClock
) -> None:
    supervisor.fail(AGENT)
    assert client.agent(AGENT).state == "failed"
    requested = client.recover(AGENT, "step-1")
    assert (requested.state, requested.requested_at, requested.repeated) == ("recovering", clock.now(), False)
    clock.advance(timedelta(seconds=5))
    agent = client.agent(AGENT)
    assert (agent.state, agent.restarts, agent.silent_restarts) == ("healthy", 1, 0)
    assert agent.last_heartbeat_at is not None
    assert agent.last_heartbeat_at > requested.requested_at


def test_the_same_key_restarts_once_whatever_happens_in_between(
    client: SupervisorClient, supervisor: Supervisor, clock: ManualClock
) -> None:
    supervisor.fail(AGENT)
    first = client.recover(AGENT, "step-1")
    clock.advance(timedelta(minutes=1))
    supervisor.fail(AGENT)
    again = client.recover(AGENT, "step-1")
    assert (again.repeated, again.requested_at) == (True, first.requested_at)
    assert client.agent(AGENT).restarts == 1


def test_a_deaf_agent_is_believed_healthy_for_a_while_and_never_heard(
    client: SupervisorClient, supervisor: Supervisor, clock: ManualClock
) -> None:
    supervisor.fail(AGENT, deaf=True)
    silent_since = client.agent(AGENT).last_heartbeat_at
    client.recover(AGENT, "step-1")
    clock.advance(timedelta(seconds=5))
    assert client.agent(AGENT).state == "healthy"
    clock.advance(2 * HEARTBEAT_TIMEOUT)
    agent = client.agent(AGENT)
    assert (agent.state, agent.silent_restarts, agent.last_heartbeat_at) == ("failed", 1, silent_since)


def test_a_replaced_pod_is_heard_again(clock: ManualClock) -> None:
    pods = OnePod()
    with Supervisor(agent_ids=[AGENT], clock=clock, pods=pods) as supervisor:
        client = SupervisorClient(SupervisorSettings(url=supervisor.address))
        supervisor.fail(AGENT, deaf=True)
        pods.now_is = ""
        assert client.agent(AGENT).state == "failed"
        pods.now_is = "uid-2"
        assert client.agent(AGENT).state == "healthy"


def test_an_agent_can_be_let_fail_over_http(client: SupervisorClient, supervisor: Supervisor) -> None:
    url = f"{supervisor.address}/sandbox/agents/{AGENT}"
    assert requests.post(url, json={"silent": True}, timeout=5).status_code == 200
    assert client.agent(AGENT).state == "failed"
    assert requests.post(url, data="x", timeout=5).status_code == 400
    assert requests.post(url + "x", json={}, timeout=5).status_code == 404
    assert requests.get(f"{supervisor.address}/sandbox/requests", timeout=5).json()[0]["path"] == f"/agents/{AGENT}"


def test_all_agents_can_be_listed(supervisor: Supervisor) -> None:
    listed = requests.get(f"{supervisor.address}/agents", timeout=5).json()
    assert [agent["agent_id"] for agent in listed["agents"]] == [AGENT]


def test_a_recovery_without_a_key_is_refused(supervisor: Supervisor) -> None:
    answer = requests.post(f"{supervisor.address}/agents/{AGENT}/recover", timeout=5)
    assert answer.status_code == 400


def test_an_unknown_agent_is_said_to_be_unknown(client: SupervisorClient) -> None:
    with pytest.raises(UnknownAgentError, match="no such agent"):
        client.agent("agent-99")
    with pytest.raises(UnknownAgentError):
        client.recover("agent-99", "step-1")


def test_a_name_with_a_slash_is_one_segment_of_the_path(client: SupervisorClient, supervisor: Supervisor) -> None:
    with pytest.raises(UnknownAgentError):
        client.agent("../agent-07")
    assert supervisor.requests[-1]["path"] == "/agents/..%2Fagent-07"


@pytest.mark.parametrize("answer", ["hang-before", "hang-after", "drop-before", "drop-after"])
def test_a_recovery_without_an_answer_is_unknown_and_a_look_is_temporary(
    client: SupervisorClient, supervisor: Supervisor, answer: str
) -> None:
    supervisor.faults.add(answer, times=2)
    with pytest.raises(UnknownOutcomeError):
        client.recover(AGENT, "step-1")
    with pytest.raises(TemporaryActionError):
        client.agent(AGENT)
    assert client.recover(AGENT, "step-1").repeated == answer.endswith("after")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_supervisor_that_is_not_well_is_asked_again_after_what_it_asks(
    client: SupervisorClient, supervisor: Supervisor, status: int
) -> None:
    supervisor.faults.add(status, times=2, retry_after=9)
    for call in (lambda: client.agent(AGENT), lambda: client.recover(AGENT, "step-1")):
        with pytest.raises(TemporaryActionError) as raised:
            call()
        assert raised.value.retry_after_seconds == 9


@pytest.mark.parametrize("status", [302, 400, 403, 409])
def test_a_refusal_is_permanent(client: SupervisorClient, supervisor: Supervisor, status: int) -> None:
    supervisor.faults.add(status)
    with pytest.raises(PermanentActionError, match=str(status)):
        client.recover(AGENT, "step-1")


def test_nothing_was_done_where_nobody_listens(supervisor: Supervisor) -> None:
    with Supervisor(agent_ids=[AGENT]) as gone:
        client = SupervisorClient(SupervisorSettings(url=gone.address))
    with pytest.raises(TemporaryActionError, match="can't be reached"):
        client.recover(AGENT, "step-1")


def test_another_server_is_not_taken_for_a_supervisor(supervisor: Supervisor) -> None:
    client = SupervisorClient(SupervisorSettings(url=f"{supervisor.address}/sandbox/agents?"))
    with pytest.raises(TemporaryActionError, match="contract"):
        client.agent(AGENT)


def test_the_token_is_sent_and_never_shown(guarded: Supervisor) -> None:
    settings = SupervisorSettings(url=guarded.address, token=SecretStr("hunter2"))
    assert SupervisorClient(settings).agent(AGENT).state == "healthy"
    wrong = SupervisorSettings(url=guarded.address, token=SecretStr("hunter3"))
    with pytest.raises(PermanentActionError, match="token is needed") as raised:
        SupervisorClient(wrong).agent(AGENT)
    assert "hunter" not in f"{raised.value!r} {settings!r} {wrong!r}"
