"""Whether a workload is again as it was before a change that was taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from firebrigade.runbooks.came_back import ComesBack, came_back
from firebrigade.runbooks.contract import Health, Json, Plan, Target, Verdict

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
SLOW = ("restart_deployment", "rollback_deployment", "scale_deployment")


def plan(**before: Json) -> Plan:
    return Plan(
        step_id="step",
        action="scale_deployment",
        target=Target(kind="deployment", namespace="shop", name="checkout"),
        params={},
        before=before,
        desired={},
        precondition={},
        summary="Scale it.",
        planned_at=datetime(2026, 1, 5, tzinfo=UTC),
    )


def deployment(*, ready: int, total: int = 3, seen: int = 2) -> Json:
    status = {"readyReplicas": ready, "updatedReplicas": 3, "replicas": total, "observedGeneration": seen}
    return {"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": status}


@pytest.mark.parametrize(
    ("before", "now", "health", "said"),
    [
        pytest.param({"ready": 3}, deployment(ready=3), Health.HEALTHY, "3 of 3 pods are ready", id="as before"),
        pytest.param({"ready": 1}, deployment(ready=1), Health.HEALTHY, "1 of 3 pods are ready", id="as ill as before"),
        pytest.param({"ready": 3}, deployment(ready=1), Health.WAITING, "only 1 of 3 pods are ready", id="fewer"),
        pytest.param({"ready": 9}, deployment(ready=3), Health.HEALTHY, "3 of 3", id="somebody wants fewer by now"),
        pytest.param({"ready": 3}, deployment(ready=3, total=4), Health.WAITING, "in a rollout", id="a pod too many"),
        pytest.param({"ready": 3}, deployment(ready=3, seen=1), Health.WAITING, "in a rollout", id="not yet seen"),
        pytest.param(
            {"ready": 2, "disturbs_rollout": True},
            deployment(ready=2, total=4),
            Health.HEALTHY,
            "2 of 3",
            id="a rollout was stuck before",
        ),
        pytest.param(
            {"ready": 2, "disturbs_rollout": False, "was_rolling_out": True},
            deployment(ready=2, total=4),
            Health.HEALTHY,
            "2 of 3",
            id="what was rolled back is rolled out again",
        ),
    ],
)
def test_a_workload_is_back_when_it_is_as_it_was(before: Json, now: Json, health: Health, said: str) -> None:
    verdict = came_back(plan(**before), now)
    assert verdict.health is health
    assert said in verdict.summary


@pytest.mark.parametrize("name", SLOW)
def test_what_was_taken_back_comes_back(world: Any, cases: Any, name: str) -> None:
    case, action = cases[name], world.actions[name]
    made = world.plan(name, case.prepare(world), **case.params)
    world.cluster.set_pace(ready_after_seconds=5)
    action.apply(made)
    world.cluster.advance(8)
    action.undo(made)
    looks: list[Verdict] = []
    while not looks or looks[-1].health is Health.WAITING:
        looks.append(action.came_back(made))
        world.cluster.advance(1)
    assert looks[-1].health is Health.HEALTHY
    assert len(looks) > 1 or name == "scale_deployment"  # a pod too many goes at once
    assert action.came_back(made).health is Health.HEALTHY


def test_a_stuck_rollout_that_was_rolled_back_is_as_before_when_it_is_stuck_again(world: Any) -> None:
    world.cluster.set_pace(ready_after_seconds=10**6)
    world.deploy("checkout:2.0")
    world.cluster.advance(1200)
    made, action = world.plan("rollback_deployment", SERVICE), world.actions["rollback_deployment"]
    assert made.before["was_rolling_out"]
    action.apply(made)
    world.cluster.advance(60)
    action.undo(made)
    world.cluster.advance(60)
    assert action.came_back(made).health is Health.HEALTHY


@pytest.mark.parametrize("name", SLOW)
def test_what_is_gone_does_not_come_back(world: Any, cases: Any, name: str) -> None:
    made = world.plan(name, cases[name].prepare(world), **cases[name].params)
    gone = replace(made, target=replace(made.target, name="gone"))
    assert world.actions[name].came_back(gone).health is Health.FAILED


def test_the_other_actions_are_back_as_soon_as_they_were_taken_back(world: Any) -> None:
    assert {name for name, action in world.actions.items() if isinstance(action, ComesBack)} == set(SLOW)
