"""Worse than before: fewer pods are ready than were, beyond the dip that the change is expected to make."""

from datetime import UTC, datetime
from typing import Any

import pytest

from firebrigade.runbooks.contract import Health, Json, Plan, RunbookStep, Target, Verdict
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.trouble import Trouble
from firebrigade.runbooks.worse import unless_worse

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")


def plan(**before: Json) -> Plan:
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    empty: dict[str, Json] = {"params": {}, "desired": {}, "precondition": {}, "summary": "", "planned_at": moment}
    return Plan(step_id="s", action="restart_deployment", target=SERVICE, before=before, **empty)


@pytest.mark.parametrize(
    ("taken", "ready", "worse"),
    [
        pytest.param(0, 3, False, id="as many as before"),
        pytest.param(0, 2, True, id="one less"),
        pytest.param(1, 2, False, id="one less, as expected"),
        pytest.param(1, 1, True, id="one less than expected"),
        pytest.param(3, 0, False, id="all of them had to go"),
        pytest.param(0, None, False, id="not known"),
    ],
)
def test_fewer_ready_pods_than_expected_are_worse(taken: int, ready: int | None, worse: bool) -> None:
    waiting = Verdict(health=Health.WAITING, summary="1 of 3.", evidence={"updated": 1}, ready=ready)
    judged = unless_worse(plan(ready=3, wanted=3, takes_ready=taken), waiting)
    assert judged.health is (Health.WORSE if worse else Health.WAITING)
    if worse:
        assert judged.evidence == {"updated": 1, "ready": ready, "ready_before": 3, "takes_ready": taken}


@pytest.mark.parametrize("health", [Health.HEALTHY, Health.FAILED])
def test_what_has_come_to_its_end_is_not_judged_again(health: Health) -> None:
    done = Verdict(health=health, summary="Done.", ready=0)
    assert unless_worse(plan(ready=3, takes_ready=0), done) == done


def test_a_plan_that_says_nothing_of_pods_can_not_be_compared() -> None:
    waiting = Verdict(health=Health.WAITING, summary="1 of 3.", ready=0)
    assert unless_worse(plan(), waiting) == waiting


@pytest.mark.parametrize(
    ("action", "params", "health"),
    [
        pytest.param("restart_deployment", {}, Health.WORSE, id="a restart"),
        pytest.param("rollback_deployment", {}, Health.WORSE, id="a roll back"),
        pytest.param("scale_deployment", {"add": -1, "maximum": 9}, Health.WORSE, id="scaling down"),
        pytest.param("scale_deployment", {"add": 2, "maximum": 9}, Health.WAITING, id="scaling up, which takes none"),
    ],
)
def test_pods_that_fall_over_after_a_change_are_noticed_on_a_cluster(
    world: Any, action: str, params: Any, health: Health
) -> None:
    world.deploy("checkout:2.0")
    world.cluster.advance(1200)
    executor = RunbookExecutor(world.actions, [], None)
    target = {"namespace": "shop", "name": "checkout", "kind": "deployment"}
    step = RunbookStep(name="Change", action=action, target=target, params=params)
    made = executor.plan(step, Trouble(), "step-1", world.clock.now())
    assert isinstance(made, Plan), made
    executor.apply(made)
    assert executor.verify(made, step, {}).health is not Health.WORSE
    for pod in world.pods():
        world.cluster.trouble("shop", pod["metadata"]["name"])
    assert executor.verify(made, step, {}).health is health
