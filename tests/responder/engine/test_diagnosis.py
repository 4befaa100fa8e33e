"""A runbook that comes with Firebrigade against the sandbox's cluster: what it collects reaches the people it pages."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, reading_guards_for
from firebrigade.runbooks.kube import KubernetesSettings, connect
from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.modes import AutomationMode, Modes
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.registry import build_actions, build_readers
from sandbox.cluster import Cluster
from sandbox.cluster.world import deployment


@pytest.fixture
def cluster(world: Any, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster with one deployment, and the world's runner at work on it with the real actions."""
    with Cluster(clock=world.clock, seed=1) as cluster:
        cluster.create("namespaces", {"metadata": {"name": "shop"}})
        cluster.create("deployments", deployment("checkout", 2), "shop")
        cluster.advance(24 * 3600)
        kubernetes = connect(KubernetesSettings(kubeconfig=str(cluster.kubeconfig(tmp_path / "kubeconfig"))))
        settings = GuardSettings(namespaces=frozenset({"shop"}))
        clients = Clients(kubernetes=kubernetes)
        prometheus = PrometheusClient(PrometheusSettings(url="http://127.0.0.1:9"))
        world.executor = RunbookExecutor(
            build_actions(clients),
            guards_for(settings),
            prometheus,
            build_readers(clients),
            reading_guards_for(settings),
        )
        world.runbooks.update({one.name: one for one in RunbookLibrary.load()})
        yield cluster
        kubernetes.close()


def _fires(world: Any, cluster: Cluster) -> Any:
    """Let a pod be killed again and again until its alert fires."""
    pod = cluster.list("pods", "shop")[0]["metadata"]["name"]
    cluster.trouble("shop", pod, "killed")
    cluster.advance(600)
    labels = {"alertname": "PodCrashLooping", "namespace": "shop", "deployment": "checkout", "pod": pod}
    return world.fires(world.alert(**labels))


def test_a_crash_loop_is_looked_at_before_it_is_repaired_and_people_hear_of_it(world: Any, cluster: Cluster) -> None:
    _fires(world, cluster)
    look, _, repair, _ = world.store.steps(1)
    assert (look.status, look.after["result"]) == ("done", "OOMKilled")
    told = [one for one in world.store.timeline(1) if one.kind in {"read", "applying"}]
    assert [one.data["step_id"] for one in told] == [look.step_id, repair.step_id]
    entry = told[0]
    assert entry.data["read"]["log"]["lines"][-1].endswith("FATAL OOMKilled, exit code 137")
    assert "its-password" not in json.dumps(entry.data)
    assert [one.resource for one in cluster.changes] == ["pods/eviction"]
    world.passes(timedelta(minutes=6))
    last = world.receivers["l2"].attempts[-1]
    assert any("OOMKilled" in line and "log" in line for line in last.timeline)


def test_a_dry_run_collects_too(world: Any, cluster: Cluster) -> None:
    dry = Modes(mode=AutomationMode.DRY_RUN)
    world.executor._guards = guards_for(GuardSettings(namespaces=frozenset({"shop"}), modes=dry))
    _fires(world, cluster)
    assert world.store.steps(1)[0].status == "done"
