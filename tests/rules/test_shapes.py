"""Expressions of one shape are judged alike, so only what no check can see may be left out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules.contract import Series
from firebrigade.rules.promql.shapes import Shapes

LABELS = frozenset({"id", "window"})
SHAPES = Shapes(
    [
        Series(name="a", kind="recorded", labels=LABELS, values={"id": ("x", "y"), "window": ("1h",)}),
        Series(name="b", kind="recorded", labels=LABELS, values={"id": ("x",), "window": ("5m",)}),
    ]
)
VALUES = st.text(alphabet="pqr=~{},", min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param('m{job="p"}', 'm{job="q"}', id="a value that nobody lists"),
        pytest.param('m{job="p"} / n{job="p"}', 'm{job="q"} / n{job="q"}', id="equal values stay equal"),
        pytest.param('m{job = "p\\"}"}', 'm{job="q"}', id="a value with a quote in it"),
    ],
)
def test_expressions_have_one_shape(one: str, other: str) -> None:
    assert SHAPES.of(one) == SHAPES.of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param('m{job="p"} / n{job="p"}', 'm{job="p"} / n{job="q"}', id="values that differ from each other"),
        pytest.param('a{id="x"}', 'a{id="y"}', id="values that other series have"),
        pytest.param('a{window="1h"}', 'a{window="1d"}', id="a value that nobody has"),
        pytest.param('m{job="p"}', 'm{job=""}', id="the empty value, which means that there is no label"),
        pytest.param('m{job="p"}', 'm{job!="p"}', id="another operator"),
        pytest.param('m{job=~"p"}', 'm{job=~"q"}', id="a pattern"),
        pytest.param('m{job="p", job=~"p.*"}', 'm{job="q", job=~"p.*"}', id="a value beside a pattern"),
        pytest.param('{__name__="p"}', '{__name__="q"}', id="a name"),
        pytest.param('label_replace(m, "a", "p", "", "")', 'label_replace(m, "a", "q", "", "")', id="other texts"),
    ],
)
def test_expressions_have_two_shapes(one: str, other: str) -> None:
    assert SHAPES.of(one) != SHAPES.of(other)


@given(VALUES, VALUES, VALUES, VALUES)
def test_a_shape_is_which_values_are_equal(a: str, b: str, c: str, d: str) -> None:
    one, other = (f'm{{job="{left}"}} / n{{pod="{right}"}}' for left, right in ((a, b), (c, d)))
    assert (SHAPES.of(one) == SHAPES.of(other)) is ((a == b) is (c == d))
