"""The official Python client against the cluster: its exceptions, its patch types, its watch, its retries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from kubernetes import client, config, watch

from sandbox.cluster import Cluster, Fault

Deploy = Callable[..., dict[str, Any]]
Api = Any  # every field of the client's models may be None: its types would hide what the tests say


@pytest.fixture
def api(cluster: Cluster, tmp_path: Path) -> Iterator[client.ApiClient]:
    """A client made from the cluster's kubeconfig, which tries everything once."""
    configuration = client.Configuration()
    configuration.retries = urllib3.Retry(total=False)
    path = str(cluster.kubeconfig(tmp_path / "config"))
    config.load_kube_config(path, client_configuration=configuration)  # type: ignore[no-untyped-call]
    with client.ApiClient(configuration) as made:
        yield made


@pytest.fixture
def apps(api: client.ApiClient) -> Api:
    """Deployments and replica sets."""
    return client.AppsV1Api(api)


@pytest.fixture
def core(api: client.ApiClient) -> Api:
    """Pods, events, nodes."""
    return client.CoreV1Api(api)


def test_a_deployment_of_the_clients_own_types_becomes_available(cluster: Cluster, apps: Api) -> None:
    container = client.V1Container(name="main", image="checkout:1.0", ports=[client.V1ContainerPort(container_port=80)])
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "checkout"}), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(
        replicas=2, selector=client.V1LabelSelector(match_labels={"app": "checkout"}), template=template
    )
    body = client.V1Deployment(metadata=client.V1ObjectMeta(name="checkout"), spec=spec)
    apps.create_namespaced_deployment("shop", body, _request_timeout=5)
    cluster.advance(3)
    found = apps.read_namespaced_deployment("checkout", "shop", _request_timeout=5)
    assert found.status.available_replicas == 2
    assert {one.type: one.status for one in found.status.conditions} == {"Available": "True", "Progressing": "True"}
    assert found.metadata.creation_timestamp == cluster.now.replace(second=0)


def test_what_was_read_can_be_written_back(deploy: Deploy, apps: Api) -> None:
    deploy()
    found = apps.read_namespaced_deployment("checkout", "shop", _request_timeout=5)
    found.spec.replicas = 5
    kept = apps.replace_namespaced_deployment("checkout", "shop", found, _request_timeout=5)
    assert kept.spec.replicas == 5
    with pytest.raises(client.exceptions.ConflictException):
        apps.replace_namespaced_deployment("checkout", "shop", found, _request_timeout=5)


def test_a_dict_is_a_strategic_merge_patch(deploy: Deploy, apps: Api) -> None:
    deploy()
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "checkout:2.0"}]}}}}
    container = apps.patch_namespaced_deployment("checkout", "shop", patch, _request_timeout=5).spec.template.spec
    assert container.containers[0].image == "checkout:2.0"
    assert container.containers[0].resources.limits == {"cpu": "500m", "memory": "256Mi"}


def test_a_list_is_a_json_patch(deploy: Deploy, apps: Api) -> None:
    deploy()
    revision = "/metadata/annotations/deployment.kubernetes.io~1revision"
    patch: Any = [
        {"op": "test", "path": revision, "value": "1"},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
    ]
    assert apps.patch_namespaced_deployment("checkout", "shop", patch, _request_timeout=5).spec.replicas == 2
    patch[0]["value"] = "7"
    with pytest.raises(client.ApiException) as refused:
        apps.patch_namespaced_deployment("checkout", "shop", patch, _request_timeout=5)
    assert refused.value.status == 422


def test_scale_is_read_and_patched(deploy: Deploy, apps: Api) -> None:
    deploy()
    body = {"spec": {"replicas": 1}}
    assert apps.patch_namespaced_deployment_scale("checkout", "shop", body, _request_timeout=5).spec.replicas == 1
    assert apps.read_namespaced_deployment_scale("checkout", "shop", _request_timeout=5).spec.replicas == 1


@pytest.mark.parametrize(
    ("uid", "error"),
    [("right", None), ("wrong", client.exceptions.ConflictException)],
    ids=["the pod that was meant", "another pod"],
)
def test_a_pod_is_deleted_by_its_uid(
    uid: str, error: type[Exception] | None, cluster: Cluster, deploy: Deploy, core: Api
) -> None:
    deploy()
    pod = core.list_namespaced_pod("shop", label_selector="app=checkout", _request_timeout=5).items[0]
    asked = pod.metadata.uid if uid == "right" else "00000000-0000-0000-0000-000000000000"
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=asked))
    if error is None:
        core.delete_namespaced_pod(pod.metadata.name, "shop", body=options, _request_timeout=5)
    else:
        with pytest.raises(error):
            core.delete_namespaced_pod(pod.metadata.name, "shop", body=options, _request_timeout=5)
    assert len(cluster.changes) == (1 if error is None else 0)


