"""Restarting a pod: which one, when not, and what a disruption budget has to say."""

from typing import Any

import pytest

from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Refusal,
    RefusalReason,
    Target,
    TemporaryActionError,
)
from firebrigade.runbooks.kube_errors import DisruptionBudgetError
from sandbox.cluster import Fault

NAMESPACE = "shop"
SERVICE = Target(kind="deployment", namespace=NAMESPACE, name="checkout")
BUDGET = {
    "metadata": {"name": "checkout"},
    "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": "checkout"}}},
}
JOB = {
    "metadata": {"name": "fix"},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "fix"}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "fix:1"}]},
        }
    },
}


def evictions(world: Any) -> list[Any]:
    return [one for one in world.cluster.changes if one.resource == "pods/eviction"]


def reason(refusal: Any) -> RefusalReason:
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def test_the_plan_names_the_pod_and_counts_by_its_workload(world: Any) -> None:
    target = world.pod(1)
    world.cluster.trouble(NAMESPACE, target.name)
    plan = world.plan("restart_pod", target)
    assert plan.target == SERVICE
    assert plan.precondition == {"pod": target.name, "uid": world.pods()[1]["metadata"]["uid"]}
    assert plan.before["node"] == world.pods()[1]["spec"]["nodeName"]
    assert plan.summary == f"Evict pod {target.name}, {SERVICE} replaces it: 2 → 3 of 3 ready."


def test_of_a_deployment_the_pod_that_is_longest_not_ready_is_chosen(world: Any) -> None:
    for index in (2, 0):
        world.cluster.trouble(NAMESPACE, world.pod(index).name)
        world.cluster.advance(60)
    assert world.plan("restart_pod", SERVICE).precondition["pod"] == world.pod(2).name


def test_of_a_deployment_with_all_pods_ready_none_is_chosen(world: Any) -> None:
    assert reason(world.plan_or_refusal("restart_pod", SERVICE)) is RefusalReason.NOT_SAFE


def test_of_a_deployment_with_one_pod_that_one_is_chosen_though_it_is_ready(world: Any) -> None:
    world.edit({"spec": {"replicas": 1}})
    world.cluster.advance(60)
    assert world.plan("restart_pod", SERVICE).precondition["pod"] == world.pod().name


def test_of_a_deployment_without_pods_none_is_found(world: Any) -> None:
    world.edit({"spec": {"replicas": 0}})
    world.cluster.advance(60)
    assert reason(world.plan_or_refusal("restart_pod", SERVICE)) is RefusalReason.NOT_FOUND


def test_the_only_ready_pod_of_several_is_left_alone(world: Any) -> None:
    for index in (1, 2):
        world.cluster.trouble(NAMESPACE, world.pod(index).name)
    assert reason(world.plan_or_refusal("restart_pod", world.pod(0))) is RefusalReason.NOT_SAFE
    world.plan("restart_pod", world.pod(1))


def test_a_pod_that_terminates_needs_nothing(world: Any) -> None:
    target = world.pod()
    world.actions["restart_pod"].apply(world.plan("restart_pod", target))
    assert reason(world.plan_or_refusal("restart_pod", target)) is RefusalReason.NOTHING_TO_DO


def test_a_pod_without_a_controller_is_left_alone(world: Any) -> None:
    pod = {"metadata": {"name": "alone"}, "spec": {"containers": [{"name": "main", "image": "alone:1"}]}}
    world.cluster.create("pods", pod, NAMESPACE)
    refusal = world.plan_or_refusal("restart_pod", Target(kind="pod", namespace=NAMESPACE, name="alone"))
    assert reason(refusal) is RefusalReason.NOT_SAFE
    assert "no controller" in refusal.summary


def test_a_job_s_pod_is_left_alone(world: Any) -> None:
    world.cluster.create("jobs", JOB, NAMESPACE)
    (pod,) = [one for one in world.cluster.list("pods", NAMESPACE) if one["metadata"]["name"].startswith("fix-")]
    refusal = world.plan_or_refusal(
        "restart_pod", Target(kind="pod", namespace=NAMESPACE, name=pod["metadata"]["name"])
    )
    assert reason(refusal) is RefusalReason.NOT_SAFE


