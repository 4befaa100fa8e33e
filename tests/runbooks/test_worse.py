"""Worse than before: fewer pods are ready than the change was expected to leave, or a value that must not rise rose."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from firebrigade.runbooks.contract import Health, Json, Plan, RunbookStep, Target, Verdict
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.prometheus import QueryResult, Sample
from firebrigade.runbooks.worse import unless_risen, unless_worse

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


def values(**pods: float) -> QueryResult:
    return QueryResult(samples=tuple(Sample(labels={"pod": pod}, value=value) for pod, value in pods.items()))


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        pytest.param(values(a=0.25), values(a=0.5), False, id="risen by what is allowed"),
        pytest.param(values(a=0.25), values(a=0.75), True, id="risen by more"),
        pytest.param(values(a=0.75), values(a=0.25), False, id="fallen"),
        pytest.param(values(a=0.75, b=0.25), values(a=0.25, b=0.75), True, id="one of two has risen"),
        pytest.param(values(a=0.25, b=0), values(b=0.25, a=0.5), False, id="each is compared with itself"),
        pytest.param(values(), values(a=1), False, id="nothing is known of before"),
        pytest.param(values(a=0), values(), False, id="nothing is known of now"),
        pytest.param(values(a=math.nan), values(a=1), False, id="no number before"),
        pytest.param(values(a=0), values(a=math.nan), False, id="no number now"),
        pytest.param(values(a=0), values(a=math.inf), True, id="infinite"),
    ],
)
def test_a_value_that_rises_by_more_than_it_may_is_worse(before: QueryResult, now: QueryResult, worse: bool) -> None:
    waiting = Verdict(health=Health.WAITING, summary="1 of 3.", evidence={"updated": 1})
    judged = unless_risen(waiting, before, now, by=0.25)
    assert judged == waiting if not worse else judged.health is Health.WORSE


def test_the_value_of_before_and_of_now_are_evidence() -> None:
    waiting = Verdict(health=Health.WAITING, summary="1 of 3.", evidence={"updated": 1})
    judged = unless_risen(waiting, values(a=0.25, b=0.25), values(a=0.75, b=1), by=0.25)
    assert judged.summary == "It is worse than before: what must not rise is 1, it was 0.25. 1 of 3."
    assert judged.evidence == {"updated": 1, "value": "1", "value_before": "0.25", "may_rise_by": 0.25}


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
    made = executor.plan(step, {}, "step-1", world.clock.now())
    assert isinstance(made, Plan), made
    executor.apply(made)
    assert executor.verify(made, step, {}).health is not Health.WORSE
    for pod in world.pods():
        world.cluster.trouble("shop", pod["metadata"]["name"])
    assert executor.verify(made, step, {}).health is health
