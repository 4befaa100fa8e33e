"""Watches over HTTP, ended by the cluster's time."""

import json
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster, Pace, nodes, world
from sandbox.cluster.controllers import started
from sandbox.cluster.routes import understood
from sandbox.cluster.watches import Watch

Deploy = Callable[..., dict[str, Any]]
PODS = "/api/v1/namespaces/shop/pods"
MERGE = {"Content-Type": "application/merge-patch+json"}


@contextmanager
def watching(cluster: Cluster, path: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Watch for ten seconds of the cluster's time."""
    joined = "&" if "?" in path else "?"
    url = f"{cluster.url}{path}{joined}watch=1&timeoutSeconds=10"
    with requests.get(url, stream=True, timeout=10) as got:
        yield (json.loads(line) for line in got.iter_lines())


def test_a_watch_without_a_version_begins_with_what_is_there(cluster: Cluster, deploy: Deploy) -> None:
    deploy(replicas=2)
    with watching(cluster, PODS) as events:
        cluster.advance(10)
        assert [event["type"] for event in events] == ["ADDED", "ADDED"]


def test_a_pod_that_ends_is_modified_and_then_deleted(cluster: Cluster, deploy: Deploy) -> None:
    deploy(replicas=1)
    name = cluster.list("pods", "shop")[0]["metadata"]["name"]
    with watching(cluster, f"{PODS}?fieldSelector=metadata.name%3D{name}") as events:
        requests.delete(f"{cluster.url}{PODS}/{name}", timeout=5)
        cluster.advance(10)
        seen = list(events)
    assert [event["type"] for event in seen] == ["ADDED", "MODIFIED", "DELETED"]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in seen]
    assert versions == sorted(set(versions))


def test_an_object_that_stops_matching_is_deleted_for_the_watch(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    path = "/apis/apps/v1/namespaces/shop/deployments"
    with watching(cluster, f"{path}?labelSelector=app%3Dcheckout") as events:
        patch = {"metadata": {"labels": {"app": "other"}}}
        requests.patch(f"{cluster.url}{path}/checkout", data=json.dumps(patch), headers=MERGE, timeout=5)
        cluster.advance(10)
        assert [event["type"] for event in events] == ["ADDED", "DELETED"]


def test_a_watch_sees_only_its_own_kind_and_namespace(cluster: Cluster, deploy: Deploy) -> None:
    with watching(cluster, PODS) as events:
        cluster.create("deployments", world.deployment("other", 1), "default")
        deploy(replicas=1, wait_seconds=10)
        assert {event["object"]["metadata"]["namespace"] for event in events} == {"shop"}


def test_a_watch_that_allows_bookmarks_ends_with_one(cluster: Cluster) -> None:
    with watching(cluster, f"{PODS}?allowWatchBookmarks=true") as events:
        cluster.advance(10)
        last = list(events)[-1]
    assert (last["type"], last["object"]["kind"]) == ("BOOKMARK", "Pod")
    assert last["object"]["metadata"]["resourceVersion"].isdigit()


def test_a_version_that_is_forgotten_is_an_error_event() -> None:
    simulation = started(ManualClock().now(), Pace(), random.Random(1))
    simulation.store.history = deque(maxlen=2)
    for number in range(4):
        nodes.add(simulation, f"node-{number}", number)
    late = Watch(simulation, understood("GET", "/api/v1/nodes?watch=1&resourceVersion=1")).news()
    assert [(event["type"], event["object"]["code"], event["object"]["reason"]) for event in late] == [
        ("ERROR", 410, "Expired")
    ]
    in_time = Watch(simulation, understood("GET", "/api/v1/nodes?watch=1&resourceVersion=2")).news()
    assert [event["object"]["metadata"]["name"] for event in in_time] == ["node-2", "node-3"]


def test_a_selector_that_can_not_be_read_is_refused_before_the_watch(cluster: Cluster) -> None:
    got = requests.get(f"{cluster.url}{PODS}?watch=1&labelSelector==", timeout=5)
    assert got.status_code == 400


@pytest.mark.parametrize("many", [1, 5])
def test_several_watches_see_the_same(many: int, cluster: Cluster, deploy: Deploy) -> None:
    version = requests.get(cluster.url + PODS, timeout=5).json()["metadata"]["resourceVersion"]
    deploy(replicas=2)
    cluster.advance(5)
    seen = []
    for _ in range(many):
        with watching(cluster, f"{PODS}?resourceVersion={version}") as events:
            cluster.advance(10)
            seen.append([event["type"] for event in events])
    assert seen[0].count("ADDED") == 2
    assert all(one == seen[0] for one in seen)
