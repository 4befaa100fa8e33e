"""Approval from end to end: an alert comes in, a person answers over the API, and a cluster is changed once.

Everything is real but the network between the parts and the clock: configuration, web, store, engine, guards, action.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from firebrigade.responder.app import create_app
from firebrigade.responder.authentication import make_approvers
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.composition import build_lookup, build_receivers
from firebrigade.responder.config import Config, load_config
from firebrigade.responder.engine.courier import Courier
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.engine.sweep import Sweep
from firebrigade.responder.execution import build_executor, build_restraints
from firebrigade.responder.serve import make_access
from firebrigade.responder.settings import Settings
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics
from firebrigade.runbooks.kube import KubernetesSettings, connect
from sandbox.cluster import Cluster
from sandbox.cluster.world import deployment

API = "/api/v1"
WEBHOOK = "the-webhook-s-own-token"
APPROVERS = {"anna": "annas-own-token-000000", "bert": "berts-own-token-000000"}
CONFIG = """
approvers:
  anna: {token: annas-own-token-000000}
  bert: {token: berts-own-token-000000}
automation: {mode: approve, namespaces: [shop]}
kubernetes: {kubeconfig: kubeconfig}
runbooks: {directory: runbooks}
"""
RUNBOOK = """---
title: A pod does not answer
alerts: [ServiceDown]
steps:
  - name: Restart the pod
    action: restart_pod
    target: {namespace: {label: namespace}, name: {label: pod}}
---
# A pod does not answer

## What it means
## Impact
## First three commands
## How to decide
## What the machine does
## Who to call
"""


@dataclass
class Installation:
    """One replica: web and engine on a database."""

    store: Store
    sweep: Sweep
    clock: ManualClock
    cluster: Cluster
    client: FlaskClient = field(init=False)
    alive: bool = True

    def wake(self) -> None:
        """Stand in for the engine's thread, which the tests are themselves."""

    def pods(self) -> list[str]:
        return sorted(pod["metadata"]["name"] for pod in self.cluster.list("pods", "shop"))

    def evictions(self) -> list[str]:
        return [change.name for change in self.cluster.changes if change.path.endswith("/eviction")]

    def fires(self, pod: str) -> None:
        labels = {"alertname": "ServiceDown", "severity": "critical", "namespace": "shop", "pod": pod}
        at = self.clock.now().isoformat()
        alert = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": at, "generatorURL": ""}
        alert |= {"endsAt": "0001-01-01T00:00:00Z", "fingerprint": "f00d"}
        body = {
            "version": "4",
            "groupKey": "{}:{}",
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "firebrigade",
            "groupLabels": {"alertname": "ServiceDown"},
            "commonLabels": labels,
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": [alert],
        }
        answer = self.client.post(f"{API}/webhook/alertmanager", json=body, headers=bearer(WEBHOOK))
        assert answer.status_code == 202, answer.json
        self.sweep.drain()

    def shown(self) -> Any:
        return self.client.get(f"{API}/incidents/1", headers=bearer(APPROVERS["anna"])).json

    def say(self, verb: str, plan: str, token: str = APPROVERS["anna"]) -> Any:
        path = f"{API}/incidents/1/steps/1/{verb}"
        answer = self.client.post(path, json={"plan": plan}, headers=bearer(token))
        self.sweep.drain()
        return answer

    def passes(self, seconds: int) -> None:
        for _ in range(seconds // 10):
            self.clock.advance(timedelta(seconds=10))
            self.cluster.advance(0)
            self.sweep.drain()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cluster(clock: ManualClock) -> Iterator[Cluster]:
    with Cluster(clock=clock, token="the-cluster-s-token", seed=1) as cluster:
        cluster.create("namespaces", {"metadata": {"name": "shop"}})
        cluster.create("deployments", deployment("checkout", 3), "shop")
        cluster.advance(3600)
        yield cluster


@pytest.fixture
def config(cluster: Cluster, tmp_path: Path) -> Config:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "service-down.md").write_text(RUNBOOK)
    (tmp_path / "firebrigade.yaml").write_text(CONFIG)
    cluster.kubeconfig(tmp_path / "kubeconfig", "the-cluster-s-token")
    return load_config(tmp_path / "firebrigade.yaml", Settings())


