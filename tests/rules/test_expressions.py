"""Which labels a result carries, and what an expression selects."""

import pytest

from firebrigade.rules.promql import expressions

SERIES = {
    "a": frozenset({"pod", "service", "le"}),
    "b": frozenset({"pod", "zone"}),
}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("a", {"pod", "service", "le"}, id="a selector carries its series' labels"),
        pytest.param("sum(a)", set(), id="an aggregation without grouping drops all"),
        pytest.param("sum by (pod, nothing) (a)", {"pod"}, id="by keeps what is there"),
        pytest.param("sum without (pod) (a)", {"service", "le"}, id="without drops what it names"),
        pytest.param("topk(3, a)", {"pod", "service", "le"}, id="topk keeps whole series"),
        pytest.param("rate(a[5m])", {"pod", "service", "le"}, id="a rate keeps the labels"),
        pytest.param("max_over_time(rate(a[5m])[1h:1m])", {"pod", "service", "le"}, id="so does a subquery"),
        pytest.param("histogram_quantile(0.9, rate(a[5m]))", {"pod", "service"}, id="a quantile uses le up"),
        pytest.param('label_replace(b, "team", "$1", "pod", "(.*)")', {"pod", "zone", "team"}, id="a label is added"),
        pytest.param('absent(a{pod="x", service=~"y"})', {"pod"}, id="absent gives its equality matchers back"),
        pytest.param("vector(1)", set(), id="a vector of one number has none"),
        pytest.param("a > 5", {"pod", "service", "le"}, id="a limit keeps the labels"),
        pytest.param("5 < a", {"pod", "service", "le"}, id="also from the right"),
        pytest.param("-a", {"pod", "service", "le"}, id="also under a sign"),
        pytest.param("a / on (pod) b", {"pod"}, id="on keeps only what it matches by"),
        pytest.param("a / ignoring (le, service) b", {"pod"}, id="ignoring drops what it names"),
        pytest.param(
            "a * on (pod) group_left (zone) b", {"pod", "service", "le", "zone"}, id="many to one adds labels"
        ),
        pytest.param("b * on (pod) group_right () a", {"pod", "service", "le"}, id="one to many keeps the right's"),
        pytest.param("a and on (pod) b", {"pod", "service", "le"}, id="and keeps the left's"),
        pytest.param("a unless b", {"pod", "service", "le"}, id="unless keeps the left's"),
        pytest.param("a or b", {"pod"}, id="or is sure of what both have"),
        pytest.param("a / scalar(b)", {"pod", "service", "le"}, id="a scalar has no labels to match"),
        pytest.param("unknown", None, id="an unknown series may carry anything"),
        pytest.param("sum by (pod) (unknown)", {"pod"}, id="until it is grouped"),
        pytest.param("unknown and a", None, id="one unknown side makes the result unknown"),
    ],
)
def test_the_labels_of_a_result(text: str, labels: set[str] | None) -> None:
    assert expressions.output_labels(expressions.parse(text), SERIES.get) == labels


def test_selectors_come_with_their_ranges_and_matchers() -> None:
    found = list(expressions.selectors(expressions.parse('rate(a{pod="x"}[5m]) / b and {__name__="c"}')))
    assert [(s.name, s.range is None, len(s.matchers)) for s in found] == [
        ("a", False, 1),
        ("b", True, 0),
        ("c", True, 0),
    ]


def test_what_is_not_promql_says_why() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        expressions.parse("sum(")
