"""``when``: matchers mean what Alertmanager's mean, and a step says why it is skipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder import matchers
from firebrigade.runbooks.conditions import parse_matcher, unmet
from firebrigade.runbooks.contract import Json

LABELS = {"severity": "critical", "pod": "api-1"}
VALUES = st.text(alphabet='ab-."\\\n|é*', max_size=6)


@given(operator=st.sampled_from(["=", "!="]), value=VALUES, label=VALUES)
def test_a_matcher_means_what_it_means_in_a_route(operator: str, value: str, label: str) -> None:
    text = str(matchers.Matcher("pod", operator, value))
    assert parse_matcher(text).matches({"pod": label}) is matchers.parse_matcher(text).matches({"pod": label})


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ('severity="critical"', True),
        ('severity!="critical"', False),
        ('pod=~"api-.*"', True),
        ('pod=~"api"', False),
        ('pod!~"api-.*|web-.*"', False),
        ('team=""', True),
        ('team!=""', False),
        (' severity = "critical" ', True),
    ],
)
def test_expressions_are_anchored_and_a_missing_label_is_empty(text: str, met: bool) -> None:
    assert parse_matcher(text).matches(LABELS) is met
    assert matchers.parse_matcher(text).matches(LABELS) is met


@pytest.mark.parametrize("text", ["severity", 'severity=critical"', "severity=critical", 'a="b",c="d"', 'a=~"("', ""])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_matcher(text)


FOUND: Json = {"step": [{"name": "Look", "result": ["OOMKilled", "Error"]}]}


@pytest.mark.parametrize(
    ("when", "results", "reason"),
    [
        pytest.param({}, {}, "", id="no conditions"),
        pytest.param({"labels": ['severity="critical"']}, {}, "", id="a label that is as asked"),
        pytest.param(
            {"labels": ['severity="critical"', 'pod="x"']},
            {},
            "pod=\"x\" does not hold, pod is 'api-1'",
            id="one label of two that is not",
        ),
        pytest.param(FOUND, {"Look": "Error"}, "", id="one of the words"),
        pytest.param(FOUND, {"Look": "ready"}, "Look came to ready, not to OOMKilled or Error", id="another word"),
        pytest.param(FOUND, {}, "Look came to nothing, not to OOMKilled or Error", id="a step that was refused"),
        pytest.param(
            {"labels": ['pod="x"'], **FOUND}, {"Look": "Error"}, "pod=\"x\" does not hold, pod is 'api-1'", id="both"
        ),
    ],
)
def test_all_conditions_must_hold(when: Json, results: dict[str, str], reason: str) -> None:
    assert unmet(when, LABELS, results) == reason


def test_a_hostile_label_is_said_on_one_short_line() -> None:
    reason = unmet({"labels": ['pod="x"']}, {"pod": "a\n" + "b" * 500}, {})
    assert "\n" not in reason
    assert len(reason) < 150


def test_an_expression_that_would_take_for_ever_does_not() -> None:
    assert not parse_matcher('pod=~"(a+)+b"').matches({"pod": "a" * 5000})
