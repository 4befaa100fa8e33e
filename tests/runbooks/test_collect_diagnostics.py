"""collect_diagnostics: what people would look for first, whatever of it can be read."""

import json
from typing import Any

import pytest

from firebrigade.runbooks.contract import Json, Refusal, RefusalReason, Target
from firebrigade.runbooks.diagnostics import MOST_CHARACTERS, bounded, condition_of, described_events, short_lines
from sandbox.cluster import Fault, User

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")


def _killed(world: Any) -> str:
    """Return the name of a pod that is killed again and again."""
    name: str = world.pods()[1]["metadata"]["name"]
    world.cluster.trouble("shop", name, "killed")
    world.cluster.advance(120)
    return name


def test_it_finds_the_pod_that_is_worst_off_and_why_it_ended(world: Any) -> None:
    name = _killed(world)
    found = world.read("collect_diagnostics", SERVICE)
    assert found.result == "OOMKilled"
    assert found.evidence["pods"][0]["name"] == name
    assert found.evidence["pods"][0]["restarts"] > 0
    assert f"{name} is OOMKilled" in found.summary
    assert len(found.evidence["pods"]) == found.evidence["pods_in_all"] == 3


def test_the_log_is_the_one_before_the_restart(world: Any) -> None:
    _killed(world)
    log = world.read("collect_diagnostics", SERVICE).evidence["log"]
    assert log["previous"] is True
    assert log["lines"][-1].endswith("FATAL OOMKilled, exit code 137")


def test_a_container_that_never_restarted_has_only_its_present_log(world: Any) -> None:
    log = world.read("collect_diagnostics", SERVICE).evidence["log"]
    assert log["previous"] is False
    assert log["lines"][-1].endswith("INFO serving")


def test_only_as_many_lines_as_the_runbook_wants(world: Any) -> None:
    _killed(world)
    assert len(world.read("collect_diagnostics", SERVICE, log_lines=1).evidence["log"]["lines"]) == 1
    assert world.read("collect_diagnostics", SERVICE, log_lines=0).evidence["log"]["lines"] == []


def test_a_password_in_a_log_is_not_kept(world: Any) -> None:
    _killed(world)
    found = world.read("collect_diagnostics", SERVICE)
    assert "its-password" not in json.dumps(found.evidence) + found.summary
    assert any("[secret]" in line for line in found.evidence["log"]["lines"])


def test_people_are_sent_few_lines_with_what_tells_most_first(world: Any) -> None:
    name = _killed(world)
    lines = world.read("collect_diagnostics", SERVICE, send_log=True).lines
    assert lines[0].startswith(f"pod {name}: OOMKilled, ")
    assert lines[3] == f"log of main in {name} before its last restart:"
    assert any(line.endswith("FATAL OOMKilled, exit code 137") for line in lines)
    assert any(" BackOff" in line and f"pod/{name}: " in line.lower() for line in lines)
    assert any(line.startswith("revision 1 since ") for line in lines)
    assert any(line.startswith("container main: ") for line in lines)
    assert "its-password" not in "\n".join(lines)
    assert len(lines) <= 25


def test_a_log_stays_with_the_incident_unless_the_runbook_sends_it(world: Any) -> None:
    _killed(world)
    found = world.read("collect_diagnostics", SERVICE)
    assert any("FATAL OOMKilled" in line for line in found.evidence["log"]["lines"])
    assert not any("FATAL OOMKilled" in line or line.startswith("log of") for line in found.lines)
    assert len(found.lines) > 3


def test_what_could_not_be_read_is_said_to_people(world: Any) -> None:
    world.cluster.add_fault(Fault(answer=503, verb="list", times=99))
    lines = world.read("collect_diagnostics", SERVICE).lines
    assert lines
    assert all(line.startswith("not read: ") for line in lines)


def test_rollouts_are_the_latest_first(world: Any) -> None:
    world.deploy("checkout:2.0-broken")
    world.cluster.advance(120)
    found = world.read("collect_diagnostics", SERVICE)
    assert [(one["revision"], one["images"]) for one in found.evidence["rollouts"]] == [
        (2, ["checkout:2.0-broken"]),
        (1, ["checkout:1.0"]),
    ]
    assert "revision 2 since" in found.summary


def test_events_are_of_the_target_and_of_its_worst_pod(world: Any) -> None:
    name = _killed(world)
    about = {event["about"] for event in world.read("collect_diagnostics", SERVICE).evidence["events"]}
    assert f"Pod/{name}" in about
    assert all(one in {f"Pod/{name}", "Deployment/checkout"} for one in about)


