"""Queries with labels in them: a label's value changes which series are looked at and never what is asked."""

import re

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.promql import check_query, placeholders, render_query

# What a label can hold: Prometheus takes only UTF-8.
VALUES = st.text(st.characters(codec="utf-8"), max_size=60)
ATTACKS = {
    "a quote that ends the value": '"} or vector(1) or up{a="',
    "a single quote": "'} or vector(1) #",
    "a backslash before the quote": "\\",
    "a line break": "a\n} or vector(1)",
    "everything, as a regular expression": ".*",
    "an alternative": "a|b",
    "another placeholder": "$deployment",
    "a brace": "}",
    "a backtick": "`",
    "a comment": "# nothing",
}


def matcher(query: str) -> promql_parser.Matcher:
    """Return the only matcher of the only selector."""
    expression = promql_parser.parse(query)
    assert isinstance(expression, promql_parser.VectorSelector)
    (found,) = expression.matchers.matchers
    return found


@pytest.mark.parametrize("value", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_attack_stays_inside_its_matcher(value: str, quote: str) -> None:
    query = f"up{{pod={quote}$pod{quote}}}"
    assert matcher(render_query(query, {"pod": value})).value == value


@settings(deadline=None)
@given(VALUES, st.sampled_from(['"', "'"]))
def test_any_value_comes_out_of_the_parser_as_it_went_in(value: str, quote: str) -> None:
    rendered = render_query(f"up{{pod={quote}$pod{quote}}}", {"pod": value})
    assert matcher(rendered).value == value


@settings(deadline=None)
@given(VALUES)
def test_in_a_regular_expression_a_value_means_only_itself(value: str) -> None:
    found = matcher(render_query('up{pod=~"$pod-[0-9]+"}', {"pod": value})).value
    assert re.fullmatch(found, value + "-12")
    assert not re.fullmatch(found, value + "x-12")


@settings(deadline=None)
@given(VALUES)
def test_a_value_never_changes_the_shape_of_the_query(value: str) -> None:
    query = 'min(up{a="$a", b=~"x|$b"}) == bool 1 and on () (max(rate(errors{a!="$a"}[5m])) < bool 0.5)'
    plain, hostile = (render_query(query, {"a": one, "b": one}) for one in ("plain", value))
    assert _shape(hostile) == _shape(plain)


def _shape(query: str) -> list[str]:
    names: list[str] = []

    def visit(node: object) -> bool:
        found = [matcher.name for matcher in node.matchers.matchers] if hasattr(node, "matchers") else []
        names.append(f"{type(node).__name__} {found}")
        return True

    promql_parser.walk(promql_parser.parse(query), visit, lambda _: True)
    return names


def test_a_lone_surrogate_becomes_something_that_can_be_sent() -> None:
    render_query('up{pod="$pod"}', {"pod": "\ud800"}).encode()


def test_only_matcher_values_are_filled_in() -> None:
    query = 'label_replace(up{pod="$pod"}, "a", "$1", "b", "(.*)") # "$pod"'
    assert render_query(query, {"pod": "p", "1": "no"}) == query.replace('{pod="$pod"}', '{pod="p"}')
    assert placeholders(query) == {"pod"}


def test_a_label_that_the_alert_lacks_is_an_error() -> None:
    with pytest.raises(KeyError, match="pod"):
        render_query('up{pod="$pod"}', {})


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("up{", "not PromQL"),
        ("up[5m]", "instant vector"),
        ('"up"', "instant vector"),
        ("up == 1", "bool"),
        ("(up > 0) and up", "bool"),
        ("up and (up != 0)", "bool"),
        ("((up)) >= 1", "bool"),
        ('label_replace(up, "a", "$pod", "b", "")', "not the value of a matcher"),
        ('{"$pod"}', "not the value of a matcher"),
        ("up{pod=`$pod`}", "backticks"),
        ("up{$pod}", "not PromQL"),
        ("", "not PromQL"),
    ],
)
def test_what_a_verification_may_not_ask(query: str, problem: str) -> None:
    assert problem in (check_query(query) or "")


@pytest.mark.parametrize(
    "query",
    [
        "up",
        "min(up) == bool 1",
        "1 - 0.5",
        "vector(1)",
        "sum(rate(errors[5m])) / sum(rate(all[5m])) < bool 0.05",
        "(up == bool 1) and (down == bool 0)",
        'up{pod="$pod", job!~"$job|x"}',
        "count(up == 1) == bool 3",
    ],
)
def test_what_a_verification_may_ask(query: str) -> None:
    assert check_query(query) is None
