"""Recovering an agent: only its own heartbeat counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from firebrigade.runbooks.contract import Health, Refusal, RefusalReason, Target
from firebrigade.runbooks.records import plan_hash, plan_to_json

AGENT = Target(kind="agent", namespace="", name="agent-07")


def reason(refusal: Any) -> RefusalReason:
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def test_a_healthy_agent_needs_nothing(world: Any) -> None:
    assert reason(world.plan_or_refusal("recover_agent", AGENT)) is RefusalReason.NOTHING_TO_DO


def test_the_step_s_id_is_the_idempotency_key(world: Any) -> None:
    world.supervisor.fail(AGENT.name)
    world.actions["recover_agent"].apply(world.plan("recover_agent", AGENT, "step-42"))
    assert world.supervisor.requests[-1]["idempotency_key"] == "step-42"


def test_a_supervisor_that_believes_its_own_restart_is_not_believed(world: Any) -> None:
    world.supervisor.fail(AGENT.name, deaf=True)
    plan = world.plan("recover_agent", AGENT)
    world.actions["recover_agent"].apply(plan)
    world.clock.advance(timedelta(seconds=6))
    verdict = world.actions["recover_agent"].verify(plan)
    assert verdict.evidence["state"] == "healthy"
    assert verdict.health is Health.WAITING
    assert "was not heard" in verdict.summary


def test_an_agent_that_is_said_to_be_healthy_and_is_not_heard_is_recovered_all_the_same(world: Any) -> None:
    world.supervisor.fail(AGENT.name, deaf=True)
    world.actions["recover_agent"].apply(world.plan("recover_agent", AGENT))
    world.clock.advance(timedelta(seconds=6))
    assert world.plan("recover_agent", AGENT, "step-2").before["state"] == "healthy"


def test_a_heartbeat_does_not_make_it_another_plan(world: Any) -> None:
    world.supervisor.fail(AGENT.name, deaf=True)
    first = world.plan("recover_agent", AGENT)
    heard = {**first.seen, "last_heartbeat_at": "2026-01-05T09:09:09Z"}
    assert "last_heartbeat_at" in first.seen
    assert not first.before.keys() & {"last_heartbeat_at", "recovery_requested_at"}
    assert plan_hash(plan_to_json(replace(first, seen=heard))) == plan_hash(plan_to_json(first))


def test_after_three_silent_restarts_a_person_has_to_look(world: Any) -> None:
    world.supervisor.fail(AGENT.name, deaf=True)
    for number in range(3):
        plan = world.plan("recover_agent", AGENT, f"step-{number}")
        world.actions["recover_agent"].apply(plan)
        world.clock.advance(timedelta(minutes=2))
    refusal = world.plan_or_refusal("recover_agent", AGENT, "step-3")
    assert reason(refusal) is RefusalReason.NOT_SAFE
    assert "3 times" in refusal.summary


def test_restarts_that_helped_don_t_count_against_an_agent(world: Any) -> None:
    for number in range(5):
        world.supervisor.fail(AGENT.name)
        plan = world.plan("recover_agent", AGENT, f"step-{number}")
        world.actions["recover_agent"].apply(plan)
        world.clock.advance(timedelta(minutes=2))
        assert world.actions["recover_agent"].verify(plan).health is Health.HEALTHY


def test_a_heartbeat_from_before_the_recovery_proves_nothing(world: Any) -> None:
    world.supervisor.fail(AGENT.name)
    plan = world.plan("recover_agent", AGENT)
    world.actions["recover_agent"].apply(plan)
    assert world.actions["recover_agent"].verify(plan).health is Health.WAITING


def test_an_agent_that_the_supervisor_has_forgotten_can_t_come_back(world: Any) -> None:
    world.supervisor.fail(AGENT.name)
    plan = world.plan("recover_agent", AGENT)
    world.supervisor.faults.add(404, method="GET")
    assert world.actions["recover_agent"].verify(plan).health is Health.FAILED
