"""Clusters in virtual time, for the tests in this folder."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster, Pace, world


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster whose time stands still, with the namespace shop."""
    with Cluster(clock=ManualClock(), pace=Pace(), seed=1) as running:
        running.create("namespaces", {"metadata": {"name": "shop"}})
        yield running


@pytest.fixture
def deploy(cluster: Cluster) -> Callable[..., dict[str, Any]]:
    """Create a deployment in shop; it is available when ``wait_seconds`` have passed."""

    def create(name: str = "checkout", replicas: int = 3, wait_seconds: float = 5, **spec: Any) -> dict[str, Any]:
        manifest = world.deployment(name, replicas, image=spec.pop("image", ""))
        manifest["spec"] |= {"progressDeadlineSeconds": 8, **spec}
        made = cluster.create("deployments", manifest, "shop")
        cluster.advance(wait_seconds)
        return made

    return create


@pytest.fixture
def call(cluster: Cluster) -> Iterator[Callable[..., Answer]]:
    """Send one request to the cluster, over one connection that stays open."""
    with requests.Session() as session:

        def send(method: str, path: str, body: Any = None, content_type: str = "application/json") -> Answer:
            data = None if body is None else json.dumps(body)
            headers = {"Content-Type": content_type} if body is not None else {}
            got = session.request(method, cluster.url + path, data=data, headers=headers, timeout=10)
            is_json = got.headers["Content-Type"] == "application/json"
            return Answer(status=got.status_code, body=got.json() if is_json else got.text, headers=dict(got.headers))

        yield send
