"""A verification ends before its time when the pods of the change can't start."""

from collections.abc import Callable
from typing import Any

import pytest

from firebrigade.runbooks.actions.restart_deployment import RestartDeployment
from firebrigade.runbooks.contract import Health, Plan, Target, Verdict
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.stuck import CRASHES, unless_stuck, why_stuck
from sandbox.cluster.access import User

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
SIZES = {"statefulset": {"replicas": 3, "serviceName": "store"}, "daemonset": {}}


def pod(reason: str = "", restarts: int = 0, *, ready: bool = False, init: bool = False, going: bool = False) -> Any:
    """Return a pod as the API shows it."""
    state = {"waiting": {"reason": reason}} if reason else {"running": {}}
    key = "initContainerStatuses" if init else "containerStatuses"
    status = {
        "conditions": [{"type": "Ready", "status": str(ready)}],
        key: [{"restartCount": restarts, "state": state}],
    }
    return {"metadata": {"name": "new-1", **({"deletionTimestamp": "now"} if going else {})}, "status": status}


@pytest.mark.parametrize(
    ("pods", "stuck"),
    [
        pytest.param([], False, id="there are none yet"),
        pytest.param([{"metadata": {"name": "new-1"}}], False, id="no node has taken it on"),
        pytest.param([pod()], False, id="it runs"),
        pytest.param([pod("ContainerCreating")], False, id="it starts"),
        pytest.param([pod("ErrImagePull")], False, id="the image could not be pulled once"),
        pytest.param([pod("ImagePullBackOff")], True, id="the image can not be pulled"),
        pytest.param([pod("InvalidImageName")], True, id="there is no such name of an image"),
        pytest.param([pod("CrashLoopBackOff", CRASHES - 1)], False, id="it may come round"),
        pytest.param([pod("CrashLoopBackOff", CRASHES)], True, id="it crashes again and again"),
        pytest.param([pod("CrashLoopBackOff", CRASHES, init=True)], True, id="its init container does"),
        pytest.param([pod("CrashLoopBackOff", CRASHES), pod(ready=True)], False, id="another one is ready"),
        pytest.param([pod("ImagePullBackOff", going=True)], False, id="it is being deleted"),
        pytest.param([pod(), pod("ImagePullBackOff")], True, id="one of two that are not ready"),
    ],
)
def test_a_change_is_stuck_when_none_of_its_pods_is_ready_and_one_can_not_start(pods: list[Any], stuck: bool) -> None:
    assert bool(why_stuck(pods)) is stuck


@pytest.mark.parametrize("health", list(Health))
def test_only_a_verification_that_waits_is_ended(health: Health) -> None:
    judged = unless_stuck(Verdict(health=health, summary="Well."), [pod("ImagePullBackOff")])
    assert judged.health is (Health.FAILED if health is Health.WAITING else health)


def changed(world: Any, action: str, target: Target) -> Plan:
    plan: Plan = world.plan(action, target)
    world.actions[action].apply(plan)
    return plan


def spoil_new_pods(world: Any, name: str, known: set[str], mood: str) -> None:
    """Have the pods that are not known yet behave badly as soon as they are there."""
    for _ in range(80):
        world.cluster.advance(0.1)
        new = [one for one in world.pods(name) if one["metadata"]["uid"] not in known]
        for one in new:
            world.cluster.trouble("shop", one["metadata"]["name"], mood)
            known.add(one["metadata"]["uid"])


def known_pods(world: Any, name: str) -> set[str]:
    return {one["metadata"]["uid"] for one in world.pods(name)}


def told_within(world: Any, action: str, plan: Plan, seconds: int) -> Verdict:
    """Return the last look, which is the first that does not wait, or the one when the time is over."""
    verdict: Verdict = world.actions[action].verify(plan)
    for _ in range(seconds):
        if verdict.health is not Health.WAITING:
            break
        world.cluster.advance(1)
        verdict = world.actions[action].verify(plan)
    return verdict


@pytest.mark.parametrize("kind", ["deployment", "statefulset", "daemonset"])
@pytest.mark.parametrize(
    ("mood", "words"),
    [
        pytest.param("killed", "crashes again: CrashLoopBackOff", id="the pods crash"),
        pytest.param("no-image", "can't start: ImagePullBackOff", id="the image is gone"),
    ],
)
def test_a_restart_ends_when_its_pods_can_not_start(world: Any, kind: str, mood: str, words: str) -> None:
    target = SERVICE if kind == "deployment" else world.run(kind, **SIZES[kind])
    known = known_pods(world, target.name)
    plan = changed(world, "restart_deployment", target)
    spoil_new_pods(world, target.name, known, mood)
    verdict = told_within(world, "restart_deployment", plan, 50)
    assert (verdict.health, words in verdict.summary) == (Health.FAILED, True)


def test_a_roll_back_ends_when_the_earlier_image_is_gone(world: Any) -> None:
    world.deploy("checkout:2.0")
    world.cluster.advance(1200)
    known = known_pods(world, "checkout")
    plan = changed(world, "rollback_deployment", SERVICE)
    spoil_new_pods(world, "checkout", known, "no-image")
    verdict = told_within(world, "rollback_deployment", plan, 1)
    assert (verdict.health, "can't start: ImagePullBackOff" in verdict.summary) == (Health.FAILED, True)


def test_a_pod_s_restart_ends_when_the_new_one_crashes_as_well(world: Any) -> None:
    known, target = known_pods(world, "checkout"), world.pod()
    plan = changed(world, "restart_pod", target)
    spoil_new_pods(world, "checkout", known, "killed")
    verdict = told_within(world, "restart_pod", plan, 50)
    assert (verdict.health, "crashes again: CrashLoopBackOff" in verdict.summary) == (Health.FAILED, True)


def test_a_pod_that_crashed_before_the_change_says_nothing_about_it(world: Any) -> None:
    for index in (0, 1, 2):
        world.cluster.trouble("shop", world.pod(index).name, "killed")
    world.cluster.advance(300)
    plan = changed(world, "restart_pod", world.pod(0))
    assert told_within(world, "restart_pod", plan, 100).health is Health.WAITING


def test_a_role_of_before_that_can_not_list_pods_ends_nothing_early(
    world: Any, connected: Callable[..., KubernetesClient]
) -> None:
    plan = changed(world, "restart_deployment", SERVICE)
    world.cluster._server.users["its-token"] = User(name="poor", allow=frozenset({("get", "deployments")}))
    poor = RestartDeployment(connected("its-token"))
    assert poor.verify(plan).health is Health.WAITING
