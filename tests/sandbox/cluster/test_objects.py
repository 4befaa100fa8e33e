"""Creating, reading, changing and listing over HTTP: what is refused and how, and what is left unchanged."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.cluster import Cluster, world

Json = dict[str, Any]
Deploy = Callable[..., Json]
Call = Callable[..., Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
CHECKOUT = f"{DEPLOYMENTS}/checkout"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def changed(**spec: Any) -> Json:
    """Return a manifest with parts of its spec changed."""
    manifest = world.deployment("checkout", 3)
    manifest["spec"] |= spec
    return manifest


@pytest.mark.parametrize(
    ("manifest", "status", "told"),
    [
        (changed(replicas=-1), 422, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (changed(replicas="three"), 400, "json: cannot unmarshal string into Go struct field"),
        (changed(selector={"matchLabels": {"app": "other"}}), 422, "`selector` does not match template `labels`"),
        (changed(selector=None), 422, "spec.selector: Required value"),
        (changed(template={"metadata": {"labels": {"app": "checkout"}}}), 422, "containers: Required value"),
        (changed(minReadySeconds=60), 422, "must be greater than minReadySeconds"),
        ({**changed(), "kind": "Pod"}, 400, "does not match the resource deployments.apps"),
        ({**changed(), "metadata": {}}, 422, "name or generateName is required"),
        ({**changed(), "metadata": {"name": "Not_A_Name"}}, 422, "a lowercase RFC 1123 subdomain"),
        ({**changed(), "metadata": {"name": "a", "namespace": "other"}}, 400, "does not match the namespace sent"),
        ({**changed(), "metadata": {"name": "a", "resourceVersion": "1"}}, 400, "resourceVersion should not be set"),
        ([], 400, "must be a JSON object"),
    ],
    ids=[
        "fewer than no replicas",
        "replicas in words",
        "a selector that misses its pods",
        "no selector",
        "no containers",
        "a deadline before it can be met",
        "another kind",
        "no name",
        "a wrong name",
        "another namespace",
        "a version before there is one",
        "no object",
    ],
)
def test_a_deployment_that_must_not_be_kept_is_refused(
    manifest: Any, status: int, told: str, cluster: Cluster, call: Call
) -> None:
    answer = call("POST", DEPLOYMENTS, manifest)
    assert (answer.status, answer.body["code"]) == (status, status)
    assert told in answer.body["message"]
    assert cluster.list("deployments") == []


def test_several_mistakes_are_told_together(call: Call) -> None:
    answer = call("POST", DEPLOYMENTS, changed(replicas=-1, template={"metadata": {"labels": {"app": "checkout"}}}))
    assert {cause["field"] for cause in answer.body["details"]["causes"]} == {
        "spec.replicas",
        "spec.template.spec.containers",
    }


@pytest.mark.parametrize(
    ("patch", "status", "told"),
    [
        ({"metadata": {"name": "other"}}, 400, "does not match the name on the URL"),
        ({"metadata": {"uid": "other"}}, 409, "Precondition failed: UID in precondition: other"),
        ({"spec": {"selector": {"matchLabels": {"service": "x"}}}}, 422, "field is immutable"),
        ({"spec": "none"}, 400, "cannot unmarshal"),
        ([], 400, "error decoding patch"),
    ],
    ids=["another name", "another object", "another selector", "no spec", "no object"],
)
def test_a_change_that_can_not_be_made_is_refused(
    patch: Any, status: int, told: str, cluster: Cluster, deploy: Deploy, call: Call
) -> None:
    deploy()
    answer = call("PATCH", CHECKOUT, patch, MERGE)
    assert answer.status == status
    assert told in answer.body["message"]
    assert cluster.changes == ()


def test_a_patch_of_the_status_is_ignored(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    assert call("PATCH", CHECKOUT, {"status": {"availableReplicas": 99}}, MERGE).body["status"]["replicas"] == 3
    assert cluster.changes == ()


def test_a_label_changes_the_version_and_not_the_generation(deploy: Deploy, call: Call) -> None:
    deploy()
    before = call("GET", CHECKOUT).body["metadata"]
    after = call("PATCH", CHECKOUT, {"metadata": {"labels": {"by": "test"}}}, MERGE).body["metadata"]
    assert after["generation"] == before["generation"]
    assert int(after["resourceVersion"]) > int(before["resourceVersion"])


def test_a_json_patch_can_test_the_version_that_was_read(deploy: Deploy, call: Call) -> None:
    deploy()
    version = call("GET", CHECKOUT).body["metadata"]["resourceVersion"]
    scale = {"op": "replace", "path": "/spec/replicas", "value": 2}
    patch = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}, scale]
    assert [call("PATCH", CHECKOUT, patch, JSON_PATCH).status for _ in range(2)] == [200, 422]


def test_a_dry_run_answers_what_would_be_and_keeps_what_is(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    assert call("PATCH", f"{CHECKOUT}?dryRun=All", {"spec": {"replicas": 9}}, MERGE).body["spec"]["replicas"] == 9
    assert call("PATCH", f"{CHECKOUT}/scale?dryRun=All", {"spec": {"replicas": 9}}, MERGE).body["spec"]["replicas"] == 9
    assert call("POST", f"{DEPLOYMENTS}?dryRun=All", world.deployment("other", 1)).status == 201
    assert call("DELETE", f"{CHECKOUT}?dryRun=All").status == 200
    assert call("PATCH", f"{CHECKOUT}?dryRun=maybe", {}, MERGE).status == 400
    assert call("GET", CHECKOUT).body["spec"]["replicas"] == 3
    assert cluster.changes == ()


def test_the_same_annotation_twice_changes_once(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    patch = {"metadata": {"annotations": {"firebrigade/run": "1"}}}
    assert [call("PATCH", CHECKOUT, patch, MERGE).status for _ in range(2)] == [200, 200]
    assert [request.effect for request in cluster.requests] == ["changed", "none"]


def test_nothing_is_created_in_a_namespace_that_is_not_there(call: Call) -> None:
    answer = call("POST", "/apis/apps/v1/namespaces/nowhere/deployments", world.deployment("checkout", 1))
    assert (answer.status, answer.body["message"]) == (404, 'namespaces "nowhere" not found')


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/apis/apps/v1/namespaces/shop/controllerrevisions", 404),
        ("GET", "/apis/apps/v2/namespaces/shop/deployments", 404),
        ("GET", "/apis/apps/v1/deployments/checkout", 404),
        ("GET", "/nothing", 404),
        ("GET", f"{CHECKOUT}/log", 404),
        ("POST", CHECKOUT, 405),
        ("PATCH", DEPLOYMENTS, 405),
        ("DELETE", f"{CHECKOUT}/scale", 405),
    ],
)
def test_what_is_not_served_is_a_status_object(method: str, path: str, status: int, deploy: Deploy, call: Call) -> None:
    deploy()
    answer = call(method, path, {} if method in ("POST", "PATCH") else None, MERGE)
    assert (answer.status, answer.body["kind"]) == (status, "Status")


def test_a_body_that_is_not_json_is_400_and_the_connection_stays_usable(cluster: Cluster, call: Call) -> None:
    with requests.Session() as session:
        assert session.post(cluster.url + DEPLOYMENTS, data="{", timeout=5).status_code == 400
        assert session.get(cluster.url + DEPLOYMENTS, timeout=5).status_code == 200


def test_a_list_is_ordered_by_name_and_comes_in_pages(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=5)
    path = "/api/v1/namespaces/shop/pods?limit=2"
    seen, token, left = [], "", []
    while True:
        page = call("GET", path + (f"&continue={token}" if token else "")).body
        seen += [pod["metadata"]["name"] for pod in page["items"]]
        token = page["metadata"].get("continue", "")
        left.append(page["metadata"].get("remainingItemCount"))
        if not token:
            break
    assert seen == sorted(pod["metadata"]["name"] for pod in cluster.list("pods", "shop"))
    assert left == [3, 1, None]
    assert call("GET", f"{path}&continue=rubbish").status == 400


def test_a_list_of_all_namespaces_shows_where_each_object_is(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    cluster.create("deployments", world.deployment("other", 1), "default")
    found = call("GET", "/apis/apps/v1/deployments").body["items"]
    assert [one["metadata"]["namespace"] for one in found] == ["default", "shop"]


def test_a_collection_is_deleted_by_its_selector(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    deploy("other", 1)
    call("DELETE", f"{DEPLOYMENTS}?labelSelector=app%3Dother")
    assert [one["metadata"]["name"] for one in cluster.list("deployments")] == ["checkout"]


def test_what_was_answered_does_not_change_later(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    before = cluster.get("deployments", "shop", "checkout")
    assert before is not None
    version = before["metadata"]["resourceVersion"]
    deploy("other", 1)
    cluster.create("poddisruptionbudgets", {"metadata": {"name": "b"}, "spec": {"selector": {}}}, "shop")
    assert before["metadata"]["resourceVersion"] == version


def test_owners_are_the_objects_that_they_name(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    uids = {one["metadata"]["name"]: one["metadata"]["uid"] for one in cluster.list("replicasets", "shop")}
    owners = [pod["metadata"]["ownerReferences"][0] for pod in cluster.list("pods", "shop")]
    assert {owner["name"]: owner["uid"] for owner in owners} == uids


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ({"spec": {"template": {"spec": {"containers": "main"}}}}, "cannot unmarshal string"),
        ({"spec": {"template": {"metadata": {"labels": {"app": 1}}}}}, "of type map[string]string"),
        ({"metadata": {"annotations": ["a"]}}, "cannot unmarshal array"),
        ({"spec": {"paused": "yes"}}, "of type bool"),
        ({"spec": {"strategy": {"type": "Big Bang"}}}, "Unsupported value"),
        ({"spec": {"strategy": {"rollingUpdate": {"maxSurge": "some"}}}}, "a valid percent string"),
    ],
    ids=["containers", "labels", "annotations", "paused", "strategy", "share"],
)
def test_a_field_of_the_wrong_type_is_refused(patch: Json, told: str, deploy: Deploy, call: Call) -> None:
    deploy()
    answer = call("PATCH", CHECKOUT, patch, MERGE)
    assert answer.status in (400, 422)
    assert told in answer.body["message"]


NAMES = "metadata spec template containers labels annotations selector matchLabels strategy type rollingUpdate"
NAMES += " maxSurge maxUnavailable replicas name image resources limits paused"
KEYS = st.sampled_from(NAMES.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(["", "a", "25%", "checkout"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def test_a_field_that_nobody_knows_does_no_harm(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    patch = {"spec": {"template": {"spec": {"template": [], "replicas": 7}}}}
    assert call("PATCH", CHECKOUT, patch, MERGE).status == 200
    cluster.advance(10)
    assert call("GET", CHECKOUT).body["status"]["updatedReplicas"] == 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spec=st.dictionaries(KEYS, VALUES, max_size=3),
    template=st.dictionaries(KEYS, VALUES, max_size=3),
    kind=st.sampled_from([MERGE, "application/strategic-merge-patch+json"]),
)
def test_no_patch_breaks_the_server(spec: Json, template: Json, kind: str, cluster: Cluster, call: Call) -> None:
    if cluster.get("deployments", "shop", "checkout") is None:
        cluster.create("deployments", world.deployment("checkout", 1), "shop")
    patch = {"spec": {**spec, "template": {**template, **spec}}}
    assert call("PATCH", CHECKOUT, patch, kind).status in (200, 400, 422)
    cluster.advance(1)
    assert call("GET", CHECKOUT).status == 200
