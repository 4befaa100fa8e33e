"""Restarting: the mark that kubectl sets, every kind of workload, never in the middle, and its way back."""

from typing import Any

import pytest

from firebrigade.runbooks.contract import Health, PermanentActionError, Refusal, RefusalReason, Target

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
ACTION = "restart_deployment"
SIZES = {"statefulset": {"replicas": 3, "serviceName": "store"}, "daemonset": {}}


def uids(world: Any, name: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in world.pods(name) if "deletionTimestamp" not in pod["metadata"]}


def mark(world: Any) -> str | None:
    found = world.deployment()["spec"]["template"]["metadata"].get("annotations") or {}
    return found.get(RESTARTED_AT)


def restarted(world: Any, target: Target, step_id: str = "step-1") -> Any:
    plan = world.plan(ACTION, target, step_id)
    assert not world.actions[ACTION].apply(plan).already
    return plan


def test_the_time_of_the_restart_is_written_as_kubectl_writes_it_and_the_step_beside_it(world: Any) -> None:
    plan = restarted(world, SERVICE, "step-9")
    assert mark(world) == plan.planned_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert world.deployment()["metadata"]["annotations"]["firebrigade.dev/restart-step"] == "step-9"
    assert len(world.cluster.changes) == 1


@pytest.mark.parametrize("kind", ["deployment", "statefulset", "daemonset"])
def test_every_pod_is_another_one_when_a_restart_is_verified(world: Any, kind: str) -> None:
    target = SERVICE if kind == "deployment" else world.run(kind, **SIZES[kind])
    before = uids(world, target.name)
    plan = restarted(world, target)
    looks = [world.actions[ACTION].verify(plan).health]
    for _ in range(40):
        world.cluster.advance(0.5)
        looks.append(world.actions[ACTION].verify(plan).health)
        if looks[-1] is Health.HEALTHY:
            break
    assert looks[0] is Health.WAITING
    assert looks[-1] is Health.HEALTHY
    assert len(uids(world, target.name)) == len(before) == 3
    assert not before & uids(world, target.name)
    verdict = world.actions[ACTION].verify(plan)
    assert verdict.evidence == {"updated": 3, "available": 3, "wanted": 3}


@pytest.mark.parametrize(
    ("kind", "spec", "taken"),
    [
        pytest.param("statefulset", {"replicas": 3, "serviceName": "store"}, 1, id="a stateful set one by one"),
        pytest.param("daemonset", {}, 1, id="a daemon set one by one"),
        pytest.param(
            "daemonset", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "50%"}}}, 2, id="half of three nodes"
        ),
    ],
)
def test_a_plan_says_how_many_pods_go_at_once(world: Any, kind: str, spec: Any, taken: int) -> None:
    before = world.plan(ACTION, world.run(kind, **spec)).before
    assert (before["ready"], before["wanted"], before["takes_ready"]) == (3, 3, taken)


def _paused(world: Any) -> Target:
    world.edit({"spec": {"paused": True}})
    return SERVICE


def _scaled_to_nothing(world: Any) -> Target:
    world.edit({"spec": {"replicas": 0}})
    world.cluster.advance(60)
    return SERVICE


def _in_a_rollout(world: Any) -> Target:
    world.deploy("checkout:2.0")
    world.cluster.advance(0.3)
    return SERVICE


def _stuck(world: Any) -> Target:
    world.deploy("checkout:2.0-broken")
    world.cluster.advance(3600)
    return SERVICE


def _on_delete(world: Any) -> Target:
    return world.run("daemonset", updateStrategy={"type": "OnDelete"})  # type: ignore[no-any-return]


def _partitioned(world: Any) -> Target:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    return world.run("statefulset", replicas=3, serviceName="store", updateStrategy=strategy)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        pytest.param(_paused, "is paused", id="paused"),
        pytest.param(_scaled_to_nothing, "should have no pods", id="scaled to nothing"),
        pytest.param(_in_a_rollout, "A rollout of deployment/shop/checkout is in progress", id="in a rollout"),
        pytest.param(_stuck, "A rollout of deployment/shop/checkout is in progress", id="in a rollout that is stuck"),
        pytest.param(_on_delete, "OnDelete", id="pods that only a person replaces"),
        pytest.param(_partitioned, "partition", id="pods that are held back"),
    ],
)
def test_what_must_not_be_restarted_is_refused(world: Any, prepare: Any, words: str) -> None:
    target = prepare(world)
    before = world.changes()
    refusal = world.plan_or_refusal(ACTION, target)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.reason is RefusalReason.NOT_SAFE
    assert words in refusal.summary
    assert world.changes() == before


def test_a_deployment_that_was_paused_since_the_plan_is_left_as_it_is(world: Any) -> None:
    plan = world.plan(ACTION, SERVICE)
    world.edit({"spec": {"paused": True}})
    with pytest.raises(PermanentActionError, match="changed since"):
        world.actions[ACTION].apply(plan)
    assert mark(world) is None


def test_a_restart_that_is_complete_has_nothing_to_go_back_to(world: Any) -> None:
    plan = restarted(world, SERVICE)
    world.cluster.advance(60)
    before = world.changes()
    assert world.actions[ACTION].undo(plan) is None
    assert world.changes() == before
    assert mark(world)


def test_undoing_a_restart_that_hangs_keeps_the_pods_that_were_not_replaced(world: Any) -> None:
    before = uids(world, "checkout")
    world.cluster.set_pace(ready_after_seconds=10**6)
    plan = restarted(world, SERVICE)
    world.cluster.advance(30)
    assert len(uids(world, "checkout")) == 4
    change = world.actions[ACTION].undo(plan)
    assert change is not None
    world.cluster.advance(30)
    assert mark(world) is None
    assert uids(world, "checkout") == before


def test_a_restart_without_progress_fails_at_the_deployment_s_deadline(world: Any) -> None:
    world.cluster.set_pace(ready_after_seconds=10**6)
    plan = restarted(world, SERVICE)
    world.cluster.advance(30)
    assert world.actions[ACTION].verify(plan).health is Health.WAITING
    world.cluster.advance(60)
    verdict = world.actions[ACTION].verify(plan)
    assert verdict.health is Health.FAILED
    assert "no progress" in verdict.summary


def test_another_rollout_in_the_meantime_is_not_taken_for_the_restart(world: Any) -> None:
    plan = restarted(world, SERVICE)
    world.deploy("checkout:2.1")
    world.cluster.advance(60)
    assert world.actions[ACTION].verify(plan).health is Health.FAILED


def test_a_deployment_that_is_deleted_in_the_meantime_is_said_to_be_gone(world: Any) -> None:
    plan = restarted(world, SERVICE)
    world.kubernetes._apps.delete_namespaced_deployment("checkout", "shop", _request_timeout=5)
    assert "is gone" in world.actions[ACTION].verify(plan).summary
    assert world.actions[ACTION].undo(plan) is None
