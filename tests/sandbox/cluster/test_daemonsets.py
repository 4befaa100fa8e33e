"""Daemon sets: one pod on every node, replaced a few at a time.

https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/ says what a real one does.
"""

from typing import Any

from sandbox.cluster import Cluster

WHERE = "/apis/apps/v1/namespaces/shop/daemonsets/collector"
MERGE = "application/merge-patch+json"


def run(cluster: Cluster, **spec: Any) -> None:
    labels = {"app": "collector"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "collector:1.0"}]}}
    whole = {"selector": {"matchLabels": labels}, "template": template, **spec}
    cluster.create("daemonsets", {"metadata": {"name": "collector"}, "spec": whole}, "shop")
    cluster.advance(5)


def pods(cluster: Cluster) -> list[Any]:
    return sorted(cluster.list("pods", "shop"), key=lambda pod: str(pod["spec"]["nodeName"]))


def unready(cluster: Cluster) -> int:
    conditions = [{one["type"]: one["status"] for one in pod["status"]["conditions"]} for pod in pods(cluster)]
    ending = ["deletionTimestamp" in pod["metadata"] for pod in pods(cluster)]
    return 3 - sum(bool(one.get("Ready") == "True" and not end) for one, end in zip(conditions, ending, strict=True))


def renew(call: Any) -> None:
    call("PATCH", WHERE, {"spec": {"template": {"metadata": {"annotations": {"new": "yes"}}}}}, MERGE)


def test_every_node_takes_one_pod_and_the_status_counts_them(cluster: Cluster, call: Any) -> None:
    run(cluster)
    assert [pod["spec"]["nodeName"] for pod in pods(cluster)] == ["node-1", "node-2", "node-3"]
    assert call("GET", WHERE).body["status"] == {
        "currentNumberScheduled": 3,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 3,
        "numberReady": 3,
        "observedGeneration": 1,
        "updatedNumberScheduled": 3,
        "numberAvailable": 3,
    }
    assert call("GET", WHERE).body["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
    }


def test_a_cordoned_node_takes_its_pod_all_the_same(cluster: Cluster, call: Any) -> None:
    call("PATCH", "/api/v1/nodes/node-2", {"spec": {"unschedulable": True}}, MERGE)
    run(cluster)
    assert "node-2" in [pod["spec"]["nodeName"] for pod in pods(cluster)]


def test_a_pod_that_is_deleted_comes_back_on_its_node(cluster: Cluster, call: Any) -> None:
    run(cluster)
    lost = pods(cluster)[1]["metadata"]
    call("DELETE", f"/api/v1/namespaces/shop/pods/{lost['name']}")
    cluster.advance(5)
    assert pods(cluster)[1]["spec"]["nodeName"] == "node-2"
    assert pods(cluster)[1]["metadata"]["uid"] != lost["uid"]


def test_an_update_replaces_one_pod_after_the_other(cluster: Cluster, call: Any) -> None:
    run(cluster)
    renew(call)
    worst = 0
    for _ in range(40):
        worst = max(worst, unready(cluster))
        cluster.advance(0.25)
    assert worst == 1
    assert [pod["metadata"]["annotations"] for pod in pods(cluster)] == [{"new": "yes"}] * 3


def test_pods_of_the_strategy_on_delete_are_left_alone(cluster: Cluster, call: Any) -> None:
    run(cluster, updateStrategy={"type": "OnDelete"})
    renew(call)
    cluster.advance(60)
    assert unready(cluster) == 0
    assert "updatedNumberScheduled" not in call("GET", WHERE).body["status"]


def test_a_selector_that_does_not_fit_the_template_is_refused(cluster: Cluster, call: Any) -> None:
    run(cluster)
    answer = call("PATCH", WHERE, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, MERGE)
    assert answer.status == 422
    assert {cause["field"] for cause in answer.body["details"]["causes"]} >= {"spec.selector"}
