"""The deployment controller in virtual time: what an operator sees while it rolls out, fails, goes back and scales."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.cluster import Cluster, rollout
from sandbox.cluster.rollout import Size

Json = dict[str, Any]
Deploy = Callable[..., Json]
Call = Callable[..., Any]
CHECKOUT = "/apis/apps/v1/namespaces/shop/deployments/checkout"
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
REVISION = "deployment.kubernetes.io/revision"


def image(name: str) -> Json:
    """Return the patch that sets the image."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": name}]}}}}


def deployment(cluster: Cluster) -> Json:
    """Return the deployment that the tests use."""
    found = cluster.get("deployments", "shop", "checkout")
    assert found is not None
    return found


def condition(thing: Json, kind: str) -> Json:
    """Return one condition, empty when it is absent."""
    return next((one for one in thing["status"].get("conditions", []) if one["type"] == kind), {})


def replica_sets(cluster: Cluster) -> dict[str, Json]:
    """Return the replica sets by revision."""
    return {one["metadata"]["annotations"][REVISION]: one for one in cluster.list("replicasets", "shop")}


def active(cluster: Cluster) -> list[Json]:
    """Return the pods that do not end."""
    return [pod for pod in cluster.list("pods", "shop") if "deletionTimestamp" not in pod["metadata"]]