@pytest.fixture
def replica(
    cluster: Cluster, clock: ManualClock, config: Config, tmp_path: Path
) -> Iterator[Callable[[], Installation]]:
    """Return a function: another replica on the same database."""
    stores: list[Store] = []

    def make() -> Installation:
        store = Store(Database(f"sqlite:///{tmp_path / 'firebrigade.sqlite'}"))
        store.migrate()
        stores.append(store)
        receivers = build_receivers(config)
        runner = Runner(store, build_executor(config), clock, build_restraints(config))
        sweep = Sweep(store, Courier(store, receivers, clock), runner, build_lookup(config, receivers), clock)
        access = make_access(Settings(webhook_token=SecretStr(WEBHOOK)), insecure=False)
        made = Installation(store, sweep, clock, cluster)
        access = replace(access, approvers=make_approvers(config.approvers))
        made.client = create_app(store, config, access, clock, made, Metrics()).test_client()
        return made

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def waiting(replica: Callable[[], Installation], cluster: Cluster) -> Installation:
    """A replica with an incident about a sick pod, whose restart waits for a person."""
    made = replica()
    pod = made.pods()[1]
    cluster.trouble("shop", pod)
    made.fires(pod)
    return made


def test_a_restart_waits_is_approved_and_is_made_once(waiting: Installation) -> None:
    sick = waiting.pods()[1]
    shown = waiting.shown()
    proposal = shown["proposal"]
    assert (proposal["action"], proposal["target"]) == ("restart_pod", "deployment/shop/checkout")
    assert (proposal["before"]["pod"], proposal["desired"]) == (sick, {"ready": 3})
    waiting.passes(60)
    assert waiting.evictions() == []

    assert waiting.say("approve", proposal["plan"], WEBHOOK).status_code == 403
    assert waiting.evictions() == []
    answer = waiting.say("approve", proposal["plan"])
    assert (answer.status_code, answer.json["step"]["answered_by"]) == (200, "anna")
    assert waiting.evictions() == [sick]
    assert waiting.say("approve", proposal["plan"], APPROVERS["bert"]).json["step"]["answered_by"] == "anna"
    waiting.passes(120)
    assert waiting.evictions() == [sick]
    assert sick not in waiting.pods()

    shown = waiting.shown()
    assert (shown["steps"][0]["status"], shown["proposal"]) == ("verified", None)
    kinds = {entry["kind"]: entry for entry in shown["timeline"]}
    assert kinds["approved"]["actor"] == "anna"
    assert kinds["approved"]["data"]["plan"] == proposal["plan"]
    assert shown["chain"]["problems"] == []


def test_a_rejected_restart_is_not_made(waiting: Installation) -> None:
    assert waiting.say("reject", waiting.shown()["proposal"]["plan"]).status_code == 200
    waiting.passes(120)
    assert waiting.evictions() == []
    assert waiting.say("approve", waiting.shown()["steps"][0]["plan_hash"]).status_code == 409


def test_a_cluster_that_changed_since_makes_another_plan_that_is_approved_by_itself(
    waiting: Installation, cluster: Cluster
) -> None:
    first = waiting.shown()["proposal"]
    cluster.trouble("shop", waiting.pods()[2])
    waiting.passes(60)
    assert waiting.say("approve", first["plan"]).status_code == 200
    assert waiting.evictions() == []

    second = waiting.shown()["proposal"]
    assert second["plan"] != first["plan"]
    assert (first["before"]["ready"], second["before"]["ready"]) == (2, 1)
    assert waiting.say("approve", first["plan"]).status_code == 409
    assert waiting.evictions() == []
    assert waiting.say("approve", second["plan"], APPROVERS["bert"]).status_code == 200
    assert waiting.evictions() == [second["before"]["pod"]]


def test_a_pod_that_is_gone_is_not_restarted(waiting: Installation, tmp_path: Path) -> None:
    plan = waiting.shown()["proposal"]["plan"]
    person = connect(KubernetesSettings(kubeconfig=str(tmp_path / "kubeconfig")))
    person._core.delete_namespaced_pod(waiting.pods()[1], "shop", _request_timeout=5)
    person.close()
    waiting.passes(60)
    waiting.say("approve", plan)
    assert waiting.evictions() == []
    assert waiting.shown()["steps"][0]["status"] == "refused"


def test_two_people_at_two_replicas_make_one_restart(
    waiting: Installation, replica: Callable[[], Installation]
) -> None:
    plan, other = waiting.shown()["proposal"]["plan"], replica()
    people = [(waiting, "anna"), (other, "bert")] * 3
    together = threading.Barrier(len(people))

    def say(person: tuple[Installation, str]) -> str:
        together.wait(timeout=30)
        return str(person[0].say("approve", plan, APPROVERS[person[1]]).json["step"]["answered_by"])

    with ThreadPoolExecutor(len(people)) as hands:
        told = set(hands.map(say, people))
    assert told == {waiting.shown()["steps"][0]["answered_by"]}
    assert len(waiting.evictions()) == 1
