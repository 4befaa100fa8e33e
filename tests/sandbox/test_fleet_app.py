"""The fleet over HTTP, and what it reads from the cluster and the supervisor."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from firebrigade.responder.clock import ManualClock
from sandbox.fleet.app import create_app
from sandbox.fleet.cluster import ClusterSource, StaticSource, parse_deployment, parse_pod
from sandbox.fleet.fleet import Fleet
from sandbox.fleet.supervisor import AgentState, HttpSupervisor, NoSupervisor, parse_states
from sandbox.processes import PythonServer, free_port

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
POD = "ryot-7d9f5c6b48-stat0"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Fleet(StaticSource(), NoSupervisor(), ManualClock(NOW))).test_client()


def test_service_discovery_lists_a_target_per_pod_with_its_labels(client: FlaskClient) -> None:
    targets = client.get("/sd").get_json()
    assert len(targets) == 3 + 2 * 4 + 1 + 40
    assert {
        "targets": ["localhost"],
        "labels": {
            "job": "ryot",
            "service": "ryot",
            "namespace": "neurectomy",
            "deployment": "ryot",
            "pod": POD,
            "instance": POD,
            "__metrics_path__": f"/pods/neurectomy/{POD}/metrics",
        },
    } in targets


def test_all_agents_are_one_service_and_their_supervisor_is_another(client: FlaskClient) -> None:
    services = [target["labels"]["service"] for target in client.get("/sd").get_json()]
    assert (services.count("agents"), services.count("agent-supervisor")) == (40, 1)


@pytest.mark.parametrize("exporter", ["kube-state-metrics", "cadvisor", "node"])
def test_an_exporter_is_discovered_where_it_answers(client: FlaskClient, exporter: str) -> None:
    [target] = client.get(f"/sd/{exporter}").get_json()
    assert target["labels"].keys() == {"job", "instance", "__metrics_path__"}
    answer = client.get(target["labels"]["__metrics_path__"])
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_faults_are_switched_on_listed_and_switched_off(client: FlaskClient) -> None:
    answer = client.post("/faults", json={"fault": "wedged", "deployment": "ryot", "pods": "one"})
    assert (answer.status_code, answer.get_json()["suffering"]) == (201, [POD])
    assert client.get(f"/pods/neurectomy/{POD}/metrics").status_code == 503
    assert [one["id"] for one in client.get("/faults").get_json()] == [1]
    assert client.delete("/faults/1").status_code == 204
    assert client.get(f"/pods/neurectomy/{POD}/metrics").status_code == 200
    client.post("/faults", json={"fault": "wedged", "deployment": "ryot"})
    assert client.delete("/faults").status_code == 204
    assert client.get("/faults").get_json() == []


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        pytest.param("POST", "/faults", 400, "body", id="no JSON"),
        pytest.param("DELETE", "/faults/9", 404, "there is no fault 9", id="an unknown fault"),
        pytest.param("GET", "/pods/neurectomy/x/metrics", 404, "there is no pod neurectomy/x", id="an unknown pod"),
        pytest.param("GET", "/sd/x", 404, "there is no exporter x", id="an unknown exporter's targets"),
        pytest.param("GET", "/x/metrics", 404, "there is no exporter x", id="an unknown exporter"),
    ],
)
def test_is_answered_with_one_sentence(client: FlaskClient, method: str, path: str, status: int, message: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert message in answer.get_json()["error"]


def pod_of_the_api(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "ryot-5c9d8f7b66-x2x9z",
            "namespace": "neurectomy",
            "uid": "0e6b",
            "creationTimestamp": "2026-01-05T08:00:00Z",
            "labels": {"app": "ryot", "pod-template-hash": "5c9d8f7b66"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "ryot-5c9d8f7b66", "controller": True}],
        },
        "spec": {"containers": [{"name": "main"}]},
        "status": status,
    }


def test_a_running_pod_of_the_api_is_read() -> None:
    container = {
        "name": "main",
        "ready": True,
        "restartCount": 2,
        "state": {"running": {"startedAt": "2026-01-05T08:30:00Z"}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
    }
    pod = parse_pod(pod_of_the_api(phase="Running", containerStatuses=[container]))
    assert (pod.deployment, pod.template_hash, pod.container) == ("ryot", "5c9d8f7b66", "main")
    assert (pod.running, pod.ready, pod.restarts, pod.terminated_reason) == (True, True, 2, "OOMKilled")
    assert pod.started_at == NOW - timedelta(minutes=30)


def test_a_pod_without_any_status_is_pending() -> None:
    pod = parse_pod(pod_of_the_api())
    assert (pod.phase, pod.running, pod.ready) == ("Pending", False, False)


def test_a_pod_that_is_being_deleted_is_seen_to_end() -> None:
    body = pod_of_the_api(phase="Running")
    assert not parse_pod(body).terminating
    body["metadata"]["deletionTimestamp"] = "2026-01-05T09:00:00Z"
    assert parse_pod(body).terminating


def test_a_pod_of_no_deployment_belongs_to_none() -> None:
    body = pod_of_the_api()
    del body["metadata"]["ownerReferences"]
    assert parse_pod(body).deployment == ""


def test_a_deployment_with_nothing_available_says_so() -> None:
    deployment = parse_deployment(
        {"metadata": {"namespace": "neurectomy", "name": "ryot"}, "spec": {"replicas": 2}, "status": {}}
    )
    assert (deployment.replicas, deployment.available) == (2, 0)


@pytest.mark.parametrize(
    ("body", "states"),
    [
        pytest.param(
            {"agents": [{"agent_id": "agent-01", "state": "failed", "restarts": 2}]},
            {"agent-01": AgentState(health=2, restarts=2)},
            id="a failed agent is 2",
        ),
        pytest.param(
            {"agents": [{"agent_id": "agent-01", "state": "recovering"}]},
            {"agent-01": AgentState(health=1, restarts=0)},
            id="one that is being recovered is not failed",
        ),
        pytest.param({"agents": [{"agent_id": "agent-01", "state": "odd"}]}, {}, id="an unknown state is left out"),
        pytest.param(["odd"], {}, id="an answer of another form says nothing"),
    ],
)
def test_the_supervisors_answer_is_read(body: object, states: dict[str, AgentState]) -> None:
    assert parse_states(json.loads(json.dumps(body))) == states


def test_without_an_answer_the_world_is_empty_and_the_agents_are_unknown() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert ClusterSource(nobody).world(NOW).pods == ()
    assert HttpSupervisor(nobody).states(NOW) == {}
    HttpSupervisor(nobody).fail("agent-01", deaf=False)


@pytest.mark.acceptance
def test_the_sandboxs_supervisor_and_the_fleet_agree_on_a_failed_agent() -> None:
    with PythonServer("sandbox.supervisor") as server:
        supervisor = HttpSupervisor(server.url)
        assert supervisor.states(NOW)["agent-07"].health == 0
        supervisor.fail("agent-07", deaf=False)
        assert supervisor.states(NOW)["agent-07"].health == 2


@pytest.mark.acceptance
def test_the_sandboxs_cluster_is_read_with_all_its_pods() -> None:
    with PythonServer("sandbox.cluster") as server:
        source = ClusterSource(server.url)
        # It listens before it has made all of its deployments; each look is a second later for the source.
        deadline = time.monotonic() + 30
        looks = (source.world(NOW + timedelta(seconds=second)) for second in itertools.count())
        world = next(seen for seen in looks if len(seen.pods) == 52 or time.monotonic() > deadline)
        assert (len(world.pods), len(world.deployments)) == (52, 46)
        assert {pod.service for pod in world.pods} == {
            "neurectomy-api", "ryot", "sigmalang", "sigmavault", "akosha", "agents", "agent-supervisor",
        }  # fmt: skip
