"""What follows from a quiet case: it must be quiet at every evaluation, after a restart, and while scrapes fail."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules import contract, library
from firebrigade.rules.contract import Contract
from firebrigade.rules.testing import cases, disturbances, samples
from firebrigade.rules.testing.casecache import RunsCases
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.promtool import Promtool

BUNDLED = contract.load()
DERIVED = [case for path in library.tests() for case in disturbances.cases(cases.load(path), BUNDLED)]

RULE = """\
groups:
  - name: api
    rules:
      - alert: Broken
        expr: {expr}
        labels: {{severity: warning}}
"""
CASE = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [api]
tests:
  - name: all is well
    interval: 1m
    input_series: [{series: 'neurectomy_http_requests_total{status="200"}', values: '0+100x30'}]
    alert_rule_test: [{eval_time: 30m, alertname: Broken, exp_alerts: []}]
"""


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in DERIVED])
def test_a_quiet_alert_stays_quiet(case: Case, promtool_cases: RunsCases) -> None:
    result = promtool_cases.run_case(case)
    assert result.passed, f"{result.file}:{result.line}\n{result.output}"


def _derived(write: Callable[[str, str], Path], expr: str, contract: Contract) -> dict[str, bool]:
    write("rules.yaml", RULE.format(expr=expr))
    (made,) = disturbances.cases(cases.load(write("case.yaml", CASE)), contract)
    tests = {test["name"].removeprefix("all is well, "): test for test in made.content["tests"]}
    alone = {name: dataclasses.replace(made, content={**made.content, "tests": [tests[name]]}) for name in tests}
    assert Promtool().run_case(made).passed == all(Promtool().run_case(case).passed for case in alone.values())
    return {name: Promtool().run_case(case).passed for name, case in alone.items()}


ALL, RESTART, SCRAPES = (
    "at every evaluation",
    "also when all counters begin at 0 again",
    "also when scrapes fail for two minutes",
)


@pytest.mark.parametrize(
    ("expr", "noisy"),
    [
        pytest.param("rate(neurectomy_http_requests_total[5m]) > 9", set(), id="a sound rule"),
        pytest.param("neurectomy_http_requests_total < 150", {ALL, RESTART, SCRAPES}, id="noisy after a cold start"),
        pytest.param("delta(neurectomy_http_requests_total[5m]) < -50", {RESTART}, id="noisy after a restart"),
        pytest.param(
            "count_over_time(neurectomy_http_requests_total[5m]) < 5 and neurectomy_http_requests_total > 500",
            {SCRAPES},
            id="noisy when scrapes fail",
        ),
        pytest.param("absent(neurectomy_http_requests_total)", set(), id="one that may speak of missing series"),
    ],
)
def test_a_noisy_rule_is_noticed(
    expr: str, noisy: set[str], write: Callable[[str, str], Path], contract: Contract
) -> None:
    derived = _derived(write, expr, contract)
    assert {name for name, passed in derived.items() if not passed} == noisy


def test_a_series_in_a_form_that_is_not_known_here_is_left_to_promtool(
    write: Callable[[str, str], Path], contract: Contract
) -> None:
    write("rules.yaml", RULE.format(expr="x > 1"))
    native = CASE.replace("'0+100x30'", "'{{schema:1 sum:1 count:1}}'")
    assert disturbances.cases(cases.load(write("case.yaml", native)), contract) == ()


def test_every_threshold_alert_is_disturbed() -> None:
    loaded = [cases.load(path) for path in library.tests()]
    wanted = {
        rule["alert"]
        for one in loaded
        for rule in one.rules.by_place.values()
        if "alert" in rule and "slo" not in rule["labels"] and rule["labels"]["severity"] != "none"
    }
    tests = [test for case in DERIVED for test in case.content["tests"]]
    looked = {look["alertname"] for test in tests for look in test["alert_rule_test"]}
    assert wanted - looked == set()


@pytest.mark.parametrize(
    ("values", "expanded"),
    [
        pytest.param("1 2.5 -3", ["1", "2.5", "-3"], id="single values"),
        pytest.param("0+10x3", ["0", "10", "20", "30"], id="growing"),
        pytest.param("5-2x2", ["5", "3", "1"], id="falling"),
        pytest.param("7x2", ["7", "7", "7"], id="the same"),
        pytest.param("_x2 1 stale _", ["_", "_", "1", "stale", "_"], id="missing and stale"),
        pytest.param("0.1+0.2x2", ["0.1", "0.3", "0.5"], id="fractions without noise"),
        pytest.param("1+1x2 Inf NaNx1", ["1", "2", "3", "Inf", "NaN", "NaN"], id="no numbers"),
    ],
)
def test_values_are_taken_apart(values: str, expanded: list[str]) -> None:
    assert samples.expand(values) == expanded


def test_what_is_no_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"'\{\{schema:1\}\}' is no value of a series"):
        samples.expand("1 {{schema:1}}")


@given(start=st.integers(0, 99), step=st.integers(0, 99), count=st.integers(2, 40), part=st.floats(0.1, 0.9))
def test_a_restarted_counter_grows_as_before_from_zero_on(start: int, step: int, count: int, part: float) -> None:
    values = samples.expand(f"{start}+{step}x{count}")
    at = max(1, int(part * len(values)))
    restarted = samples.restarted(values, at)
    assert restarted[:at] == values[:at]
    assert [int(one) for one in restarted[at:]] == [step * number for number in range(1, len(values) - at + 1)]


@given(count=st.integers(1, 40), at=st.integers(0, 40), length=st.integers(1, 10))
def test_an_interrupted_series_is_as_long_as_before(count: int, at: int, length: int) -> None:
    values = samples.expand(f"0+1x{count}")
    at = min(at, count)
    interrupted = samples.interrupted(values, at, length)
    assert len(interrupted) == len(values)
    assert interrupted[at] == "stale"
    assert interrupted[at + length :] == values[at + length :]
