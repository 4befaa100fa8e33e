"""Tokens and rules: who gets in, and what a role without a right is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from kubernetes import client, config

from firebrigade.responder.clock import ManualClock
from sandbox.cluster import Cluster, User

READER = User(name="reader", allow=frozenset({("get", "pods"), ("list", "pods"), ("create", "pods/eviction")}))
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
def guarded() -> Iterator[Cluster]:
    """A cluster that asks for a token."""
    with Cluster(clock=ManualClock(), token="root", users={"read": READER}) as running:
        yield running


def ask(cluster: Cluster, method: str, path: str, token: str = "") -> requests.Response:
    """Send a request with a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, cluster.url + path, headers=headers, timeout=5)


@pytest.mark.parametrize(
    ("token", "status"),
    [("", 401), ("wrong", 401), ("read", 200), ("root", 200)],
    ids=["none", "wrong", "role", "admin"],
)
def test_a_token_lets_in(token: str, status: int, guarded: Cluster) -> None:
    assert ask(guarded, "GET", PODS, token).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("DELETE", f"{PODS}/a", 'pods "a" is forbidden: User "reader" cannot delete resource "pods" in API group ""'),
        ("GET", f"{PODS}?watch=1", 'pods is forbidden: User "reader" cannot watch resource "pods"'),
        ("GET", f"{PODS}/a/log", 'cannot get resource "pods/log"'),
        ("GET", "/api/v1/nodes", 'cannot list resource "nodes" in API group "" at the cluster scope'),
        ("GET", "/apis/apps/v1/deployments", 'deployments.apps is forbidden: User "reader" cannot list'),
    ],
)
def test_a_right_that_is_missing_is_named(method: str, path: str, told: str, guarded: Cluster) -> None:
    answer = ask(guarded, method, path, "read")
    assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
    assert told in answer.json()["message"]


def test_a_right_to_a_subresource_is_one_of_its_own(guarded: Cluster) -> None:
    assert ask(guarded, "POST", f"{PODS}/a/eviction", "read").status_code == 404


def test_what_was_forbidden_is_in_the_journal_with_its_user(guarded: Cluster) -> None:
    ask(guarded, "DELETE", f"{PODS}/a", "read")
    assert [(one.user, one.code, one.effect) for one in guarded.requests] == [("reader", 403, "none")]


def test_the_official_client_uses_the_kubeconfigs_token(guarded: Cluster, tmp_path: Path) -> None:
    path = guarded.kubeconfig(tmp_path / "config", token="read")
    assert path.stat().st_mode & 0o077 == 0
    with config.new_client_from_config(str(path)) as api:  # type: ignore[no-untyped-call]
        assert client.CoreV1Api(api).list_namespaced_pod("default", _request_timeout=5).items == []
        with pytest.raises(client.exceptions.ForbiddenException):
            client.CoreV1Api(api).list_node(_request_timeout=5)


@pytest.mark.parametrize(("verb", "subresource", "allowed"), [("create", "eviction", True), ("delete", "", False)])
def test_a_review_of_access_says_what_a_request_would_be_told(
    verb: str, subresource: str, allowed: bool, guarded: Cluster
) -> None:
    attributes = {"verb": verb, "resource": "pods", "subresource": subresource, "namespace": "default"}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    body = json.dumps({"spec": {"resourceAttributes": attributes}})
    headers = {"Authorization": "Bearer read"}
    answer = requests.post(guarded.url + path, data=body, headers=headers, timeout=5)
    assert answer.json()["status"]["allowed"] is allowed
