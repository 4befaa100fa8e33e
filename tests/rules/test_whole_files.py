"""What fails with promtool and whole rule files fails with `rules test`, which gives a case only the rules it needs."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import commands

Write = Callable[[str, str], Path]

DOWN = "{alert: Down, expr: up == 0}"
UP = """{series: 'up{pod="a"}', values: '0x9'}"""
FIRES = """{eval_time: 5m, alertname: Down, exp_alerts: [{exp_labels: {pod: a}}]}"""
FILE = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [g]
tests:
  - name: a pod is down
    interval: 1m
    input_series: [%s]
    %s: [%s]
"""
SHARE = "{record: 'job:share', expr: errors / on (job) requests}"
ERRORS = """{series: 'errors{job="x", pod="a"}', values: '0x9'}"""
REQUESTS = (
    """{series: 'requests{job="x", pod="a"}', values: '1x9'}, {series: 'requests{job="x", pod="b"}', values: '1x9'}"""
)


def _outcome(write: Write, rules: str, tests: str) -> tuple[bool, commands.Outcome]:
    """Return whether promtool with the whole rule file is content, and what we say."""
    write("rules.yaml", f"groups: [{{name: g, rules: [{rules}]}}]")
    path = write("tests.yaml", tests)
    done = subprocess.run(["promtool", "test", "rules", str(path)], check=False, capture_output=True, timeout=60)
    return done.returncode == 0, commands.test([path])


@pytest.mark.parametrize(
    ("rules", "tests"),
    [
        pytest.param(
            f"{DOWN}, {SHARE}",
            FILE % (f"{UP}, {ERRORS}, {REQUESTS}", "alert_rule_test", FIRES),
            id="a record that nothing reads can't be evaluated",
        ),
        pytest.param(
            f"{DOWN}, {{alert: Else, expr: up ==}}",
            FILE % (UP, "alert_rule_test", FIRES),
            id="a rule that nothing reads is not PromQL",
        ),
        pytest.param(
            f"{DOWN}, {{record: 'a:b', expr: up, for: 1m}}",
            FILE % (UP, "alert_rule_test", FIRES),
            id="a key where it may not be",
        ),
        pytest.param(
            f"{DOWN}, {{record: 'alerts:all', expr: count by (alertname) (ALERTS)}},"
            """ {alert: Many, expr: '{__name__=~"alerts:.*", alertname="Down"} > 0'}""",
            FILE % (UP, "alert_rule_test", "{eval_time: 5m, alertname: Many, exp_alerts: []}"),
            id="a selector without a name finds a record by the label of an alert",
        ),
    ],
)
def test_what_fails_in_whole_files_fails(rules: str, tests: str, write: Write) -> None:
    content, ours = _outcome(write, rules, tests)
    assert not content
    failed = any(not case.passed for case in ours.cases) or any("would not load" in str(p) for p in ours.problems)
    assert failed, ours


@pytest.mark.parametrize(
    ("rules", "tests"),
    [
        pytest.param(
            f"{DOWN}, {{alert: Else, expr: up ==   2}}, {{alert: Else, expr: up ==   2}}",
            FILE % (UP, "alert_rule_test", FIRES),
            id="a rule that stands there twice, which Prometheus loads",
        ),
        pytest.param(
            DOWN,
            FILE % (UP, "promql_expr_test", """{expr: up, exp_samples: [{labels: 'up{pod="a"}', value: 0}]}"""),
            id="an expression without a time, which is at the beginning",
        ),
    ],
)
def test_what_holds_in_whole_files_holds(rules: str, tests: str, write: Write) -> None:
    content, ours = _outcome(write, rules, tests)
    assert content
    assert all(case.passed for case in ours.cases)
    assert not any("would not load" in str(problem) for problem in ours.problems)


def test_an_expression_that_only_another_version_knows_is_no_traceback(write: Write) -> None:
    _, ours = _outcome(
        write, f"{DOWN}, {{alert: Else, expr: 'of_the_future(up)'}}", FILE % (UP, "alert_rule_test", FIRES)
    )
    assert any("of_the_future" in str(problem) for problem in ours.problems)
