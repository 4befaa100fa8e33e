"""The metric contract: what its file says, and what is stored."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from firebrigade.responder.telemetry import Metrics
from firebrigade.rules import contract as contracts
from firebrigade.rules.contract import Contract
from firebrigade.rules.problems import RulesError

Write = Callable[[str, str], Path]


def test_a_histogram_is_selected_by_its_three_series(contract: Contract) -> None:
    name = "neurectomy_http_request_duration_seconds"
    assert name not in contract.series
    assert contract.series[f"{name}_bucket"].labels - contract.series[f"{name}_sum"].labels == {"le"}
    assert contract.series[f"{name}_count"].kind == "counter"


def test_bounds_are_written_as_the_client_writes_them(contract: Contract) -> None:
    bounds = contract.series["neurectomy_http_request_size_bytes_bucket"].bounds
    assert bounds == ("100.0", "1000.0", "10000.0", "100000.0", "1e+06", "+Inf")


def test_the_targets_labels_are_part_of_a_scraped_series(contract: Contract) -> None:
    assert contract.series["up"].labels == {"job", "instance", "service", "namespace", "deployment", "pod"}


def test_an_own_label_that_the_target_has_too_is_stored_under_another_name(contract: Contract) -> None:
    labels = contract.series["neurectomy_circuit_breaker_state"].labels
    assert {"service", "exported_service"} <= labels


def test_an_exporter_whose_labels_are_honoured_keeps_them(contract: Contract) -> None:
    labels = contract.series["kube_pod_container_status_restarts_total"].labels
    assert labels == {"job", "instance", "namespace", "pod", "container"}


def test_firebrigades_own_metrics_are_in_it(contract: Contract) -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    families = [family for family in registry.collect() if family.name.startswith("firebrigade_")]
    assert families
    known = {metric.name: metric.type for metric in contract.metrics}
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert known.get(name) == family.type, name


def test_a_file_of_ones_own_is_added(write: Write) -> None:
    path = write(
        "metrics.yaml", "metrics: [{name: mine, type: gauge, unit: things, labels: [x], service: s, source: seeds}]"
    )
    assert contracts.load([path]).series["mine"].kind == "gauge"


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        pytest.param(
            "type: histogram, labels: []", r":1: metrics\[0\]: needs buckets", id="a histogram without buckets"
        ),
        pytest.param(
            "type: gauge, labels: [], values: {x: [y]}", r"metrics\[0\]: gives values for x", id="values of no label"
        ),
        pytest.param("type: meter, labels: []", r"metrics\[0\].type: ", id="a type that does not exist"),
        pytest.param(
            "type: gauge, labels: [], exporter: nobody", r"exporter: nobody is none", id="an unknown exporter"
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(metric: str, message: str, write: Write) -> None:
    path = write("m.yaml", f"metrics: [{{name: mine, unit: u, service: s, source: seeds, {metric}}}]")
    with pytest.raises(RulesError, match=message) as error:
        contracts.load([path])
    assert re.search(r"m\.yaml:1: ", str(error.value))