def test_a_stateful_set_s_pod_comes_back_under_its_name(world: Any) -> None:
    labels = {"app": "store"}
    spec = {"replicas": 2, "serviceName": "store", "selector": {"matchLabels": labels}}
    spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "store:1"}]}}
    world.cluster.create("statefulsets", {"metadata": {"name": "store"}, "spec": spec}, NAMESPACE)
    world.cluster.advance(60)
    plan = world.plan("restart_pod", Target(kind="pod", namespace=NAMESPACE, name="store-0"))
    assert plan.target == Target(kind="statefulset", namespace=NAMESPACE, name="store")
    action = world.actions["restart_pod"]
    action.apply(plan)
    assert action.verify(plan).health is Health.WAITING
    world.cluster.advance(60)
    assert action.verify(plan).health is Health.HEALTHY
    # The pod of that name is another one now, and stays.
    assert action.apply(plan).already
    assert len(evictions(world)) == 1


def test_a_disruption_budget_is_respected(world: Any) -> None:
    world.cluster.create("poddisruptionbudgets", BUDGET, NAMESPACE)
    plan = world.plan("restart_pod", world.pod())
    with pytest.raises(DisruptionBudgetError, match="needs 3 healthy pods and has 3"):
        world.actions["restart_pod"].apply(plan)
    assert len(world.pods()) == 3
    assert not world.cluster.changes


def test_only_a_runbook_that_says_so_goes_past_a_disruption_budget(world: Any) -> None:
    world.cluster.create("poddisruptionbudgets", BUDGET, NAMESPACE)
    plan = world.plan("restart_pod", world.pod(), delete_when_budget_refuses=True)
    assert not world.actions["restart_pod"].apply(plan).already
    assert [one.verb for one in world.cluster.changes] == ["delete"]
    assert world.actions["restart_pod"].apply(plan).already


def test_an_eviction_that_met_a_conflict_is_tried_again_while_the_pod_is_the_same(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod())
    world.cluster.add_fault(Fault(answer=409, subresource="eviction"))
    with pytest.raises(TemporaryActionError, match="409"):
        world.actions["restart_pod"].apply(plan)
    assert not world.cluster.changes
    assert not world.actions["restart_pod"].apply(plan).already
    assert len(evictions(world)) == 1


def test_a_throttled_eviction_is_not_taken_for_a_budget(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod(), delete_when_budget_refuses=True)
    world.cluster.add_fault(Fault(answer=429, subresource="eviction", retry_after=5))
    with pytest.raises(TemporaryActionError) as raised:
        world.actions["restart_pod"].apply(plan)
    assert raised.value.retry_after_seconds == 5
    assert not world.cluster.changes


def test_the_eviction_carries_the_uid(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod())
    world.actions["restart_pod"].apply(plan)
    assert plan.precondition["uid"] in evictions(world)[0].body


def test_a_pod_that_is_ready_again_is_not_the_last_one_to_be_taken(world: Any) -> None:
    pod, *others = world.pod(1), world.pod(0), world.pod(2)
    world.cluster.trouble(NAMESPACE, pod.name)
    plan = world.plan("restart_pod", pod)
    for one in others:
        world.cluster.trouble(NAMESPACE, one.name)
    world.cluster.trouble(NAMESPACE, pod.name, "serves")
    world.cluster.advance(3)
    with pytest.raises(PermanentActionError, match="it is ready now"):
        world.actions["restart_pod"].apply(plan)
    assert not world.cluster.changes


def test_a_ready_pod_is_not_taken_when_fewer_are_ready_than_planned(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod(0))
    world.cluster.trouble(NAMESPACE, world.pod(1).name)
    with pytest.raises(PermanentActionError, match="2 pods are ready now"):
        world.actions["restart_pod"].apply(plan)
    assert not world.cluster.changes


def test_the_restarted_pod_is_not_counted_while_it_still_serves(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod())
    verdict = world.actions["restart_pod"].verify(plan)
    assert verdict.health is Health.WAITING
    assert "2 of 3" in verdict.summary


def test_a_workload_that_is_gone_can_t_become_healthy(world: Any) -> None:
    plan = world.plan("restart_pod", world.pod())
    world.kubernetes._apps.delete_namespaced_deployment("checkout", NAMESPACE, _request_timeout=5)
    world.cluster.advance(60)
    assert world.actions["restart_pod"].verify(plan).health is Health.FAILED
