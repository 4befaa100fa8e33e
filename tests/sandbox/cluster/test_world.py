"""The shared world, and the command that serves it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from firebrigade.responder.clock import ManualClock, SystemClock
from sandbox.cluster import Cluster, world

CHECKOUT = Path(__file__).parents[3]


def test_the_world_has_every_deployment_available_after_a_few_seconds() -> None:
    with Cluster(clock=ManualClock()) as cluster:
        world.fill(cluster)
        cluster.advance(5)
        found = {one["metadata"]["name"]: one for one in cluster.list("deployments")}
        wanted = world.SYSTEMS | dict.fromkeys(world.AGENTS, 1)
        assert {name: one["status"]["availableReplicas"] for name, one in found.items()} == wanted
        assert found["agent-07"]["metadata"]["namespace"] == "agents"
        assert len(cluster.list("pods")) == 52


def test_an_agents_pod_carries_its_id() -> None:
    with Cluster(clock=ManualClock()) as cluster:
        world.fill(cluster)
        pods = cluster.list("pods", "agents")
        assert sorted(pod["metadata"]["labels"]["agent_id"] for pod in pods) == sorted(world.AGENTS)


def test_the_same_seed_makes_the_same_names() -> None:
    def names() -> list[str]:
        with Cluster(clock=ManualClock(), seed=7) as cluster:
            world.fill(cluster)
            return [pod["metadata"]["name"] for pod in cluster.list("pods")]

    assert names() == names()


def test_a_clock_that_moves_by_itself_can_not_be_advanced() -> None:
    with Cluster(clock=SystemClock()) as cluster, pytest.raises(TypeError, match="can't be moved"):
        cluster.advance(1)


def test_a_cluster_that_is_not_started_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        _ = Cluster().url


@pytest.mark.acceptance
def test_the_command_serves_the_world_until_it_is_told_to_stop(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    command = [sys.executable, "-m", "sandbox.cluster", "--kubeconfig", str(kubeconfig)]
    environment = os.environ | {"SANDBOX_CLUSTER_TOKEN": "secret-token"}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.removeprefix("listening on ").strip()
        headers = {"Authorization": "Bearer secret-token"}
        found = requests.get(f"{url}/apis/apps/v1/deployments", headers=headers, timeout=10).json()
        assert len(found["items"]) == 46
        assert requests.get(f"{url}/apis/apps/v1/deployments", timeout=10).status_code == 401
        assert json.loads(kubeconfig.read_text())["users"][0]["user"]["token"] == "secret-token"
        assert "secret-token" not in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_a_leap_in_time_ends_where_many_small_steps_end() -> None:
    def after(steps: int) -> list[dict[str, object]]:
        with Cluster(clock=ManualClock(), seed=7) as cluster:
            cluster.create("deployments", world.deployment("hungry", 1, image="hungry:oom"), "default")
            for _ in range(steps):
                cluster.advance(120 / steps)
            return cluster.list("pods")

    assert after(1) == after(60)
