"""What plans say about the pods that they take away, as a real controller leaves a workload."""

from typing import Any

import pytest

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Json, RefusalReason, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
FACTS = ("ready", "wanted", "takes_ready", "disturbs_rollout")


def facts(plan: Any) -> tuple[Json, ...]:
    return tuple(plan.before[name] for name in FACTS)


def test_restarting_a_ready_pod_takes_one_and_another_takes_none(world: Any) -> None:
    assert facts(world.plan("restart_pod", world.pod(1))) == (3, 3, 1, False)
    world.cluster.trouble("shop", world.pod(1).name)
    assert facts(world.plan("restart_pod", world.pod(1))) == (2, 3, 0, False)


def test_scaling_up_takes_none_and_scaling_down_takes_what_is_too_much(world: Any) -> None:
    assert facts(world.plan("scale_deployment", SERVICE, add=1, maximum=6)) == (3, 3, 0, False)
    assert facts(world.plan("scale_deployment", SERVICE, to=1, maximum=6)) == (3, 3, 2, False)
    world.cluster.trouble("shop", world.pod(0).name)
    assert facts(world.plan("scale_deployment", SERVICE, to=1, maximum=6)) == (2, 3, 1, False)


def test_a_rollout_is_disturbed_by_restarts_and_scaling_until_it_is_complete(world: Any) -> None:
    world.deploy("checkout:2.0")
    world.cluster.advance(1)
    assert world.plan("restart_pod", world.pod(0)).before["disturbs_rollout"]
    assert world.plan("scale_deployment", SERVICE, add=1, maximum=6).before["disturbs_rollout"]
    world.cluster.advance(300)
    assert not world.plan("restart_pod", world.pod(0)).before["disturbs_rollout"]


def test_a_rollout_that_is_stuck_is_still_in_progress_and_only_rolling_back_ends_it(world: Any) -> None:
    world.cluster.set_pace(ready_after_seconds=10**6)
    world.deploy("checkout:2.0")
    world.cluster.advance(1200)
    assert world.plan("restart_pod", world.pod(0)).before["disturbs_rollout"]
    rollback = world.plan("rollback_deployment", SERVICE)
    assert not rollback.before["disturbs_rollout"]
    assert rollback.before["takes_ready"] == 0


def test_a_pod_that_is_lost_is_no_rollout(world: Any) -> None:
    world.cluster.trouble("shop", world.pod(0).name)
    name = world.pod(1).name
    world.kubernetes._core.delete_namespaced_pod(name, "shop", _request_timeout=5)
    assert not world.plan("restart_pod", world.pod(0)).before["disturbs_rollout"]


def test_by_these_counts_the_executor_refuses_what_would_be_an_outage(world: Any) -> None:
    executor = RunbookExecutor(world.actions, guards_for(GuardSettings(namespaces=frozenset({"shop"}))), None)

    def refused(plan: Any) -> bool:
        refusal = executor.allow(plan, (), world.clock.now())
        assert refusal is None or refusal.reason is RefusalReason.BLAST_RADIUS
        return refusal is not None

    assert not refused(world.plan("restart_pod", world.pod(1)))
    assert not refused(world.plan("scale_deployment", SERVICE, to=2, maximum=6))
    assert refused(world.plan("scale_deployment", SERVICE, to=1, maximum=6))
    world.cluster.set_pace(ready_after_seconds=10**6)
    world.deploy("checkout:2.0")
    world.cluster.advance(60)
    assert refused(world.plan("restart_pod", world.pod(1)))
    assert not refused(world.plan("rollback_deployment", SERVICE))


def deployment(wanted: int, **strategy: Json) -> Json:
    return {"kind": "Deployment", "spec": {"replicas": wanted, "strategy": strategy}}


def rolling(unavailable: Json, surge: Json = "25%") -> dict[str, Json]:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}


@pytest.mark.parametrize(
    ("wanted", "ready", "strategy", "taken"),
    [
        pytest.param(3, 3, rolling("25%"), 0, id="a quarter of three, rounded down"),
        pytest.param(4, 4, rolling("25%"), 1, id="a quarter of four"),
        pytest.param(4, 3, rolling("25%"), 0, id="a quarter of four is missing already"),
        pytest.param(4, 5, rolling("25%"), 2, id="one more than wanted"),
        pytest.param(3, 3, rolling(2), 2, id="a number"),
        pytest.param(3, 3, rolling("100%"), 3, id="all at once"),
        pytest.param(3, 3, rolling(0, 0), 1, id="neither, so the controller takes one"),
        pytest.param(3, 3, rolling(0, "1%"), 0, id="a surge is rounded up"),
        pytest.param(3, 3, {"type": "Recreate"}, 3, id="recreated"),
        pytest.param(3, 0, rolling(1), 0, id="none is ready"),
        pytest.param(4, 4, {}, 1, id="no strategy is written"),
    ],
)
def test_a_rollout_takes_what_the_deployment_s_strategy_allows(
    wanted: int, ready: int, strategy: dict[str, Json], taken: int
) -> None:
    assert workloads.taken_by_rollout(deployment(wanted, **strategy), ready) == taken


def workload(kind: str, generation: int = 2, wanted: int = 3, **status: Json) -> Json:
    status = {"observedGeneration": 2, **status}
    return {"kind": kind, "metadata": {"generation": generation}, "spec": {"replicas": wanted}, "status": status}


def progressing(reason: str) -> list[Json]:
    return [{"type": "Progressing", "status": "True", "reason": reason}]


@pytest.mark.parametrize(
    ("found", "in_progress"),
    [
        pytest.param(workload("Deployment", replicas=3, updatedReplicas=3), False, id="all new"),
        pytest.param(workload("Deployment", replicas=4, updatedReplicas=3), True, id="an old one is left"),
        pytest.param(workload("Deployment", 3, replicas=3, updatedReplicas=3), True, id="not seen by the controller"),
        pytest.param(
            workload("Deployment", replicas=2, updatedReplicas=2, conditions=progressing("ReplicaSetUpdated")),
            True,
            id="new ones to come",
        ),
        pytest.param(
            workload("Deployment", replicas=2, updatedReplicas=2, conditions=progressing("NewReplicaSetAvailable")),
            False,
            id="one lost after the rollout was complete",
        ),
        pytest.param(workload("StatefulSet", currentRevision="a", updateRevision="a"), False, id="one revision"),
        pytest.param(workload("StatefulSet", currentRevision="a", updateRevision="b"), True, id="two revisions"),
        pytest.param(
            workload("DaemonSet", desiredNumberScheduled=2, updatedNumberScheduled=2), False, id="on every node"
        ),
        pytest.param(
            workload("DaemonSet", desiredNumberScheduled=2, updatedNumberScheduled=1), True, id="not yet on every node"
        ),
        pytest.param(workload("ReplicaSet", 3, replicas=1), False, id="a replica set has no rollouts"),
    ],
)
def test_a_rollout_is_seen_in_the_workload_s_status(found: Json, in_progress: bool) -> None:
    assert workloads.rolling_out(found) is in_progress
