"""The life of pods in virtual time: replaced, refused, killed, stuck, evicted, and moved away from a cordoned node."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.cluster import Cluster, Pace

Json = dict[str, Any]
Deploy = Callable[..., Json]
Call = Callable[..., Any]
PODS = "/api/v1/namespaces/shop/pods"


def pods(cluster: Cluster) -> list[Json]:
    """Return the pods in shop."""
    return cluster.list("pods", "shop")


def is_ready(pod: Json) -> bool:
    """Say whether the condition Ready is true."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def path(pod: Json) -> str:
    """Return where a pod is served."""
    return f"{PODS}/{pod['metadata']['name']}"


def test_a_deleted_pod_is_replaced_at_once_and_gone_a_little_later(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    first = pods(cluster)[0]
    answer = call("DELETE", path(first))
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 30
    assert len(pods(cluster)) == 4
    cluster.advance(2)
    names = [pod["metadata"]["name"] for pod in pods(cluster)]
    assert len(names) == 3
    assert first["metadata"]["name"] not in names
    assert all(map(is_ready, pods(cluster)))


def test_deleting_a_pod_twice_has_one_effect(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    first = pods(cluster)[0]
    assert [call("DELETE", path(first)).status for _ in range(2)] == [200, 200]
    cluster.advance(2)
    assert call("DELETE", path(first)).status == 404
    assert [request.effect for request in cluster.requests] == ["deleted", "none", "none"]
    assert len(cluster.changes) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("uid", "00000000-0000-0000-0000-000000000000"), ("resourceVersion", "1")],
    ids=["another pod of the same name", "another version"],
)
def test_a_precondition_that_does_not_hold_saves_the_pod(
    key: str, value: str, cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    answer = call("DELETE", path(pods(cluster)[0]), {"preconditions": {key: value}})
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    assert value in answer.body["message"]
    assert not any("deletionTimestamp" in pod["metadata"] for pod in pods(cluster))


def test_preconditions_that_hold_delete_the_pod(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    metadata = pods(cluster)[0]["metadata"]
    asked = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    assert call("DELETE", path(pods(cluster)[0]), {"preconditions": asked}).status == 200


@pytest.mark.parametrize("in_query", [True, False], ids=["in the query", "in the body"])
def test_no_grace_period_removes_a_pod_at_once(in_query: bool, cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    first = pods(cluster)[0]
    where = path(first) + ("?gracePeriodSeconds=0" if in_query else "")
    call("DELETE", where, None if in_query else {"gracePeriodSeconds": 0})
    assert first["metadata"]["name"] not in [pod["metadata"]["name"] for pod in pods(cluster)]


def test_a_pod_that_does_not_stop_is_removed_when_its_grace_period_is_over(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy(replicas=1)
    cluster.set_pace(stops_after_seconds=1000)
    first = pods(cluster)[0]
    call("DELETE", path(first))
    cluster.advance(29)
    assert call("GET", path(first)).status == 200
    cluster.advance(1)
    assert call("GET", path(first)).status == 404


def test_a_dry_run_deletes_nothing(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    assert call("DELETE", f"{path(pods(cluster)[0])}?dryRun=All").status == 200
    assert call("DELETE", path(pods(cluster)[0]), {"dryRun": ["All"]}).status == 200
    assert not any("deletionTimestamp" in pod["metadata"] for pod in pods(cluster))
    assert cluster.changes == ()


def test_an_oom_image_is_killed_again_and_again_with_longer_waits(cluster: Cluster, deploy: Deploy) -> None:
    deploy(replicas=1, image="hungry:oom", wait_seconds=0)
    seen = []
    for _ in range(80):
        cluster.advance(1)
        status = pods(cluster)[0]["status"]["containerStatuses"][0]
        assert status["restartCount"] == 0 or status["lastState"]["terminated"]["reason"] == "OOMKilled"
        seen.append(status["restartCount"])
    assert seen[0] == 1
    jumps = [seen.index(count) for count in range(2, seen[-1] + 1)]
    assert jumps[1] - jumps[0] > jumps[0]  # 10 seconds, then 20, then 40


def test_an_image_that_can_not_be_pulled_waits(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=1, image="nopull:1")
    pod = pods(cluster)[0]
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
    log = call("GET", f"{path(pod)}/log")
    assert (log.status, log.body["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize("mood", ["never-ready", "killed"])
def test_a_sick_pod_is_unready_until_it_is_replaced(mood: str, cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=2)
    sick = pods(cluster)[0]["metadata"]["name"]
    cluster.trouble("shop", sick, mood)
    cluster.advance(60)
    assert {pod["metadata"]["name"]: is_ready(pod) for pod in pods(cluster)}[sick] is False
    call("DELETE", f"{PODS}/{sick}")
    cluster.advance(3)
    assert [is_ready(pod) for pod in pods(cluster)] == [True, True]


def test_a_healed_pod_is_ready_again(cluster: Cluster, deploy: Deploy) -> None:
    deploy(replicas=1)
    name = pods(cluster)[0]["metadata"]["name"]
    cluster.trouble("shop", name)
    cluster.advance(5)
    cluster.trouble("shop", name, "serves")
    cluster.advance(5)
    assert is_ready(pods(cluster)[0])


def test_trouble_for_no_pod_is_a_lookup_error(cluster: Cluster) -> None:
    with pytest.raises(LookupError, match="no pod shop/nobody"):
        cluster.trouble("shop", "nobody")


def test_a_cordoned_node_takes_no_new_pods(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    for name in ("node-1", "node-2"):
        call("PATCH", f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}}, "application/merge-patch+json")
    deploy(replicas=4)
    assert {pod["spec"]["nodeName"] for pod in pods(cluster)} == {"node-3"}


def test_a_pod_without_a_node_starts_when_one_is_uncordoned(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    merge = "application/merge-patch+json"
    for number in (1, 2, 3):
        call("PATCH", f"/api/v1/nodes/node-{number}", {"spec": {"unschedulable": True}}, merge)
    deploy(replicas=1)
    assert pods(cluster)[0]["status"]["conditions"][0]["reason"] == "Unschedulable"
    call("PATCH", "/api/v1/nodes/node-2", {"spec": {"unschedulable": False}}, merge)
    cluster.advance(3)
    assert is_ready(pods(cluster)[0])
    node = cluster.get("nodes", "", "node-2")
    assert node is not None
    assert "taints" not in node["spec"]


@pytest.mark.parametrize(
    ("spec", "evicted"),
    [
        ({"minAvailable": 3}, 0),
        ({"minAvailable": 2}, 1),
        ({"minAvailable": "50%"}, 1),
        ({"maxUnavailable": 1}, 1),
        ({"maxUnavailable": "100%"}, 3),
    ],
    ids=["all must stay", "one may go", "half of three must stay", "one may be missing", "all may be missing"],
)
def test_evictions_stop_where_the_budget_ends(
    spec: Json, evicted: int, cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    budget = {"metadata": {"name": "checkout"}, "spec": {"selector": {"matchLabels": {"app": "checkout"}}, **spec}}
    call("POST", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets", budget)
    body = {"apiVersion": "policy/v1", "kind": "Eviction"}
    answers = [call("POST", f"{path(pod)}/eviction", body).status for pod in pods(cluster)]
    assert answers == [201] * evicted + [429] * (3 - evicted)


def test_an_eviction_with_a_wrong_uid_is_refused(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    options = {"deleteOptions": {"preconditions": {"uid": "other"}}}
    assert call("POST", f"{path(pods(cluster)[0])}/eviction", options).status == 409
    assert cluster.changes == ()


def test_a_stateful_set_makes_its_pods_in_order_and_replaces_them_by_name(
    cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    manifest: Json = {"metadata": {"name": "store"}, "spec": {"serviceName": "store", "replicas": 2}}
    template = {"metadata": {"labels": {"app": "store"}}, "spec": {"containers": [{"name": "main", "image": "s:1"}]}}
    manifest["spec"] |= {"selector": {"matchLabels": {"app": "store"}}, "template": template}
    cluster.create("statefulsets", manifest, "shop")
    assert [pod["metadata"]["name"] for pod in pods(cluster)] == ["store-0"]
    cluster.advance(3)
    assert [pod["metadata"]["name"] for pod in pods(cluster)] == ["store-0", "store-1"]
    before = pods(cluster)[0]["metadata"]["uid"]
    call("DELETE", f"{PODS}/store-0")
    cluster.advance(3)
    assert [pod["metadata"]["name"] for pod in pods(cluster)] == ["store-0", "store-1"]
    assert pods(cluster)[0]["metadata"]["uid"] != before


def test_a_stateful_set_updates_from_its_last_pod_to_its_first(cluster: Cluster, call: Call) -> None:
    manifest: Json = {"metadata": {"name": "store"}, "spec": {"serviceName": "store", "replicas": 2}}
    template = {"metadata": {"labels": {"app": "store"}}, "spec": {"containers": [{"name": "main", "image": "s:1"}]}}
    manifest["spec"] |= {"selector": {"matchLabels": {"app": "store"}}, "template": template}
    cluster.create("statefulsets", manifest, "shop")
    cluster.advance(5)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "s:2"}]}}}}
    where = "/apis/apps/v1/namespaces/shop/statefulsets/store"
    call("PATCH", where, patch, "application/strategic-merge-patch+json")
    ending = [pod["metadata"]["name"] for pod in pods(cluster) if "deletionTimestamp" in pod["metadata"]]
    assert ending == ["store-1"]
    cluster.advance(10)
    assert [pod["spec"]["containers"][0]["image"] for pod in pods(cluster)] == ["s:2", "s:2"]


@pytest.mark.parametrize(("image", "end"), [("fix:1", "Complete"), ("fix:1-broken", "Failed")])
def test_a_job_ends_as_its_pod_does(image: str, end: str, cluster: Cluster) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}}
    cluster.create("jobs", {"metadata": {"name": "fix"}, "spec": {"backoffLimit": 1, "template": template}}, "shop")
    cluster.advance(20)
    job = cluster.get("jobs", "shop", "fix")
    assert job is not None
    assert end in [one["type"] for one in job["status"]["conditions"]]
    assert len(pods(cluster)) == (1 if end == "Complete" else 2)


def test_a_deleted_namespace_takes_everything_with_it(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    assert call("DELETE", "/api/v1/namespaces/shop").body["status"]["phase"] == "Terminating"
    cluster.advance(5)
    assert call("GET", "/api/v1/namespaces/shop").status == 404
    assert pods(cluster) == cluster.list("deployments", "shop") == cluster.list("events", "shop") == []


def test_time_passes_by_itself_without_a_clock() -> None:
    pace = Pace(starts_after_seconds=0.01, ready_after_seconds=0.01)
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "main", "image": "a:1"}]}}
    manifest = {"metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template}}
    with Cluster(pace=pace) as cluster:
        cluster.create("deployments", manifest, "default")
        query = "watch=1&timeoutSeconds=20&fieldSelector=metadata.namespace=default"
        with requests.get(f"{cluster.url}/apis/apps/v1/deployments?{query}", stream=True, timeout=20) as watch:
            assert any(b'"availableReplicas": 1' in line for line in watch.iter_lines())


def test_scaling_down_ends_the_pods_that_do_not_serve_first(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=4)
    sick = pods(cluster)[2]["metadata"]["name"]
    cluster.trouble("shop", sick)
    scale = "/apis/apps/v1/namespaces/shop/deployments/checkout/scale"
    call("PATCH", scale, {"spec": {"replicas": 3}}, "application/merge-patch+json")
    assert [pod["metadata"]["name"] for pod in pods(cluster) if "deletionTimestamp" in pod["metadata"]] == [sick]
