import copy
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.matchers import Matcher, format_matchers, match_all, parse_matcher, parse_matchers

READ = {
    "an equality": ('severity="critical"', [("severity", "=", "critical")]),
    "a regular expression": ('foo=~"a|b"', [("foo", "=~", "a|b")]),
    "a name outside ascii": ('"größe"="x"', [("größe", "=", "x")]),
    "a name outside ascii without quotes": ("größe=x", [("größe", "=", "x")]),
    "all four operators": (
        "a=1,b!=2,c=~3,d!~4",
        [("a", "=", "1"), ("b", "!=", "2"), ("c", "=~", "3"), ("d", "!~", "4")],
    ),
    "braces, spaces and a last comma": ('{ a = "b" , c != "d" , }', [("a", "=", "b"), ("c", "!=", "d")]),
    "braces without quotes": ("{a=b}", [("a", "=", "b")]),
    "no braces and no quotes": ("a=b,c=d", [("a", "=", "b"), ("c", "=", "d")]),
    "a value without quotes may hold spaces": ("a= b c ", [("a", "=", "b c")]),
    "a value without quotes may hold an operator": ("a=b=c", [("a", "=", "b=c")]),
    "a comma and a brace between quotes": ('{a="b,}",c="d"}', [("a", "=", "b,}"), ("c", "=", "d")]),
    "an escaped quote does not end a value": (r'a="say \"a,b\"",c=d', [("a", "=", 'say "a,b"'), ("c", "=", "d")]),
    "a backslash that escapes nothing stands for itself": (r'a=~"\d+\.\w"', [("a", "=~", r"\d+\.\w")]),
    "a doubled backslash is one": (r'a=~"\\d"', [("a", "=~", r"\d")]),
    "a line feed": (r'a="x\ny"', [("a", "=", "x\ny")]),
    "a line feed as itself": ('a="x\ny"', [("a", "=", "x\ny")]),
    "a backslash at the end": ("a=b\\", [("a", "=", "b\\")]),
    "an escape that only utf-8 mode knows stays as it is in classic text": (r'a="\u00e9"', [("a", "=", r"\u00e9")]),
    "an escape of utf-8 mode counts beside a quoted name": (
        r'"a b"="\u00e9\t\x41\101\U0001F600"',
        [("a b", "=", "é\tAA😀")],
    ),
    "a colon in a name": ("job:up=1", [("job:up", "=", "1")]),
    "an empty value": ("a=", [("a", "=", "")]),
    "an empty value between quotes": ('a=""', [("a", "=", "")]),
    "no matcher between braces": ("{}", []),
    "no text": ("", []),
}


@pytest.mark.parametrize(("text", "parts"), READ.values(), ids=READ)
def test_matchers_are_read_as_alertmanager_reads_them(text: str, parts: list[tuple[str, str, str]]) -> None:
    assert [(matcher.name, matcher.operator, matcher.value) for matcher in parse_matchers(text)] == parts


REFUSED = {
    "no operator": ("foo", "'foo' is not a matcher"),
    "no name": ('="x"', "is not a matcher"),
    "an empty quoted name": ('""="x"', "needs a label name"),
    "nothing between two commas": ("a=b,,c=d", "is not a matcher"),
    "only a comma": ("{,}", "is not a matcher"),
    "a quote that does not end": ('a="x', "unescaped double quote"),
    "a quote inside a value": ('a=b"c', "unescaped double quote"),
    "text after a quoted value": ('a="b"c', "unescaped double quote"),
    "one brace around a quoted name": ('{"a b"=c', "not a pair"),
    "a wrong escape beside a quoted name": (r'"a b"="\d"', "backslash"),
    "a character that does not exist": (r'"a b"="\UFFFFFFFF"', "no Unicode character"),
    "bytes that are not utf-8": (r'"a b"="\xff"', "not valid UTF-8"),
    "half a surrogate pair": (r'"a b"="\ud800"', "not valid UTF-8"),
    "look-ahead": ('a=~"(?=x)"', "RE2"),
    "look-behind": ('a=~"(?<!x)y"', "RE2"),
    "a back-reference": (r'a=~"(x)\1"', "RE2"),
    "a possessive quantifier": ('a=~"x++"', "RE2"),
    "an atomic group": ('a=~"(?>x)"', "RE2"),
    "a condition": ('a=~"(x)?(?(1)y|z)"', "RE2"),
    "python's end of text": (r'a=~"x\Z"', "RE2"),
    "a comment in an expression": ('a=~"(?#x)"', "RE2"),
    "an open bracket": ('a=~"["', "RE2"),
    "a thousand and one repetitions": ('a=~"x{1001}"', "RE2"),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_matcher_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refusal:
        parse_matchers(text)
    assert "\n" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("text", ["", "a=b,c=d"])
def test_exactly_one_matcher_is_expected_where_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="where one is expected"):
        parse_matcher(text)


