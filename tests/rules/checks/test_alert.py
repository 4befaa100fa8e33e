"""What every alert has: a mistake that is told, and what is nearly the same and right."""

from collections.abc import Callable
from typing import Any

import pytest

Told = Callable[..., list[str]]

BY_POD = "max by (service, pod) (shop_queue) > 9"
LABELS = {"severity": "critical", "service": "shop"}
TEXTS = {"summary": "The shop is down", "description": "{{ $value }}"}


@pytest.mark.parametrize(
    ("check", "wrong", "right", "says"),
    [
        pytest.param(
            "alert/severity",
            {"labels": {**LABELS, "severity": "high"}},
            {"labels": {**LABELS, "severity": "info"}},
            "must be one of critical, warning, info, none",
            id="a severity that no route knows",
        ),
        pytest.param(
            "alert/team",
            {"labels": {**LABELS, "team": ""}},
            {"labels": {**LABELS, "team": "shop"}},
            "name the team",
            id="no team",
        ),
        pytest.param(
            "alert/service",
            {"expr": "max by (pod) (shop_queue) > 9", "labels": {"severity": "info"}},
            {"expr": BY_POD, "labels": {"severity": "info"}},
            "add service to its by",
            id="no service",
        ),
        pytest.param(
            "alert/value-label",
            {"labels": {**LABELS, "at": "{{ $value }}"}},
            {"labels": {**LABELS, "at": "{{ $labels.pod }}"}},
            "put it into description",
            id="a label that changes with the value",
        ),
        pytest.param(
            "alert/annotation",
            {"annotations": {"summary": "The shop is down", "describes": "x"}},
            {"annotations": TEXTS},
            "add description",
            id="no description",
        ),
        pytest.param("alert/annotation", {"runbook": ""}, {"runbook": "high-error-rate"}, "add runbook", id="no link"),
        pytest.param(
            "alert/template-label",
            {"annotations": {**TEXTS, "summary": "{{ $labels.disk }} is full"}},
            {"annotations": {**TEXTS, "summary": "{{ $labels.pod }} of {{ $labels.severity }}"}},
            "uses $labels.disk",
            id="a lost label in a text",
        ),
        pytest.param(
            "alert/template-label",
            {"labels": {**LABELS, "about": "{{ $labels.severity }}"}},
            {"labels": {**LABELS, "about": "{{ $labels.pod }}"}},
            "uses $labels.severity",
            id="a label of a label: the rule's own come later",
        ),
        pytest.param(
            "alert/runbook",
            {"runbook": "nothing"},
            {"runbook": "https://wiki.example/nothing"},
            "there is no runbook nothing",
            id="a runbook that is not there",
        ),
        pytest.param(
            "alert/dashboard",
            {"dashboard": "nothing"},
            {"dashboard": "https://grafana.example/d/nothing"},
            "there is no dashboard nothing; there is shop (one from elsewhere needs its address)",
            id="a dashboard that is not there",
        ),
        pytest.param(
            "alert/comparison",
            {"expr": "max by (service, pod) (shop_queue)"},
            {"expr": 'absent(shop_queue{service="shop"})'},
            "add the limit",
            id="no limit",
        ),
        pytest.param(
            "alert/comparison",
            {"expr": "(shop_queue > bool 9)"},
            {"expr": "sum by (service, pod) (shop_queue > bool 9) > 0"},
            "leave bool out",
            id="a comparison that always has a result",
        ),
        pytest.param(
            "alert/topk",
            {"expr": "topk(3, shop_queue) > 9"},
            {"expr": "max by (pod) (shop_queue) > 9"},
            "chooses by topk",
            id="whoever is first",
        ),
        pytest.param(
            "alert/absent-for",
            {"expr": "absent(shop_queue)", "for": "0m"},
            {"expr": "absent(shop_queue)", "for": "1m"},
            "add for",
            id="absence at once",
        ),
        pytest.param(
            "alert/average-for",
            {"expr": "avg_over_time(shop_queue[10m]) > 9", "for": "5m"},
            {"expr": "avg_over_time(shop_queue[20m]) > 9", "for": "5m"},
            "is late twice",
            id="waiting above a mean",
        ),
        pytest.param(
            "alert/average-for",
            {"expr": "avg_over_time(shop_queue[1h]) > 9", "for": "16m"},
            {"expr": "max_over_time(shop_queue[1h]) > 9", "for": "16m"},
            "waits 16m above a mean over 60m",
            id="waiting above a long mean",
        ),
        pytest.param(
            "alert/template-unit",
            {"annotations": {**TEXTS, "description": "{{ $value | humanizeDuration }}"}},
            {"expr": "shop_wait > 9", "annotations": {**TEXTS, "description": "{{ $value | humanizeDuration }}"}},
            "which takes seconds",
            id="a duration of orders",
        ),
        pytest.param(
            "alert/template-unit",
            {"expr": "shop_delay > 9", "annotations": {**TEXTS, "description": "{{ $value | humanizeDuration }}"}},
            {"expr": "shop_delay > 9", "annotations": {**TEXTS, "description": "{{ $value | humanize }}ms"}},
            "shows milliseconds by humanizeDuration",
            id="a duration of milliseconds",
        ),
        pytest.param(
            "alert/template-unit",
            {"expr": "shop_percent > 9", "annotations": {**TEXTS, "description": "{{ $value | humanizePercentage }}"}},
            {"expr": "shop_load > 0.9", "annotations": {**TEXTS, "description": "{{ $value | humanizePercentage }}"}},
            "takes a share of 1",
            id="a percentage of percent",
        ),
        pytest.param(
            "alert/template-unit",
            {"expr": "shop_load > 0.9", "annotations": {**TEXTS, "description": "{{ $value | humanize }}%"}},
            {"expr": "shop_percent > 9", "annotations": {**TEXTS, "description": "{{ $value | humanize }}%"}},
            "use humanizePercentage",
            id="a percent sign behind a share",
        ),
        pytest.param(
            "alert/template-unit",
            {"annotations": {**TEXTS, "description": "{{ $value | humanizePercentage }}%"}},
            {"expr": "shop_load > 0.9", "annotations": {**TEXTS, "description": "{{ $value | humanizePercentage }}."}},
            "writes % twice",
            id="two percent signs",
        ),
        pytest.param(
            "alert/template-unit",
            {"expr": "shop_wait > 9", "annotations": {**TEXTS, "description": "{{ $value | humanize1024 }}B"}},
            {"expr": "shop_free_bytes > 9", "annotations": {**TEXTS, "description": "{{ $value | humanize1024 }}B"}},
            "writes B after seconds",
            id="bytes of seconds",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": "$labels.pod is down"}},
            {"annotations": {**TEXTS, "summary": "{{ $labels.pod }} costs $5 {now}"}},
            "outside of {{ }}",
            id="no braces",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": "{ $value } orders"}},
            {"annotations": {**TEXTS, "summary": "{{ $value }} orders"}},
            "outside of {{ }}",
            id="one brace",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": "{{ $value }}}} orders"}},
            {"annotations": {**TEXTS, "summary": "{{- $value -}} orders"}},
            "once too often",
            id="two braces too many",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": "${service} is down"}},
            {"annotations": {**TEXTS, "summary": "{{ $labels.service }} is down"}},
            "nothing fills in",
            id="a placeholder of a rule for each service, in one rule",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": '{{ $value | printf "%d" }} orders'}},
            {"annotations": {**TEXTS, "summary": '{{ $value | printf "%.0f" }} orders'}},
            "use %.0f",
            id="a whole number of what has decimals",
        ),
        pytest.param(
            "alert/template-syntax",
            {"annotations": {**TEXTS, "summary": "{{ $labels.pod | humanize }}"}},
            {"annotations": {**TEXTS, "summary": "{{ $labels.pod | toUpper }}"}},
            "humanize $value",
            id="a label that is humanized",
        ),
        pytest.param(
            "alert/target-label",
            {"expr": "max by (service) (shop_queue) > 9", "runbook": "service-down"},
            {"expr": BY_POD, "runbook": "service-down"},
            "keeps no label deployment or pod",
            id="a pod that a runbook restarts",
        ),
        pytest.param(
            "alert/fragile",
            {"expr": "sum(shop_queue) / sum(shop_size_bytes) > 9", "for": "0m"},
            {"expr": "sum(shop_queue) / sum(shop_size_bytes) > 9", "for": "1m"},
            "add for",
            id="two metrics at once",
        ),
        pytest.param(
            "alert/template-query",
            {"annotations": {**TEXTS, "summary": '{{ with query "shop_queu > 1" }}{{ . | first | value }}{{ end }}'}},
            {"annotations": {**TEXTS, "summary": '{{ with query "shop_queue > 1" }}{{ . | first | value }}{{ end }}'}},
            "queries shop_queu,",
            id="a query for a series that nobody emits",
        ),
        pytest.param(
            "alert/template-query",
            {"annotations": {**TEXTS, "summary": "{{ query `sum(` | first | value }}"}},
            {"annotations": {**TEXTS, "summary": '{{ query "sum({{ $labels.x }}" }} no query "sum("'}},
            "a query that is not valid PromQL",
            id="a query that is none",
        ),
        pytest.param(
            "alert/template-rounding",
            {"expr": "max by (service) (shop_load) > 0.9"},
            {
                "expr": "max by (service) (shop_load) > 0.9",
                "annotations": {**TEXTS, "description": "{{ $value | humanizePercentage }}"},
            },
            "use $value | humanizePercentage",
            id="a share with all its decimals",
        ),
        pytest.param(
            "alert/template-rounding",
            {"expr": "sum by (service) (rate(shop_orders_total[5m])) > 9"},
            {"expr": "sum by (service) (rate(shop_orders_total[5m])) == 0"},
            "use $value | humanize",
            id="a rate with all its decimals; 0 has none",
        ),
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: dict[str, Any], right: dict[str, Any], says: str, told_of_alert: Told
) -> None:
    told = told_of_alert(check, **{"expr": BY_POD, **wrong})
    assert [says in message for message in told] == [True], told
    assert told_of_alert(check, **{"expr": BY_POD, **right}) == []