def test_a_missing_object_is_the_clients_not_found(core: Api) -> None:
    with pytest.raises(client.exceptions.NotFoundException, match='pods \\\\"nobody\\\\" not found'):
        core.read_namespaced_pod("nobody", "shop", _request_timeout=5)


def test_an_eviction_is_created_below_its_pod(cluster: Cluster, deploy: Deploy, core: Api) -> None:
    deploy()
    name = core.list_namespaced_pod("shop", _request_timeout=5).items[0].metadata.name
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name=name, namespace="shop"))
    core.create_namespaced_pod_eviction(name, "shop", body, _request_timeout=5)
    assert [(request.resource, request.effect) for request in cluster.changes] == [("pods/eviction", "deleted")]


def test_a_watch_follows_a_list(cluster: Cluster, deploy: Deploy, core: Api) -> None:
    deploy(replicas=1)
    listed = core.list_namespaced_pod("shop", _request_timeout=5)
    cluster.create("deployments", _other(), "shop")
    watched: Any = watch.Watch()  # type: ignore[no-untyped-call]
    seen = []
    version = listed.metadata.resource_version
    for event in watched.stream(core.list_namespaced_pod, "shop", resource_version=version, _request_timeout=10):
        seen.append((event["type"], event["object"].metadata.labels["app"]))
        cluster.advance(1)
        if event["object"].status.conditions and event["object"].status.conditions[2:3] and _ready(event["object"]):
            watched.stop()
    assert seen == [("ADDED", "other")] + [("MODIFIED", "other")] * 4


def _other() -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "other"}}, "spec": {"containers": [{"name": "main", "image": "o:1"}]}}
    spec = {"selector": {"matchLabels": {"app": "other"}}, "template": template}
    return {"metadata": {"name": "other"}, "spec": spec}


def _ready(pod: Any) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions)


def test_logs_events_nodes_and_autoscalers_are_read(deploy: Deploy, core: Api, api: client.ApiClient) -> None:
    deploy()
    pod = core.list_namespaced_pod("shop", _request_timeout=5).items[0].metadata.name
    assert "INFO serving" in core.read_namespaced_pod_log(pod, "shop", tail_lines=1, _request_timeout=5)
    about = f"involvedObject.name={pod}"
    reasons = [one.reason for one in core.list_namespaced_event("shop", field_selector=about, _request_timeout=5).items]
    assert reasons == ["Scheduled", "Pulled", "Started"]
    assert len(core.list_node(_request_timeout=5).items) == 3
    scaling = client.AutoscalingV2Api(api)
    assert scaling.list_namespaced_horizontal_pod_autoscaler("shop", _request_timeout=5).items == []


def test_the_version_and_a_review_of_access_are_answered(api: client.ApiClient) -> None:
    assert client.VersionApi(api).get_code(_request_timeout=5).minor == "36"
    attributes = client.V1ResourceAttributes(verb="delete", resource="pods", namespace="shop")
    spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
    body = client.V1SelfSubjectAccessReview(spec=spec)
    review: Any = client.AuthorizationV1Api(api).create_self_subject_access_review(body, _request_timeout=5)
    assert review.status.allowed is True


def test_a_refusal_with_retry_after_reaches_a_client_that_does_not_retry(
    cluster: Cluster, deploy: Deploy, apps: Api
) -> None:
    deploy()
    cluster.add_fault(Fault(answer=429, verb="patch", retry_after=7))
    with pytest.raises(client.ApiException) as refused:
        apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 1}}, _request_timeout=5)
    headers: Any = refused.value.headers
    assert (refused.value.status, headers["Retry-After"]) == (429, "7")


def test_a_hang_ends_with_the_clients_own_timeout_and_without_effect(
    cluster: Cluster, deploy: Deploy, apps: Api
) -> None:
    deploy()
    cluster.add_fault(Fault(answer="hang-before", verb="patch"))
    with pytest.raises(urllib3.exceptions.HTTPError):
        apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 1}}, _request_timeout=0.2)
    assert cluster.changes == ()
