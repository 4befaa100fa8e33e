"""What the watched systems' own rules got wrong: each mistake, put in the place of our rule, fails one of its cases."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from firebrigade.rules import library
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.promtool import Promtool

PODS = "service, namespace, deployment"
USERS = 'endpoint!~"/(health|ready|live|metrics)"'
RATIO_1H = 'max without (sloth_window) (slo:sli_error:ratio_rate1h{sloth_id="ryot-inference-availability"})'

WRONG = [
    pytest.param(
        "HighErrorRate", {},
        f'sum by ({PODS}, endpoint) (rate(neurectomy_http_requests_total{{{USERS}, status=~"5.."}}[5m])) > 0.05',
        id="1: errors per second are no share of the requests",
    ),
    pytest.param(
        "HighLatency", {},
        f"histogram_quantile(0.95, sum by ({PODS}, endpoint, le)"
        " (neurectomy_http_request_duration_seconds_bucket)) > 5",
        id="2: a quantile without rate is about all time, and never ends",
    ),
    pytest.param(
        "ServiceDown", {"service": "ryot"}, 'up{service="ryot"} == 0', id="3: up == 0 is silent about a vanished target"
    ),
    pytest.param(
        "EmbeddingServiceDown", {},
        f'sum by ({PODS}) (rate(embedding_generated_total{{mode="real"}}[5m])) == 0',
        id="4: a rate of 0 is no trouble without work, and says nothing of a series that never was",
    ),
    pytest.param(
        "KnowledgeGraphGrowthStalled", {},
        f"max by ({PODS}) (kg_entities_total) == max by ({PODS}) (kg_entities_total offset 10m)",
        id="5: growth has to be compared with work",
    ),
    pytest.param(
        "AnalyticsProcessingFailure", {},
        f"sum by ({PODS}, reason) (analytics_trend_failed_total) > 0",
        id="6: a counter above 0 stays there",
    ),
    pytest.param(
        "LowCompressionRatio", {},
        f"sum by ({PODS}) (rate(sigmalang_compression_ratio_sum[5m]))"
        f" / sum by ({PODS}) (rate(sigmalang_compression_ratio_count[5m])) < 15",
        id="6: a mean of ratios is no ratio of sums",
    ),
    pytest.param(
        "AkoshaCircuitBreakerOpen", {},
        f'sum by ({PODS}, service_name) (circuit_state{{state="1"}}) > 0',
        id="7: akosha's state 1 is closed",
    ),
    pytest.param(
        "CircuitBreakerOpen", {},
        f"count by ({PODS}, exported_service) (neurectomy_circuit_breaker_state > 0) > 0",
        id="7: the API's state 2 is half-open",
    ),
    pytest.param(
        "CircuitBreakerOpen", {},
        f"max by ({PODS}, exported_service) (neurectomy_circuit_breaker_state) == 1",
        id="7: a half-open breaker hides an open one from the maximum",
    ),
    pytest.param(
        "PodMemoryUsageHigh", {},
        "max by (instance, namespace, pod_name) (container_memory_working_set_bytes)"
        " / max by (instance, namespace, pod_name) (container_spec_memory_limit_bytes) > 0.85",
        id="8: the label is pod, and no limit is written as 0",
    ),
    pytest.param(
        "RyotInferenceAvailabilityBurnRate", {"tier": "page-fast"},
        f"{RATIO_1H} > 0.0144",
        id="10: with the long window alone a page does not end",
    ),
    pytest.param(
        "RyotLLMHighLatency", {},
        f"histogram_quantile(0.95, sum by ({PODS}, le) (rate(ryot_inference_duration_seconds_bucket[5m]))) > 30",
        id="11: no quantile is above the largest bucket",
    ),
    pytest.param(
        "RyotLLMHighLatency", {},
        f'1 - sum by ({PODS}) (rate(ryot_inference_duration_seconds_bucket{{le="30"}}[5m]))'
        f" / sum by ({PODS}) (rate(ryot_inference_duration_seconds_count[5m])) > 0.05",
        id="11: the client writes 30.0 and not 30",
    ),
    pytest.param(
        "AgentCollectiveFailing", {},
        "count by (service, namespace) (agents_health_status == 0)"
        " / count by (service, namespace) (agents_health_status) < 0.8",
        id="12: without bool the series is gone exactly when nobody is healthy",
    ),
    pytest.param(
        "AgentUtilizationHigh", {},
        f"max by ({PODS}, agent_id) (agents_utilization_ratio) > 90",
        id="13: percent are no ratio",
    ),
    pytest.param(
        "PrometheusTargetMissing", {},
        'sum(absent(up{job="kube-state-metrics"})) or sum(absent(up{job="cadvisor"})) or sum(absent(up{job="node"}))',
        id="14: of series without labels `or` keeps one",
    ),
    pytest.param(
        "HighRejectionRate", {},
        f"sum by ({PODS}, service_name) (rate(circuit_rejected_calls[5m]))"
        f" / sum by ({PODS}, service_name) (rate(circuit_total_calls[5m])) > 0.1",
        id="15: what is rejected is outside the total",
    ),
    pytest.param(
        "AgentDown", {},
        f"max by ({PODS}, pod, agent_id) (agents_health_status) >= 1",
        id="16: an agent that is degraded or recovering has not failed",
    ),
    pytest.param(
        "AgentSilent", {},
        f"max by ({PODS}, pod, agent_id) (agents_health_status) == 2",
        id="16: an agent that says nothing does not say that it failed",
    ),
]  # fmt: skip


def _rule(alert: str, labels: dict[str, str]) -> tuple[Path, int, int]:
    """Find a generated rule: the last of the alert's that has the labels."""
    found = [
        (path, group, number)
        for path in library.generated().glob("*.yaml")
        for group, written in enumerate(yaml.safe_load(path.read_text())["groups"])
        for number, rule in enumerate(written["rules"])
        if rule.get("alert") == alert and labels.items() <= rule["labels"].items()
    ]
    return found[-1]


