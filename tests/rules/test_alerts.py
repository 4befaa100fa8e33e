"""Hand-written alerts: what code adds to them, and what it leaves alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import alerts, build, document
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import RulesError
from firebrigade.rules.rulefile import Rule

Write = Callable[[str, str], Path]

ALERT = """\
team: web
dashboard: shop
groups:
  - name: shop
    interval: 30s
    rules:
      - record: shop:orders:rate5m
        expr: sum(rate(orders_total[5m]))
      - alert: ShopDown
        expr: up{service="shop"} == 0
        for: 1m
        keep_firing_for: 5m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.pod }} ${1}", description: "up is {{ $value }}"}
        runbook: service-down
"""


def _rules(write: Write, text: str, surroundings: Surroundings) -> list[Rule]:
    groups = alerts.groups(document.read(write("shop.yaml", text)), surroundings)
    return [rule for group in groups for rule in group.rules]


def test_code_adds_the_links_and_the_files_team(write: Write, surroundings: Surroundings) -> None:
    _, rule = _rules(write, ALERT, surroundings)
    assert rule.labels == {"severity": "critical", "team": "web"}
    assert rule.annotations["runbook_url"] == surroundings.links.runbook_url.replace("{name}", "service-down")
    assert rule.annotations["dashboard_url"] == surroundings.links.dashboard_url.replace("{name}", "shop")


def test_everything_else_is_carried_through_as_it_is(write: Write, surroundings: Surroundings) -> None:
    record, rule = _rules(write, ALERT, surroundings)
    assert record.to_yaml() == {"record": "shop:orders:rate5m", "expr": "sum(rate(orders_total[5m]))"}
    assert (rule.hold, rule.keep_firing_for) == ("1m", "5m")
    assert rule.annotations["summary"] == "{{ $labels.pod }} ${1}"


def test_an_alert_says_its_own_team_and_dashboard_if_it_wants(write: Write, surroundings: Surroundings) -> None:
    text = ALERT.replace("severity: critical", "severity: critical, team: ops").replace(
        "runbook: service-down", "runbook: https://wiki.example/x\n        dashboard: other"
    )
    rule = _rules(write, text, surroundings)[1]
    assert rule.labels["team"] == "ops"
    assert rule.annotations["runbook_url"] == "https://wiki.example/x"
    assert rule.annotations["dashboard_url"].endswith("/d/other")


def test_a_rule_for_each_service_is_filled_in_once_per_service(write: Write, surroundings: Surroundings) -> None:
    text = ALERT.replace(
        'expr: up{service="shop"} == 0', "for_each: services\n        expr: absent(up{${matchers}})"
    ).replace("severity: critical", 'severity: critical, service: "${service}", deployment: "${deployment}"')
    rules = _rules(write, text, surroundings)[1:]
    assert len(rules) == len(surroundings.services)
    assert rules[1].expr == 'absent(up{service="ryot", namespace="neurectomy", deployment="ryot"})'
    assert rules[1].labels["deployment"] == "ryot"
    assert rules[-1].expr == 'absent(up{service="agents", namespace="agents"})'
    assert "deployment" not in rules[-1].labels, "a label that is empty for a service is left out"


def test_a_plain_prometheus_rule_file_is_an_alert_file(write: Write, surroundings: Surroundings) -> None:
    text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: vector(1)\n    labels: {severity: none}\n"
    (rule,) = _rules(write, text, surroundings)
    assert rule.to_yaml() == {"alert": "A", "expr": "vector(1)", "for": "0m", "labels": {"severity": "none"}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("alert: ShopDown", "alert: shop down", ":9: groups[0].rules[1].alert: ", id="a name with a blank"),
        pytest.param("for: 1m", "for: 1 minute", ":11: groups[0].rules[1].for: '1 minute' is not a duration", id="for"),
        pytest.param("for: 1m", "fro: 1m", ":11: groups[0].rules[1].fro: is not a key that is known", id="a typo"),
        pytest.param(
            "- alert: ShopDown",
            "- record: x\n        alert: ShopDown",
            ":9: groups[0].rules[1]: needs either",
            id="both",
        ),
        pytest.param(
            "{severity: critical}", "{severity: 1}", ":13: groups[0].rules[1].labels.severity: must be text", id="1"
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(
    old: str, new: str, expected: str, write: Write, surroundings: Surroundings
) -> None:
    path = write("shop.yaml", ALERT.replace(old, new, 1))
    with pytest.raises(RulesError) as error:
        alerts.groups(document.read(path), surroundings)
    told = [str(problem).removeprefix(str(path)) for problem in error.value.problems]
    assert any(one.startswith(expected) for one in told), told


def test_two_specs_that_would_overwrite_each_other_are_refused(write: Write, surroundings: Surroundings) -> None:
    one, other = write("a/shop.yaml", ALERT), write("b/shop.yaml", ALERT)
    with pytest.raises(RulesError, match="would overwrite the rule file") as error:
        build.compile_all([one, other], surroundings)
    assert "has the group shop" in str(error.value)
