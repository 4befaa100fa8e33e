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
    ],
)
def test_a_mistake_is_told_and_its_neighbour_is_not(
    check: str, wrong: dict[str, Any], right: dict[str, Any], says: str, told_of_alert: Told
) -> None:
    told = told_of_alert(check, **{"expr": BY_POD, **wrong})
    assert [says in message for message in told] == [True], told
    assert told_of_alert(check, **{"expr": BY_POD, **right}) == []
