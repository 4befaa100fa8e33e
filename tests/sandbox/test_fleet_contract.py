"""The fleet emits the metric contract: all of it, with its types, labels and buckets, and nothing else."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from firebrigade.responder.clock import ManualClock
from sandbox.fleet.app import create_app
from sandbox.fleet.cluster import StaticSource
from sandbox.fleet.fleet import Fleet
from sandbox.fleet.supervisor import NoSupervisor

RULES = Path(__file__).resolve().parents[2] / "rules"
CONTRACT = yaml.safe_load((RULES / "metrics.yaml").read_text())
SERVICES: list[dict[str, str]] = yaml.safe_load((RULES / "services.yaml").read_text())["services"]
# Real servers emit these: the sandbox runs them.
REAL = {"prometheus", "alertmanager", "firebrigade"}
METRICS: list[dict[str, Any]] = [
    metric for metric in CONTRACT["metrics"] if metric.get("exporter", "pod") not in REAL and metric["name"] != "up"
]
BY_NAME = {metric["name"]: metric for metric in METRICS}

Emitted = dict[str, tuple[str, list[tuple[str, dict[str, str]]]]]


@pytest.fixture(scope="module")
def emitted() -> Emitted:
    """Every metric with its type and its samples, as a scraper reads them from all targets."""
    client = create_app(Fleet(StaticSource(), NoSupervisor(), ManualClock())).test_client()
    # So that kube_pod_container_status_last_terminated_reason has a reason.
    assert client.post("/faults", json={"fault": "oom", "deployment": "ryot"}).status_code == 201
    discovered = [client.get(path).get_json() for path in ("/sd", *(f"/sd/{name}" for name in _exporters()))]
    paths = [target["labels"]["__metrics_path__"] for targets in discovered for target in targets]
    found: Emitted = {}
    for path in paths:
        for line in client.get(path).get_data(as_text=True).splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                found.setdefault(name, (kind, []))
        for family in text_string_to_metric_families(client.get(path).get_data(as_text=True)):
            for sample in family.samples:
                name = next(one for one in (sample.name, sample.name.rpartition("_")[0]) if one in found)
                found[name][1].append((sample.name, sample.labels))
    return found


def _exporters() -> list[str]:
    return ["kube-state-metrics", "cadvisor", "node"]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["name"])
def test_the_metric_is_emitted_as_the_contract_says(metric: dict[str, Any], emitted: Emitted) -> None:
    kind, samples = emitted[metric["name"]]
    assert kind == metric["type"]
    assert {frozenset(labels) - {"le"} for _, labels in samples} == {frozenset(metric["labels"])}


@pytest.mark.parametrize("name", [name for name, metric in BY_NAME.items() if metric["type"] == "histogram"])
def test_a_histogram_has_the_buckets_of_the_contract_written_as_the_client_writes_them(
    name: str, emitted: Emitted
) -> None:
    bounds = {labels["le"] for sample, labels in emitted[name][1] if sample == f"{name}_bucket"}
    assert {float(bound) for bound in bounds} == {*map(float, BY_NAME[name]["buckets"]), float("inf")}
    assert not bounds & {"1", "5", "10", "100"}


@pytest.mark.parametrize("name", [name for name, metric in BY_NAME.items() if "values" in metric])
def test_a_label_with_a_fixed_few_values_has_all_of_them(name: str, emitted: Emitted) -> None:
    seen = defaultdict(set)
    for _, labels in emitted[name][1]:
        for label, value in labels.items():
            seen[label].add(value)
    assert {label: seen[label] for label in BY_NAME[name]["values"]} == {
        label: set(values) for label, values in BY_NAME[name]["values"].items()
    }


def test_nothing_is_emitted_that_the_contract_does_not_know(emitted: Emitted) -> None:
    assert set(emitted) == set(BY_NAME)


def test_all_forty_agents_speak_for_themselves(emitted: Emitted) -> None:
    agents = {labels["agent_id"] for _, labels in emitted["agents_health_status"][1]}
    assert agents == {f"agent-{number:02}" for number in range(1, 41)}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: f"{service['service']} in {service['namespace']}")
def test_every_service_that_the_rules_expect_is_discovered(service: dict[str, str]) -> None:
    client = create_app(Fleet(StaticSource(), NoSupervisor(), ManualClock())).test_client()
    targets = [target["labels"] for target in client.get("/sd").get_json()]
    assert any(service.items() <= labels.items() for labels in targets)