def _cases(path: Path, alert: str) -> Iterator[Case]:
    for test in library.tests():
        if alert in test.read_text():
            about = (case for case in cases.load(test).cases if path in case.rule_files)
            yield from (case for case in about if re.search(rf"\b{alert}\b", case.text))


def _swapped(case: Case, old: Path, new: Path) -> Case:
    return dataclasses.replace(case, rule_files=tuple(new if path == old else path for path in case.rule_files))


@pytest.mark.parametrize(("alert", "labels", "wrong"), WRONG)
def test_the_mistake_is_noticed(alert: str, labels: dict[str, str], wrong: str, tmp_path: Path) -> None:
    path, group, number = _rule(alert, labels)
    rules: dict[str, Any] = yaml.safe_load(path.read_text())
    rules["groups"][group]["rules"][number]["expr"] = wrong
    mistaken = tmp_path / path.name
    mistaken.write_text(yaml.safe_dump(rules))
    assert "error" not in "".join(Promtool().check_rules({path.name: mistaken.read_text()}).values()).lower()
    results = (Promtool().run_case(_swapped(case, path, mistaken)) for case in _cases(path, alert))
    assert any(not result.passed and "FAILED" in result.output for result in results)


def test_a_right_form_in_its_place_is_no_mistake(tmp_path: Path) -> None:
    path, group, number = _rule("HighRejectionRate", {})
    rules: dict[str, Any] = yaml.safe_load(path.read_text())
    rule = rules["groups"][group]["rules"][number]
    rule["expr"] = rule["expr"].replace(" > 0.1", " > 0.10")
    same = tmp_path / path.name
    same.write_text(yaml.safe_dump(rules))
    for case in _cases(path, "HighRejectionRate"):
        assert Promtool().run_case(_swapped(case, path, same)).passed
