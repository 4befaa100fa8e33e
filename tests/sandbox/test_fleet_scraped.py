"""A real Prometheus scrapes the fleet as the demo lets it: every target, every series, wedged pods included."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests
import yaml

from sandbox.processes import Prometheus, PythonServer, prometheus_config

pytestmark = pytest.mark.acceptance

CONTRACT = yaml.safe_load((Path(__file__).resolve().parents[2] / "rules" / "metrics.yaml").read_text())
# Real servers emit the rest, and nothing was ever killed in a healthy world.
REAL = {"prometheus", "alertmanager", "firebrigade"}
ABSENT_WHEN_HEALTHY = {"kube_pod_container_status_last_terminated_reason"}
METRICS: list[dict[str, Any]] = [
    metric
    for metric in CONTRACT["metrics"]
    if metric.get("exporter", "pod") not in REAL and metric["name"] not in ABSENT_WHEN_HEALTHY
]
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def fleet() -> Iterator[PythonServer]:
    with PythonServer("sandbox.fleet", ready_path="/-/ready") as server:
        yield server


@pytest.fixture(scope="module")
def prometheus(fleet: PythonServer) -> Iterator[Prometheus]:
    def config(own_url: str) -> dict[str, Any]:
        return prometheus_config(fleet.url, pipeline={"prometheus": own_url})

    with Prometheus(config) as server:
        eventually(lambda: query(server, "count(up == 1)") == {(): 56})
        yield server


def query(prometheus: Prometheus, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
    answer = requests.get(f"{prometheus.url}/api/v1/query", params={"query": expression}, timeout=10)
    answer.raise_for_status()
    result = answer.json()["data"]["result"]
    return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in result}


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        Event().wait(0.2)


def test_every_target_is_scraped_without_an_error(prometheus: Prometheus) -> None:
    targets = requests.get(f"{prometheus.url}/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
    assert {target["lastError"] for target in targets} == {""}
    assert len(targets) == 52 + 3 + 1  # pods, exporters, Prometheus itself


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["name"])
def test_the_series_is_stored_with_the_labels_of_the_contract(metric: dict[str, Any], prometheus: Prometheus) -> None:
    exporter = metric.get("exporter", "pod")
    suffix = "_count" if metric["type"] == "histogram" else ""
    scope = '{service!=""}' if metric["name"] == "up" else ""
    contract = CONTRACT["exporters"][exporter]
    own = {
        f"exported_{label}" if label in contract["target_labels"] and not contract["honor_labels"] else label
        for label in metric["labels"]
    }
    eventually(lambda: bool(query(prometheus, f"{metric['name']}{suffix}{scope}")))
    for labels in query(prometheus, f"{metric['name']}{suffix}{scope}"):
        names = {name for name, _ in labels} - {"__name__"}
        # cAdvisor's series of a whole pod have an empty container, which is no label to Prometheus.
        assert names | ({"container"} & own) == own | set(contract["target_labels"])


def test_counters_grow_at_their_rates(prometheus: Prometheus) -> None:
    expression = 'sum(rate(neurectomy_http_requests_total{service="neurectomy-api"}[10s]))'
    eventually(lambda: 25 < query(prometheus, expression).get((), 0) < 35)


def test_a_wedged_pod_is_down_and_the_others_are_up(fleet: PythonServer, prometheus: Prometheus) -> None:
    fault = requests.post(
        f"{fleet.url}/faults", json={"fault": "wedged", "deployment": "akosha", "pods": "one"}, timeout=10
    ).json()
    down = 'up{deployment="akosha"} == 0'
    eventually(lambda: len(query(prometheus, down)) == 1)
    [labels] = query(prometheus, down)
    assert dict(labels)["pod"] == fault["suffering"][0]
    assert dict(labels)["service"] == "akosha"
    requests.delete(f"{fleet.url}/faults/{fault['id']}", timeout=10)
    eventually(lambda: query(prometheus, down) == {})
