"""A node that is not heard of any more: its pods are not ready, nothing comes to it, and nobody ends what is on it."""

import pytest

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster
from sandbox.cluster.resources import Json
from sandbox.cluster.world import deployment


@pytest.fixture
def cluster() -> Cluster:
    """Three nodes, and a deployment with a pod on each."""
    found = Cluster(clock=ManualClock(), seed=1)
    found.create("namespaces", {"metadata": {"name": "shop"}})
    found.create("deployments", deployment("api", 3), "shop")
    found.advance(60)
    return found


def pods(cluster: Cluster) -> list[tuple[str, bool, bool]]:
    """Return each pod's node, whether it is ready, and whether it is ending."""

    def ready(pod: Json) -> bool:
        return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])

    found = cluster.list("pods", "shop")
    return sorted((one["spec"]["nodeName"], ready(one), "deletionTimestamp" in one["metadata"]) for one in found)


def test_the_pods_on_it_are_not_ready_and_nothing_replaces_them_for_five_minutes(cluster: Cluster) -> None:
    cluster.lose_node("node-2")
    cluster.advance(290)
    assert pods(cluster) == [("node-1", True, False), ("node-2", False, False), ("node-3", True, False)]


def test_after_five_minutes_they_are_evicted_and_stay_because_nobody_is_there_to_end_them(cluster: Cluster) -> None:
    cluster.lose_node("node-2")
    cluster.advance(320)
    assert [one for one in pods(cluster) if one[0] == "node-2"] == [("node-2", False, True)]
    assert sum(ready for _, ready, _ in pods(cluster)) == 3


def test_with_the_node_its_pods_are_gone(cluster: Cluster) -> None:
    cluster.lose_node("node-2")
    cluster.remove_node("node-2")
    cluster.advance(10)
    assert len(cluster.list("nodes")) == 2
    assert all(ready and node != "node-2" for node, ready, _ in pods(cluster))


def test_a_crashing_container_says_so(cluster: Cluster) -> None:
    cluster.create("deployments", deployment("job", 1, image="job:2.0-crashes"), "shop")
    cluster.advance(60)
    (pod,) = (one for one in cluster.list("pods", "shop") if one["metadata"]["labels"]["app"] == "job")
    (status,) = pod["status"]["containerStatuses"]
    assert status["lastState"]["terminated"]["reason"] == "Error"
    assert status["restartCount"] >= 2


def test_a_function_can_say_what_becomes_of_each_pod(cluster: Cluster) -> None:
    cluster.doom(lambda pod: "never-ready" if pod["spec"]["nodeName"] == "node-1" else "")
    name = next(one["metadata"]["name"] for one in cluster.list("pods", "shop") if one["spec"]["nodeName"] == "node-1")
    assert all(ready for _, ready, _ in pods(cluster))
    cluster.meet_fate("shop", name)
    assert [node for node, ready, _ in pods(cluster) if not ready] == ["node-1"]
