"""Test files over which promtool would say SUCCESS, or nothing, are refused before it runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing import cases, coverage
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]

RULES = """\
groups:
  - name: first
    rules:
      - alert: Down
        expr: up == 0
        for: 2m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.pod }} is down"}
"""
FIRING = """\
      - eval_time: 7m
        alertname: Down
        exp_alerts: [{exp_labels: {severity: critical, pod: a}, exp_annotations: {summary: a is down}}]
"""
TESTS = f"""\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [first]
tests:
  - name: a pod is down for a while
    interval: 1m
    input_series: [{{series: 'up{{pod="a"}}', values: '1x4 0x4 1x9'}}]
    alert_rule_test:
      - {{eval_time: 6m, alertname: Down, exp_alerts: []}}
{FIRING}      - {{eval_time: 12m, alertname: Down, exp_alerts: []}}
  - name: a pod is up
    interval: 1m
    input_series: [{{series: 'up{{pod="a"}}', values: '1x20'}}]
    alert_rule_test:
      - {{eval_time: 15m, alertname: Down}}
"""


@pytest.fixture
def rules(write: Write) -> Path:
    """A rule file beside the test files."""
    return write("rules.yaml", RULES)


def _refused(write: Write, text: str) -> list[str]:
    with pytest.raises(RulesError) as error:
        cases.load(write("tests.yaml", text))
    return [f"{problem.line} {problem.key}: {problem.message}" for problem in error.value.problems]


@pytest.mark.usefixtures("rules")
class TestSilentPasses:
    """Each of these gives SUCCESS and exit code 0 with promtool 2.42, or hangs on luck."""

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            pytest.param(
                "[rules.yaml]", "[rule.yaml]", "1 rule_files[0]: rule.yaml matches no file", id="no rule file"
            ),
            pytest.param("[rules.yaml]", "['r[^a]*.yaml']", "1 rule_files[0]: excludes", id="a pattern of Go alone"),
            pytest.param("[rules.yaml]", "['*.yml']", "1 rule_files[0]: *.yml matches no file", id="an empty pattern"),
            pytest.param("alertname: Down}", "alertname: Dwon}", "there is no alert Dwon", id="a misspelled alert"),
            pytest.param("    interval: 1m\n", "", "5 tests[0].interval: is missing", id="no interval"),
            pytest.param("group_eval_order: [first]\n", "", "group_eval_order: is missing", id="no order of groups"),
            pytest.param(
                "[first]", "[second]", "3 group_eval_order: must name each group", id="an order of other groups"
            ),
            pytest.param(
                "name: a pod is up",
                "name: a pod is down for a while",
                "tests[1].name: is there twice",
                id="a name twice",
            ),
            pytest.param(
                "    interval",
                "    start_timestamp: 0\n    interval",
                "start_timestamp: is not a key",
                id="a key of 3.9",
            ),
        ],
    )
    def test_it_is_refused_with_its_place(self, old: str, new: str, told: str, write: Write) -> None:
        problems = _refused(write, TESTS.replace(old, new, 1))
        assert any(told in problem for problem in problems), problems

    def test_a_file_without_tests_is_refused(self, write: Write) -> None:
        assert "tests: " in _refused(write, TESTS.partition("tests:")[0] + "tests: []\n")[0]

    def test_a_case_that_asserts_nothing_is_refused(self, write: Write) -> None:
        problems = _refused(write, TESTS.partition("  - name: a pod is up")[0] + "  - {name: x, interval: 1m}\n")
        assert "asserts nothing" in problems[0]


@pytest.mark.usefixtures("rules")
def test_each_case_becomes_a_file_of_its_own_that_promtool_takes(write: Write, tmp_path: Path) -> None:
    loaded = cases.load(write("tests.yaml", TESTS))
    assert [case.name for case in loaded.cases] == ["a pod is down for a while", "a pod is up"]
    assert [len(yaml.safe_load(cases.files([case])["test.yaml"])["tests"]) for case in loaded.cases] == [1, 1]
    assert all(Promtool().run_case(case).passed for case in loaded.cases)


def _missing(write: Write, text: str) -> tuple[Problem, ...]:
    return coverage.problems([cases.load(write("tests.yaml", text))])


@pytest.mark.usefixtures("rules")
class TestCoverage:
    """Every alert is seen firing, pending, quiet and resolved."""

    def test_four_moments_are_enough(self, write: Write) -> None:
        assert _missing(write, TESTS) == ()

    @pytest.mark.parametrize(
        ("cut", "told"),
        [
            pytest.param(TESTS[TESTS.index("  - name: a pod is up") :], "never fires", id="no quiet case"),
            pytest.param(
                "      - {eval_time: 6m, alertname: Down, exp_alerts: []}\n", "before `for`", id="not pending"
            ),
            pytest.param("      - {eval_time: 12m, alertname: Down, exp_alerts: []}\n", "quiet again", id="no resolve"),
        ],
    )
    def test_a_moment_that_no_case_shows_is_told(self, cut: str, told: str, write: Write) -> None:
        (problem,) = _missing(write, TESTS.replace(cut, ""))
        assert told in problem.message

    def test_an_alert_that_is_never_expected_has_no_firing_case(self, write: Write) -> None:
        problems = _missing(write, TESTS.replace(FIRING, ""))
        assert any("in which it fires" in problem.message for problem in problems)

    def test_an_alert_of_the_same_name_with_other_labels_does_not_count(self, write: Write) -> None:
        write("rules.yaml", RULES + RULES.partition("rules:\n")[2].replace("critical", "warning"))
        told = [problem.message for problem in _missing(write, TESTS)]
        assert any("in which it fires" in message for message in told), told

    def test_an_alert_that_reads_no_series_needs_only_to_fire(self, write: Write) -> None:
        write("rules.yaml", RULES.replace("up == 0", "vector(1)"))
        assert _missing(write, TESTS.replace("alertname: Down}", "alertname: Down, exp_alerts: []}")) == ()