def test_a_deployment_is_available_only_when_its_pods_are_ready(cluster: Cluster, deploy: Deploy) -> None:
    deploy(wait_seconds=0.6)
    assert condition(deployment(cluster), "Available")["status"] == "False"
    cluster.advance(0.2)
    assert condition(deployment(cluster), "Available")["reason"] == "MinimumReplicasAvailable"
    assert condition(deployment(cluster), "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_a_rolling_update_never_has_too_few_or_too_many_pods(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=4)
    call("PATCH", CHECKOUT, image("checkout:2.0"), STRATEGIC)
    for _ in range(60):
        status = deployment(cluster)["status"]
        assert status["availableReplicas"] >= 3
        assert status["replicas"] <= 5
        cluster.advance(0.1)
    assert deployment(cluster)["status"]["updatedReplicas"] == 4
    assert {pod["spec"]["containers"][0]["image"] for pod in cluster.list("pods", "shop")} == {"checkout:2.0"}


def test_a_broken_image_is_late_after_its_deadline_while_the_old_pods_serve(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    call("PATCH", CHECKOUT, image("checkout:2.0-broken"), STRATEGIC)
    cluster.advance(8)
    assert condition(deployment(cluster), "Progressing")["reason"] == "ReplicaSetUpdated"
    cluster.advance(3)
    late = deployment(cluster)
    assert condition(late, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert condition(late, "Available")["status"] == "True"
    assert late["status"]["availableReplicas"] == 3


def test_the_template_of_before_makes_its_replica_set_the_newest_revision(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    good = replica_sets(cluster)["1"]
    call("PATCH", CHECKOUT, image("checkout:2.0-broken"), STRATEGIC)
    cluster.advance(12)
    call("PATCH", CHECKOUT, image("checkout:1.0"), STRATEGIC)
    cluster.advance(5)
    after = replica_sets(cluster)
    assert sorted(after) == ["2", "3"]
    assert after["3"]["metadata"]["uid"] == good["metadata"]["uid"]
    assert after["3"]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert deployment(cluster)["metadata"]["annotations"][REVISION] == "3"
    assert condition(deployment(cluster), "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert len(active(cluster)) == 3


def test_a_roll_back_restarts_no_pod_that_served_all_the_time(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    before = {pod["metadata"]["uid"] for pod in active(cluster)}
    call("PATCH", CHECKOUT, image("checkout:2.0-broken"), STRATEGIC)
    cluster.advance(12)
    call("PATCH", CHECKOUT, image("checkout:1.0"), STRATEGIC)
    cluster.advance(5)
    assert {pod["metadata"]["uid"] for pod in active(cluster)} == before


def test_the_same_restart_annotation_again_makes_no_new_revision(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    annotation = {"spec": {"template": {"metadata": {"annotations": {"restartedAt": "run-1"}}}}}
    call("PATCH", CHECKOUT, annotation, STRATEGIC)
    cluster.advance(10)
    generation = deployment(cluster)["metadata"]["generation"]
    pods = {pod["metadata"]["uid"] for pod in active(cluster)}
    call("PATCH", CHECKOUT, annotation, STRATEGIC)
    cluster.advance(10)
    assert deployment(cluster)["metadata"]["generation"] == generation
    assert sorted(replica_sets(cluster)) == ["1", "2"]
    assert {pod["metadata"]["uid"] for pod in active(cluster)} == pods
    assert [request.effect for request in cluster.requests] == ["changed", "none"]


def test_scaling_in_the_middle_of_a_rollout_is_shared_by_both_revisions(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy(replicas=10)
    call("PATCH", CHECKOUT, image("checkout:2.0-broken"), STRATEGIC)
    cluster.advance(2)
    before = {number: one["spec"]["replicas"] for number, one in replica_sets(cluster).items()}
    call("PATCH", f"{CHECKOUT}/scale", {"spec": {"replicas": 20}}, MERGE)
    after = {number: one["spec"]["replicas"] for number, one in replica_sets(cluster).items()}
    assert sum(before.values()) == 13  # 10 and a surge of a quarter
    assert sum(after.values()) == 25
    assert all(after[number] > before[number] for number in before)


def test_a_paused_deployment_scales_but_does_not_roll(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    call("PATCH", CHECKOUT, {"spec": {"paused": True}}, MERGE)
    assert condition(deployment(cluster), "Progressing")["reason"] == "DeploymentPaused"
    call("PATCH", CHECKOUT, image("checkout:2.0"), STRATEGIC)
    call("PATCH", f"{CHECKOUT}/scale", {"spec": {"replicas": 4}}, MERGE)
    cluster.advance(5)
    assert sorted(replica_sets(cluster)) == ["1"]
    assert len(active(cluster)) == 4
    call("PATCH", CHECKOUT, {"spec": {"paused": False}}, MERGE)
    cluster.advance(10)
    assert {pod["spec"]["containers"][0]["image"] for pod in active(cluster)} == {"checkout:2.0"}


def test_recreate_ends_every_old_pod_before_the_first_new_one(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(strategy={"type": "Recreate"})
    call("PATCH", CHECKOUT, image("checkout:2.0"), STRATEGIC)
    for _ in range(30):
        assert len({pod["spec"]["containers"][0]["image"] for pod in cluster.list("pods", "shop")}) <= 1
        cluster.advance(0.1)
    assert deployment(cluster)["status"]["availableReplicas"] == 3


def test_min_ready_seconds_delays_availability(cluster: Cluster, deploy: Deploy) -> None:
    deploy(minReadySeconds=4, wait_seconds=3)
    status = deployment(cluster)["status"]
    assert (status["readyReplicas"], status.get("availableReplicas", 0)) == (3, 0)
    cluster.advance(3)
    assert deployment(cluster)["status"]["availableReplicas"] == 3


def test_old_revisions_beyond_the_limit_are_forgotten(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(revisionHistoryLimit=1)
    for number in (2, 3, 4):
        call("PATCH", CHECKOUT, image(f"checkout:{number}.0"), STRATEGIC)
        cluster.advance(10)
    assert sorted(replica_sets(cluster)) == ["3", "4"]


def test_what_a_deleted_deployment_owned_is_collected(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    gone = call("DELETE", CHECKOUT)
    assert (gone.status, gone.body["status"], gone.body["details"]["name"]) == (200, "Success", "checkout")
    cluster.advance(2)
    assert cluster.list("replicasets", "shop") == cluster.list("pods", "shop") == []


def test_an_orphaning_delete_leaves_the_pods(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    call("DELETE", CHECKOUT, {"propagationPolicy": "Orphan"})
    cluster.advance(2)
    assert len(active(cluster)) == 3


@pytest.mark.parametrize(
    ("kind", "reason"), [("Deployment", "ScalingReplicaSet"), ("ReplicaSet", "SuccessfulCreate"), ("Pod", "Started")]
)
def test_events_tell_what_the_controllers_did(cluster: Cluster, deploy: Deploy, kind: str, reason: str) -> None:
    deploy()
    told = {(event["involvedObject"]["kind"], event["reason"]) for event in cluster.list("events", "shop")}
    assert (kind, reason) in told


def test_events_are_forgotten_after_an_hour(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    assert cluster.list("events", "shop")
    cluster.advance(3600)
    assert cluster.list("events", "shop") == []


SHARES = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda percent: f"{percent}%"))


@settings(deadline=None)
@given(
    replicas=st.integers(0, 40),
    surge=SHARES,
    unavailable=SHARES,
    old=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4),
    new=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_a_step_of_a_rollout_keeps_to_its_limits(
    replicas: int, surge: int | str, unavailable: int | str, old: list[tuple[int, int]], new: tuple[int, int]
) -> None:
    strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    extra, missing = rollout.limits({"replicas": replicas, "strategy": strategy})
    assert extra + missing > 0
    before = [Size(wanted=wanted, available=min(wanted, available)) for wanted, available in old]
    now = Size(wanted=min(new[0], replicas), available=min(*new, replicas))
    grown = rollout.grown(replicas, extra, now, before)
    assert now.wanted <= grown <= replicas
    total = sum(size.wanted for size in before) + now.wanted
    assert grown == now.wanted or sum(size.wanted for size in before) + grown <= replicas + extra
    kept = rollout.shrunk(replicas, missing, now, before)
    assert all(0 <= left <= size.wanted for left, size in zip(kept, before, strict=True))
    available = now.available + sum(size.available for size in before)
    serving = now.available + sum(min(left, size.available) for left, size in zip(kept, before, strict=True))
    assert serving >= min(available, replicas - missing)
    assert sum(kept) + now.wanted <= total


@settings(deadline=None)
@given(
    replicas=st.integers(0, 60), surge=st.integers(0, 10), wanted=st.lists(st.integers(1, 30), min_size=2, max_size=4)
)
def test_a_scaling_in_a_rollout_gives_every_replica_to_somebody(replicas: int, surge: int, wanted: list[int]) -> None:
    sizes = rollout.proportional(replicas, surge, sorted(wanted, reverse=True))
    assert sum(sizes) == (replicas + surge if replicas else 0)
    assert all(size >= 0 for size in sizes)
