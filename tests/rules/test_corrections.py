"""What the watched systems' own rules got wrong: each mistake, put in the place of our rule, fails one of its cases."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest
import yaml

from firebrigade.rules import library
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.testing.ruleset import Place, RuleSet

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


LOADED = [cases.load(test) for test in library.tests()]


def _rules(rules: RuleSet, alert: str, labels: dict[str, str]) -> list[Place]:
    """Return an alert's last rule that has the labels, if there is one."""
    named = (place for place, rule in rules.by_place.items() if rule.get("alert") == alert)
    return [place for place in named if labels.items() <= rules.by_place[place]["labels"].items()][-1:]


def _with(change: Callable[[str], str], alert: str, labels: dict[str, str]) -> Iterator[Case]:
    """Yield the cases that depend on an alert's rule, with its expression changed."""
    for loaded in LOADED:
        for place in _rules(loaded.rules, alert, labels):
            rule = loaded.rules.by_place[place]
            rules = loaded.rules.replaced(place, {**rule, "expr": change(rule["expr"])})
            yield from (dataclasses.replace(case, rules=rules) for case in loaded.cases if place in case.needed)


@pytest.mark.parametrize(("alert", "labels", "wrong"), WRONG)
def test_the_mistake_is_noticed(alert: str, labels: dict[str, str], wrong: str) -> None:
    mistaken = yaml.safe_dump({"groups": [{"name": "g", "rules": [{"alert": alert, "expr": wrong}]}]})
    assert Promtool().check_rules({"mistaken.yaml": mistaken}) == {}
    results = (Promtool().run_case(case) for case in _with(lambda _: wrong, alert, labels))
    assert any(not result.passed and "FAILED" in result.output for result in results)


def test_a_right_form_in_its_place_is_no_mistake() -> None:
    same = list(_with(lambda expr: expr.replace(" > 0.1", " > 0.10"), "HighRejectionRate", {}))
    assert same
    assert all(Promtool().run_case(case).passed for case in same)
