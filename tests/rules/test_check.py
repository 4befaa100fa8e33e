"""What every alert must carry, told with file, line and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import build, check, commands, document
from firebrigade.rules.contract import Contract
from firebrigade.rules.library import Surroundings

Write = Callable[[str, str], Path]

ALERT = """\
team: web
dashboard: shop
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: min by (service, pod) (up) == 0
        for: 1m
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.pod }} is down"
          description: "up is {{ $value }}"
        runbook: service-down
"""
SLOTH = (
    "version: prometheus/v1\nservice: shop\nslos:\n  - name: orders\n    objective: 99.9\n"
    "    sli: {events: {error_query: 'rate(bad[{{.window}}])', total_query: 'rate(all[{{.window}}])'}}\n"
    "    alerting: {name: OrdersFail, page_alert: {labels: {severity: pageteam}}}\n"
)


def _problems(write: Write, text: str, contract: Contract, surroundings: Surroundings) -> list[str]:
    path = write("shop.yaml", text)
    compiled = build.compile_one(document.read(path), surroundings)
    return [
        str(p).removeprefix(str(path))
        for p in check.problems([compiled], contract, surroundings)
        if p.severity == "error"
    ]


def test_a_good_alert_has_no_error(write: Write, contract: Contract, surroundings: Surroundings) -> None:
    assert _problems(write, ALERT, contract, surroundings) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "(up) == 0", "(upp) == 0", ":7: groups[0].rules[0].expr: upp is not in the metric contract", id="metric"
        ),
        pytest.param("(up) == 0", "(up)", ":7: groups[0].rules[0].expr: compares with nothing", id="no limit"),
        pytest.param("(up) == 0", "(up == 0", ":7: groups[0].rules[0].expr: is not valid PromQL", id="no PromQL"),
        pytest.param(
            "by (service, pod)", "by (pod)", ":9: groups[0].rules[0].labels.service: is missing", id="no service"
        ),
        pytest.param(
            "by (service, pod)",
            "by (service)",
            ":11: groups[0].rules[0].annotations.summary: uses $labels.pod",
            id="lost label",
        ),
        pytest.param(
            "severity: critical",
            "severity: high",
            ":9: groups[0].rules[0].labels.severity: must be one of",
            id="severity",
        ),
        pytest.param(
            "severity: critical",
            'severity: critical, at: "{{ $value }}"',
            ":9: groups[0].rules[0].labels.at: changes",
            id="value",
        ),
        pytest.param("team: web\n", "", ":8: groups[0].rules[0].labels.team: is missing", id="no team"),
        pytest.param("dashboard: shop\n", "", ":5: groups[0].rules[0].dashboard: is missing", id="no dashboard"),
        pytest.param(
            "summary:", "headline:", ":10: groups[0].rules[0].annotations.summary: is missing", id="no summary"
        ),
        pytest.param(
            "runbook: service-down",
            "runbook: nothing",
            ":13: groups[0].rules[0].runbook: there is no runbook nothing",
            id="runbook",
        ),
        pytest.param(
            "        runbook: service-down\n", "", ":6: groups[0].rules[0].runbook: is missing", id="no runbook"
        ),
    ],
)
def test_what_is_missing_is_told_with_its_place(
    old: str, new: str, expected: str, write: Write, contract: Contract, surroundings: Surroundings
) -> None:
    problems = _problems(write, ALERT.replace(old, new, 1), contract, surroundings)
    assert any(problem.startswith(expected) for problem in problems), problems


def test_all_problems_are_told_at_once(write: Write, contract: Contract, surroundings: Surroundings) -> None:
    text = ALERT.replace("critical", "high").replace("team: web\n", "").replace("(up)", "(upp)")
    assert len(_problems(write, text, contract, surroundings)) == 3


def test_what_a_rule_records_may_be_read_with_the_labels_that_it_has(
    write: Write, contract: Contract, surroundings: Surroundings
) -> None:
    record = "      - {record: shop:up, expr: sum by (service) (up), labels: {kind: web}}\n"
    text = ALERT.replace("    rules:\n", f"    rules:\n{record}").replace("(up) == 0", '(shop:up{kind="web"}) == 0')
    problems = _problems(write, text, contract, surroundings)
    assert any("there is no pod, there is kind, service" in problem for problem in problems), problems
    good = text.replace("by (service, pod)", "by (service, kind)").replace("$labels.pod", "$labels.kind")
    good = good.replace("runbook: service-down", "runbook: high-error-rate")
    assert _problems(write, good, contract, surroundings) == []


def test_a_rule_file_that_is_not_what_its_spec_says_is_told(write: Write, surroundings: Surroundings) -> None:
    compiled = build.compile_one(document.read(write("shop.yaml", ALERT)), surroundings)
    assert check.stale([compiled], {compiled.file.name: compiled.file.text}) == []
    assert "not up to date" in check.stale([compiled], {})[0].message
    left = check.stale([compiled], {compiled.file.name: compiled.file.text, "slo-renamed.yaml": "groups: []"})
    assert [str(problem) for problem in left] == ["slo-renamed.yaml: is made from no spec any more; delete it"]


def test_what_sloth_has_no_place_for_is_only_a_warning(write: Write) -> None:
    problems = commands.check([write("shop.yaml", SLOTH)]).problems
    assert {problem.check for problem in problems} == {
        "alert/annotation",
        "alert/severity",
        "alert/team",
        "metric/unknown",
    }
    assert {problem.severity for problem in problems} == {"warning"}
    assert [(problem.key, problem.message) for problem in problems if problem.check == "alert/annotation"] == [
        ("slos[0].alerting", "has no runbook_url; add it to the annotations, or choose one for all with --runbook-url"),
        (
            "slos[0].alerting",
            "has no dashboard_url; add it to the annotations, or choose one for all with --dashboard-url",
        ),
    ]


def test_links_that_were_chosen_are_on_the_alerts_of_sloths_specs(write: Write) -> None:
    options = commands.Options(
        runbook_url="https://wiki.example/{name}", dashboard_url="https://grafana.example/d/{name}"
    )
    checked = commands.check([write("shop.yaml", SLOTH)], options=options)
    assert {problem.check for problem in checked.problems} == {"alert/severity", "alert/team", "metric/unknown"}


def test_specs_with_labels_and_windows_of_their_own_do_not_disturb_each_other(write: Write) -> None:
    own = (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: search, labels: {env: prod}}\nspec:\n  service: web\n"
        "  indicator: {spec: {ratioMetric: {counter: true,\n"
        "    bad: {metricSource: {type: Prometheus, spec: {query: sum(bad)}}},\n"
        "    total: {metricSource: {type: Prometheus, spec: {query: sum(all)}}}}}}\n"
        "  objectives: [{target: 0.999}]\n"
        "  alertPolicies: [{kind: AlertPolicy, spec: {conditions: [{kind: AlertCondition, metadata: {name: burns},\n"
        "    spec: {severity: page, condition: {threshold: 10, lookbackWindow: 1h}}}]}}]\n"
    )
    summed = SLOTH.replace("'rate(", "'sum(rate(").replace("])'", "]))'")
    checked = commands.check([write("shop.yaml", summed), write("web.yaml", own)])
    assert not checked.fails(), checked.problems