MATCHED = {
    "a missing label is the empty string": ('a=""', {}, True),
    "a missing label differs from a value": ('a!="x"', {}, True),
    "a missing label meets an expression that the empty string meets": ('a=~"x*"', {}, True),
    "an expression matches the whole value": ('a=~"api"', {"a": "api-1"}, False),
    "an alternative matches the whole value": ('a=~"x|y"', {"a": "xz"}, False),
    "a dollar is not before a last line feed": ('a=~"x$"', {"a": "x\n"}, False),
    "a dot is no line feed": ('a=~".*"', {"a": "x\ny"}, False),
    "a digit is an ascii digit": (r'a=~"\d"', {"a": "٣"}, False),
    "a posix class": ('a=~"[[:alpha:]]+"', {"a": "abc"}, True),
    "a unicode class": (r'a=~"\p{Greek}"', {"a": "Σ"}, True),
    "folding of case is unicode's": ('a=~"(?i)GRÖSSE"', {"a": "grösse"}, True),
    "a negated expression": ('a!~"x.*"', {"a": "y"}, True),
    "a negated expression that matches": ('a!~"x.*"', {"a": "xy"}, False),
}


@pytest.mark.parametrize(("text", "labels", "expected"), MATCHED.values(), ids=MATCHED)
def test_labels_match_as_in_alertmanager(text: str, labels: dict[str, str], expected: bool) -> None:
    assert parse_matcher(text).matches(labels) is expected


def test_an_expression_that_backtracks_for_ages_elsewhere_is_done_at_once() -> None:
    assert not parse_matcher('a=~"(x+)+y"').matches({"a": "x" * 50_000})


def test_a_value_that_is_no_unicode_is_matched_as_alertmanager_stores_it() -> None:
    assert parse_matcher('a=~"x\ufffd"').matches({"a": "x\ud800"})


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
values = st.text(st.characters(exclude_categories=["Cs"]))
literal = st.builds(Matcher, names, st.sampled_from(["=", "!="]), values)
expressions = st.builds(
    Matcher, names, st.sampled_from(["=~", "!~"]), st.sampled_from(["a|b", r"\d+\"", "", ".*,}", "[{,]"])
)


@given(st.lists(literal | expressions))
def test_what_is_written_is_read_back(matchers: list[Matcher]) -> None:
    assert parse_matchers(format_matchers(matchers)) == tuple(matchers)
    assert parse_matchers(",".join(map(str, matchers))) == tuple(matchers)


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(ValueError):
        matchers = parse_matchers(text)
        assert parse_matchers(format_matchers(matchers)) == matchers


@given(values, values)
def test_equality_and_difference_never_agree(wanted: str, value: str) -> None:
    labels = {"a": value}
    assert Matcher("a", "=", wanted).matches(labels) is not Matcher("a", "!=", wanted).matches(labels)


def test_every_condition_must_be_met() -> None:
    matchers = parse_matchers("a=1,b!=2")
    assert match_all(matchers, {"a": "1"})
    assert not match_all(matchers, {"a": "1", "b": "2"})
    assert match_all((), {"a": "1"})


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(ValueError, match="none of"):
        Matcher("a", "==", "b")


def test_a_matcher_can_be_copied_pickled_and_hashed() -> None:
    matcher = parse_matcher('a=~"x|y"')
    assert copy.deepcopy(matcher) == pickle.loads(pickle.dumps(matcher)) == matcher
    assert {matcher} == {parse_matcher("a=~x|y")}
