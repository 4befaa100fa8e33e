"""What was done before, and is being done: lock, cooldown, flapping, runs per hour."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.contract import PastStep, Plan, RefusalReason, Target
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.guards.history import Cooldown, Flapping, Lock, RunsPerHour, StepsAtOnce, same_thing

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OTHER = Target(kind="deployment", namespace="other", name="checkout")
AGENT = Target(kind="agent", namespace="", name="checkout")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({"ago": 9 * MINUTE + timedelta(seconds=59)}, RefusalReason.COOLDOWN, id="just within"),
        pytest.param({"ago": 10 * MINUTE}, None, id="just over"),
        pytest.param({"ago": -MINUTE}, RefusalReason.COOLDOWN, id="by a clock that is ahead"),
        pytest.param({"action": "rollback_deployment"}, None, id="another action"),
        pytest.param({"step_id": "step-1"}, None, id="the step itself, after a crash"),
        pytest.param({"target": OTHER}, None, id="another target"),
        pytest.param({"verified": True}, RefusalReason.COOLDOWN, id="it seemed to help"),
    ],
)
def test_the_cooldown_holds_for_the_same_action_on_the_same_target(
    plan: Any, past: Any, asked: Any, changes: dict[str, Any], wanted: RefusalReason | None
) -> None:
    assert asked(plan(), past(**{"ago": timedelta(), **changes}), cooldown=10 * MINUTE) is wanted


def test_the_cooldown_says_how_long_ago_and_for_how_long(plan: Any, past: Any) -> None:
    refusal = Cooldown(cooldown=15 * MINUTE).allow(plan(), [past(4 * MINUTE), past(9 * MINUTE)], NOW)
    assert refusal is not None
    assert "deployment/shop/checkout 4m ago" in refusal.summary
    assert "15m" in refusal.summary


@settings(deadline=None)
@given(st.lists(st.integers(0, 7200), max_size=8), st.integers(0, 3600))
def test_the_same_is_never_done_twice_within_the_cooldown(
    plan: Any, past: Any, ages: list[int], cooldown_seconds: int
) -> None:
    guard = Cooldown(cooldown=timedelta(seconds=cooldown_seconds))
    refusal = guard.allow(plan(), [past(timedelta(seconds=age)) for age in ages], NOW)
    assert (refusal is not None) == any(age < cooldown_seconds for age in ages)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({}, RefusalReason.LOCKED, id="under way"),
        pytest.param({"ago": 30 * HOUR}, RefusalReason.LOCKED, id="under way for longer than the guards look back"),
        pytest.param({"action": "rollback_deployment"}, RefusalReason.LOCKED, id="another action under way"),
        pytest.param({"finished_at": NOW}, None, id="finished"),
        pytest.param({"step_id": "step-1"}, None, id="the step itself, after a crash"),
        pytest.param({"target": OTHER}, None, id="under way on a workload of that name elsewhere"),
        pytest.param({"target": AGENT}, RefusalReason.LOCKED, id="the agent that runs in it is being recovered"),
    ],
)
def test_nothing_is_done_to_what_another_step_is_at_work_on(
    plan: Any, past: Any, asked: Any, changes: dict[str, Any], wanted: RefusalReason | None
) -> None:
    assert asked(plan(), past(**{"ago": MINUTE, "finished_at": None, **changes})) is wanted


def test_the_lock_names_the_other_incident(plan: Any, past: Any) -> None:
    refusal = Lock().allow(plan(), [past(MINUTE, finished_at=None)], NOW)
    assert refusal is not None
    assert refusal.summary == "restart_pod of incident 7 is still under way on deployment/shop/checkout."


@pytest.mark.parametrize(
    ("others", "changes", "wanted"),
    [
        pytest.param(2, {}, RefusalReason.TOO_MANY_AT_ONCE, id="as many as may be"),
        pytest.param(1, {}, None, id="one less"),
        pytest.param(9, {"finished_at": NOW}, None, id="they are over"),
        pytest.param(9, {"parked": True}, None, id="maintenance holds them back"),
        pytest.param(9, {"step_id": "step-1"}, None, id="the step itself, after a crash"),
    ],
)
def test_no_more_steps_are_under_way_than_may_be(
    plan: Any, past: Any, asked: Any, others: int, changes: dict[str, Any], wanted: RefusalReason | None
) -> None:
    elsewhere = [replace(OTHER, name=f"service-{number}") for number in range(others)]
    history = [past(MINUTE, one, **{"finished_at": None, **changes}) for one in elsewhere]
    assert asked(plan(), *history, steps_at_once=2) is wanted


def test_what_maintenance_holds_back_keeps_its_target(plan: Any, past: Any, asked: Any) -> None:
    assert asked(plan(), past(MINUTE, finished_at=None, parked=True)) is RefusalReason.LOCKED


def test_who_has_to_wait_is_told_how_many_are_under_way(plan: Any, past: Any) -> None:
    refusal = StepsAtOnce(most=1).allow(plan(), [past(MINUTE, OTHER, finished_at=None)], NOW)
    assert refusal is not None
    assert refusal.summary == "Other steps are under way, 1 of the 1 that may be at once."


def repairs(past: Any, *ages: timedelta, **changes: Any) -> list[PastStep]:
    return [past(age, step_id=f"old-{n}", **{"verified": True, **changes}) for n, age in enumerate(ages)]


@pytest.mark.parametrize(
    ("ages", "changes", "wanted"),
    [
        pytest.param((2, 9, 23), {}, RefusalReason.FLAPPING, id="three times in a day"),
        pytest.param((2, 9), {}, None, id="twice in a day"),
        pytest.param((2, 9, 24), {}, None, id="the first of three a day ago"),
        pytest.param((2, 9, 23), {"verified": False}, None, id="three attempts that did not help"),
        pytest.param((2, 9, 23), {"target": OTHER}, None, id="another target"),
        pytest.param((2, 9, 23), {"action": "scale_deployment"}, RefusalReason.FLAPPING, id="by other actions"),
        pytest.param((2, 9, 23), {"target": AGENT}, RefusalReason.FLAPPING, id="as the agent that runs in it"),
    ],
)
def test_what_was_repaired_three_times_in_a_day_is_left_to_people(
    plan: Any, past: Any, asked: Any, ages: tuple[int, ...], changes: dict[str, Any], wanted: RefusalReason | None
) -> None:
    assert asked(plan(), *repairs(past, *(age * HOUR for age in ages), **changes)) is wanted


def test_flapping_says_how_often_it_was_repaired(plan: Any, past: Any) -> None:
    refusal = Flapping(repairs_per_day=2).allow(plan(), repairs(past, HOUR, 2 * HOUR, 3 * HOUR), NOW)
    assert refusal is not None
    assert "deployment/shop/checkout was repaired 3 times within 24 hours" in refusal.summary


@pytest.mark.parametrize(
    ("same", "others", "wanted"),
    [
        pytest.param((59, 40), (), RefusalReason.TOO_MANY_RUNS, id="the target's runs are used up"),
        pytest.param((60, 40), (), None, id="the first was an hour ago"),
        pytest.param((59,), (10, 20), None, id="others' runs are not the target's"),
        pytest.param((59,), (10, 20, 59), RefusalReason.TOO_MANY_RUNS, id="the fleet's runs are used up"),
        pytest.param((59,), (10, 20, 60), None, id="one of the fleet's was an hour ago"),
    ],
)
def test_runs_per_hour_are_counted_for_the_target_and_for_all(
    plan: Any, past: Any, asked: Any, same: Sequence[int], others: Sequence[int], wanted: RefusalReason | None
) -> None:
    history = [past(age * MINUTE, step_id=f"same-{age}") for age in same]
    history += [past(age * MINUTE, OTHER, step_id=f"other-{age}") for age in others]
    assert asked(plan(), *history, runs_per_hour_per_target=2, runs_per_hour=4) is wanted


def test_too_many_runs_says_whose(plan: Any, past: Any) -> None:
    guard, one, two = RunsPerHour(on_one_target=1, altogether=2), past(MINUTE, step_id="a"), past(HOUR / 2, OTHER)
    said = [guard.allow(plan(), [one], NOW), guard.allow(plan(), [two, past(MINUTE, OTHER, step_id="b")], NOW)]
    assert [refusal.summary for refusal in said if refusal] == [
        "deployment/shop/checkout was acted on once within an hour; 1 are allowed.",
        "2 steps were applied within an hour; 2 are allowed altogether.",
    ]


def test_an_agent_meets_the_workload_of_its_name_and_another_agent_does_not(plan: Any) -> None:
    target = plan().target
    assert same_thing(target, AGENT)
    assert same_thing(AGENT, target)
    assert not same_thing(AGENT, Target(kind="agent", namespace="", name="agent-08"))
    assert not same_thing(target, Target(kind="statefulset", namespace="shop", name="checkout"))


NODES = [Target(kind="node", namespace="", name=name) for name in ("worker-1", "worker-2")]


def test_nodes_are_changed_one_after_the_other_because_each_counts_on_the_others(
    plan: Any, past: Any, asked: Any
) -> None:
    under_way = past(MINUTE, NODES[1], finished_at=None)
    assert asked(plan(NODES[0]), under_way, nodes=("*",)) is RefusalReason.LOCKED
    assert asked(plan(NODES[0]), past(MINUTE, NODES[1]), nodes=("*",)) is None
    assert asked(plan(), under_way, nodes=("*",)) is None


TARGETS = [Target(kind="deployment", namespace="shop", name=name) for name in ("a", "b", "c")]
MOVES = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.integers(0, 40), st.integers(1, 30), st.booleans()), max_size=60
)


@settings(deadline=None, max_examples=60)
@given(moves=MOVES, fleet=st.integers(1, 8), each=st.integers(1, 4), repairs_per_day=st.integers(1, 4))
def test_whatever_is_asked_for_no_limit_is_ever_exceeded(
    plan: Any, past: Any, moves: list[Any], fleet: int, each: int, repairs_per_day: int
) -> None:
    """Steps are asked for at random; those that are let through become the history of the next."""
    limits = GuardSettings(
        namespaces=frozenset({"shop"}),
        cooldown=timedelta(),
        runs_per_hour=fleet,
        runs_per_hour_per_target=each,
        repairs_per_day=repairs_per_day,
    )
    applied: list[PastStep] = []
    now = NOW
    for number, (target, wait_minutes, takes_minutes, helps) in enumerate(moves):
        now += wait_minutes * MINUTE
        asked_for = plan(target, step_id=f"step-{number}")
        if _let_through(limits, asked_for, applied, now):
            ends = now + takes_minutes * MINUTE
            step = past(NOW - now, target, step_id=asked_for.step_id, finished_at=ends, verified=helps)
            _assert_within(limits, step, applied)
            applied.append(step)


def _let_through(limits: GuardSettings, asked_for: Plan, applied: list[PastStep], now: datetime) -> bool:
    history = [_as_seen(step, now) for step in applied]
    return all(guard.allow(asked_for, history, now) is None for guard in guards_for(limits))


def _as_seen(step: PastStep, now: datetime) -> PastStep:
    """Return a step as its row is at a moment: its end is not known before it comes."""
    if step.finished_at is not None and step.finished_at <= now:
        return step
    return PastStep(
        step_id=step.step_id,
        action=step.action,
        target=step.target,
        applied_at=step.applied_at,
        incident_id=step.incident_id,
    )


def _assert_within(limits: GuardSettings, step: PastStep, applied: list[PastStep]) -> None:
    now = step.applied_at
    hour = [one for one in applied if now - one.applied_at < HOUR]
    same = [one for one in applied if one.target == step.target]
    ended = [one for one in same if one.finished_at is not None and one.finished_at <= now]
    assert len(hour) < limits.runs_per_hour
    assert sum(one.target == step.target for one in hour) < limits.runs_per_hour_per_target
    assert len(ended) == len(same), "two steps at once on one thing"
    assert sum(one.verified and now - one.applied_at < 24 * HOUR for one in same) < limits.repairs_per_day
