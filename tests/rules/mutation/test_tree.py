"""Expressions as trees: what is read is what is written, whatever it is made of."""

from datetime import timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules import library
from firebrigade.rules.mutation import reading, writing
from firebrigade.rules.mutation.tree import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Matcher,
    Negation,
    Number,
    Selector,
    Subquery,
    Tree,
)

NAMES = st.sampled_from(["up", "a:b", "x_total"])
LABELS = st.lists(st.sampled_from(["pod", "service", "le"]), unique=True).map(tuple)
LENGTHS = st.sampled_from([timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=36)])
OFFSETS = st.sampled_from([timedelta(), timedelta(minutes=10), timedelta(minutes=-10)])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\x7f"), max_size=5)
MATCHERS = st.builds(Matcher, st.sampled_from(["pod", "job"]), st.sampled_from(["=", "!="]), VALUES) | st.builds(
    Matcher, st.just("status"), st.sampled_from(["=~", "!~"]), st.sampled_from([r"5..", r"a\.b|c", r"\d+", '"'])
)
NUMBERS = st.sampled_from(["0", "0.05", "300", "-1"]).map(Number)
SELECTORS = st.builds(
    Selector,
    name=NAMES,
    matchers=st.lists(MATCHERS, max_size=2).map(tuple),
    offset=OFFSETS,
    at=st.sampled_from(["", "end()", "5.5"]),
)
RATES = st.builds(lambda one, range_: Call("rate", (Selector(name=one, range=range_),)), NAMES, LENGTHS)


def _larger(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.builds(Aggregation, operator=st.just("sum"), expr=inner, grouping=st.just("by"), labels=LABELS),
        st.builds(Aggregation, operator=st.just("topk"), parameter=st.just(Number("3")), expr=inner),
        st.builds(Binary, operator=st.sampled_from(SET_OPERATORS), left=inner, right=inner),
        st.builds(Binary, operator=st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2"]), left=inner, right=inner),
        st.builds(Binary, operator=st.sampled_from(["-", "/", "^"]), left=inner, right=NUMBERS),
        st.builds(Binary, operator=st.sampled_from(["-", "/", "^"]), left=NUMBERS, right=inner),
        st.builds(Binary, operator=st.sampled_from(COMPARISONS), left=inner, right=NUMBERS, returns_bool=st.booleans()),
        st.builds(
            Binary,
            operator=st.sampled_from(["+", "/", ">"]),
            left=inner,
            right=inner,
            matching=st.sampled_from(["on", "ignoring"]),
            labels=st.just(("pod",)),
            side=st.sampled_from(["group_left", "group_right"]),
            included=st.sampled_from([(), ("service",)]),
        ),
        st.builds(Negation, inner),
        st.builds(
            lambda expr, range_, step: Call("max_over_time", (Subquery(expr=expr, range=range_, step=step),)),
            inner,
            LENGTHS,
            st.none() | LENGTHS,
        ),
    )


TREES = st.recursive(SELECTORS | RATES, _larger, max_leaves=6)


@given(TREES)
def test_what_is_written_is_read_as_the_same_tree(tree: Tree) -> None:
    assert reading.parse(writing.text(tree)) == tree


def test_every_expression_of_the_library_is_written_as_it_is_meant() -> None:
    expressions = [
        rule["expr"]
        for path in library.generated().glob("*.yaml")
        for group in yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["groups"]
        for rule in group["rules"]
    ]
    assert len(expressions) > 500
    trees = [reading.parse(expr) for expr in expressions]
    assert [reading.parse(writing.text(tree)) for tree in trees] == trees


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("(a or b) and c", "(a or b) and c", id="needed parentheses are kept"),
        pytest.param("a or (b and c)", "a or b and c", id="others are not"),
        pytest.param("a - (b - c)", "a - (b - c)", id="most operators group to the left"),
        pytest.param("(a ^ b) ^ c", "(a ^ b) ^ c", id="the power groups to the right"),
        pytest.param("-a ^ 2", "-(a ^ 2)", id="a minus reaches over the power"),
        pytest.param("x{a=~'1\\\\.5'}", 'x{a=~"1\\\\.5"}', id="a backslash stays one"),
        pytest.param("vector(Inf)", "vector(Inf)", id="infinity is a number"),
        pytest.param("x offset -5m @ start()", "x offset -5m @ start()", id="a time after all"),
    ],
)
def test_an_expression_is_written_in_one_way(text: str, written: str) -> None:
    assert writing.text(reading.parse(text)) == written


@pytest.mark.parametrize("text", ["sum(", "", 'x{a="1" or b="2"}'])
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        reading.parse(text)
