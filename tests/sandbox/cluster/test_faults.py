"""The faults that can be switched on, the journal of requests, and the admin paths that reach both."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.cluster import Cluster, Fault

Deploy = Callable[..., dict[str, Any]]
Call = Callable[..., Any]
CHECKOUT = "/apis/apps/v1/namespaces/shop/deployments/checkout"
MERGE = "application/merge-patch+json"
NO_ANSWER = (requests.ConnectionError, requests.Timeout)


def replicas(cluster: Cluster) -> int:
    """Return how many replicas are wanted."""
    found = cluster.get("deployments", "shop", "checkout")
    assert found is not None
    return int(found["spec"]["replicas"])


def patch(cluster: Cluster, timeout_seconds: float = 5) -> requests.Response:
    """Ask for one replica, over a connection of its own."""
    headers = {"Content-Type": MERGE}
    body = '{"spec": {"replicas": 1}}'
    return requests.patch(cluster.url + CHECKOUT, data=body, headers=headers, timeout=timeout_seconds)


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503, 504])
def test_a_status_is_answered_instead_and_has_no_effect(status: int, cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer=status, verb="patch", resource="deployments"))
    answer = patch(cluster)
    assert (answer.status_code, answer.json()["code"], answer.json()["kind"]) == (status, status, "Status")
    assert replicas(cluster) == 3
    assert patch(cluster).status_code == 200, "the fault was for one request"


@pytest.mark.parametrize(
    ("answer", "after"),
    [("hang-before", 3), ("drop-before", 3), ("hang-after", 1), ("drop-after", 1)],
)
def test_silence_comes_before_or_after_the_effect(answer: str, after: int, cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer=answer, verb="patch"))
    with pytest.raises(NO_ANSWER):
        patch(cluster, timeout_seconds=0.2 if "hang" in answer else 5)
    assert replicas(cluster) == after
    assert [(request.fault, request.effect) for request in cluster.requests] == [
        (answer, "changed" if after == 1 else "none")
    ]


def test_a_retry_after_is_a_header(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer=503, retry_after=11))
    assert patch(cluster).headers["Retry-After"] == "11"


def test_a_fault_meets_only_what_it_names(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    cluster.add_fault(Fault(answer=500, verb="patch", resource="deployments", name="other"))
    cluster.add_fault(Fault(answer=500, verb="patch", namespace="elsewhere"))
    cluster.add_fault(Fault(answer=500, verb="patch", subresource="scale"))
    assert patch(cluster).status_code == 200
    assert call("PATCH", f"{CHECKOUT}/scale", {"spec": {"replicas": 2}}, MERGE).status == 500


def test_a_fault_has_its_number_of_times(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer=500, verb="patch", times=2))
    assert [patch(cluster).status_code for _ in range(3)] == [500, 500, 200]


def test_a_watch_breaks_after_its_first_event(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer="drop-after", verb="watch"))
    with requests.get(f"{cluster.url}/api/v1/pods?watch=1", stream=True, timeout=5) as watch:
        lines = watch.iter_lines()
        assert b"ADDED" in next(lines)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(lines)


def test_a_hanging_request_does_not_keep_the_cluster_from_stopping(cluster: Cluster, deploy: Deploy) -> None:
    deploy()
    cluster.add_fault(Fault(answer="hang-before", verb="patch"))
    with requests.get(f"{cluster.url}/api/v1/pods?watch=1", stream=True, timeout=5):
        with pytest.raises(NO_ANSWER):
            patch(cluster, timeout_seconds=0.2)
        cluster.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(cluster.url, timeout=1)


def test_faults_are_switched_on_and_off_over_http(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    fault = {"verb": "patch", "resource": "deployments", "answer": 429, "times": 5, "retry_after": 3}
    assert call("POST", "/sandbox/faults", fault).status == 201
    assert call("GET", "/sandbox/faults").body[0]["answer"] == 429
    assert patch(cluster).status_code == 429
    assert call("DELETE", "/sandbox/faults").status == 200
    assert patch(cluster).status_code == 200


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"answer": "later"}, "answer must be a status"),
        ({"answer": 200}, "answer must be a status"),
        ({"answer": 500, "times": 0}, "times must be"),
        ({"answer": 500, "path": "/"}, "a fault is an object with the keys"),
        ([], "a fault is an object with the keys"),
    ],
    ids=["an unknown answer", "a success", "no times", "an unknown key", "no object"],
)
def test_a_mistaken_fault_is_one_sentence(fault: Any, told: str, call: Call) -> None:
    answer = call("POST", "/sandbox/faults", fault)
    assert answer.status == 400
    assert told in answer.body["error"]


def test_the_journal_is_read_and_emptied_over_http(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy()
    patch(cluster)
    call("PATCH", CHECKOUT, {"spec": {"replicas": -1}}, MERGE)
    call("GET", CHECKOUT)
    journal = call("GET", "/sandbox/requests").body
    assert [(one["verb"], one["code"], one["effect"]) for one in journal] == [
        ("patch", 200, "changed"),
        ("patch", 422, "none"),
    ]
    call("DELETE", "/sandbox/requests")
    assert call("GET", "/sandbox/requests").body == []


def test_a_pod_is_made_sick_over_http(cluster: Cluster, deploy: Deploy, call: Call) -> None:
    deploy(replicas=1)
    name = cluster.list("pods", "shop")[0]["metadata"]["name"]
    body = {"namespace": "shop", "name": name, "mood": "never-ready"}
    assert call("POST", "/sandbox/pods", body).status == 200
    assert cluster.list("pods", "shop")[0]["status"]["containerStatuses"][0]["ready"] is False
    assert call("POST", "/sandbox/pods", body | {"name": "nobody"}).status == 404
    assert call("POST", "/sandbox/pods", body | {"mood": "sad"}).status == 400
    assert call("GET", "/sandbox/nothing").status == 404