def test_use_is_shown_beside_requests_and_limits(world: Any) -> None:
    world.cluster.measure("shop", _killed(world), cpu="12m", memory="250Mi")
    found = world.read("collect_diagnostics", SERVICE)
    (resources,) = found.evidence["resources"]
    assert resources["limits"] == {"cpu": "500m", "memory": "256Mi"}
    assert resources["usage"] == {"cpu": "12m", "memory": "250Mi"}
    assert found.evidence["unread"] == []


def test_a_cluster_without_the_metrics_api_is_named_and_the_rest_is_there(world: Any) -> None:
    found = world.read("collect_diagnostics", SERVICE)
    assert [one.partition(":")[0] for one in found.evidence["unread"]] == ["usage"]
    assert found.summary.endswith("not read: usage.")
    assert found.evidence["resources"][0]["usage"] == {}


@pytest.mark.parametrize("kind", ["statefulset", "daemonset"])
def test_other_workloads_are_looked_at_too(world: Any, kind: str) -> None:
    found = world.read("collect_diagnostics", world.run(kind))
    assert found.result == "ready"
    assert found.evidence["pods"]
    assert found.evidence["rollouts"] == []


def test_a_pod_that_an_alert_names_is_the_one(world: Any) -> None:
    _killed(world)
    found = world.read("collect_diagnostics", world.pod(0))
    assert found.evidence["pods"][0]["name"] == world.pod(0).name
    assert found.result == "ready"


def test_what_is_gone_is_named_and_is_no_failure(world: Any) -> None:
    found = world.read("collect_diagnostics", Target(kind="deployment", namespace="shop", name="gone"))
    assert found.result == "no_pod"
    assert "not read: the deployment." in found.summary


@pytest.mark.parametrize("status", [429, 500, 503, "drop-before"])
def test_an_api_that_is_not_well_is_no_failure(world: Any, status: Any) -> None:
    for _ in range(20):
        world.cluster.add_fault(Fault(answer=status))
    found = world.read("collect_diagnostics", SERVICE)
    assert found.result == "no_pod"
    assert found.evidence["unread"]


@pytest.mark.parametrize("denied", ["events", "pods/log", "replicasets", "pods"])
def test_a_right_that_is_missing_costs_only_what_it_is_for(world: Any, connected: Any, denied: str) -> None:
    _killed(world)
    everything = {"events", "pods/log", "replicasets", "pods", "deployments"}
    allowed = {(verb, one) for one in everything - {denied} for verb in ("get", "list")}
    world.cluster._server.users["its-token"] = User(name="poor", allow=frozenset(allowed))
    found = type(world.readers["collect_diagnostics"])(connected("its-token")).read(
        SERVICE, world.readers["collect_diagnostics"].Params(), None
    )
    assert any("poor lacks the right to" in one and denied in one for one in found.evidence["unread"])
    assert len(found.evidence["pods"]) == (0 if denied == "pods" else 3)


def test_a_target_that_has_no_pods_is_refused(world: Any) -> None:
    refusal = world.read("collect_diagnostics", Target(kind="node", namespace="", name="node-1"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.INVALID_TARGET


def test_reading_changes_nothing(world: Any) -> None:
    before = world.changes()
    world.read("collect_diagnostics", SERVICE)
    assert world.changes() == before


@pytest.mark.parametrize("lines", [100, 1])
def test_what_is_kept_fits_the_timeline_whatever_was_logged(lines: int) -> None:
    log = {"lines": short_lines(["é" * 5000] * lines), "pod": "p"}
    found = bounded({"log": log, "events": [{"message": "x" * 300}] * 10, "unread": []})
    assert len(json.dumps(found)) <= MOST_CHARACTERS
    assert found.get("shortened", False) is (lines == 100)
    assert found["log"]["lines"]


def test_the_latest_events_are_kept_in_their_order() -> None:
    def event(number: int) -> Json:
        at = f"2026-01-05T09:00:{number:02}Z"
        return {"metadata": {}, "involvedObject": {}, "lastTimestamp": at, "reason": str(number)}

    found = described_events([event(number) for number in (11, 3, 12, *range(20, 30))])
    assert [one["reason"] for one in found] == [str(number) for number in range(20, 30)]


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        (
            {"lastState": {"terminated": {"reason": "OOMKilled"}}, "state": {"waiting": {"reason": "Crash"}}},
            "OOMKilled",
        ),
        ({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, "ImagePullBackOff"),
        ({"state": {"running": {}}}, "not_ready"),
    ],
)
def test_a_pod_s_condition_is_one_word(status: Json, condition: str) -> None:
    assert condition_of({"metadata": {}, "status": {"containerStatuses": [{"name": "main", **status}]}}) == condition
