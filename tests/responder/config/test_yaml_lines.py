"""YAML with lines: the booby traps of YAML, its bombs, and that every key's line is known."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.config_problems import Problems
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.yaml_lines import read_yaml


def read(text: str) -> Any:
    problems = Problems(source="f")
    value = read_yaml(text, problems)
    problems.raise_if_any()
    return value


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("NO", "NO"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("1:30:00", "1:30:00"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23 22:00", "2026-11-23 22:00"),
        ("5m", "5m"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("10", 10),
        ("-1", -1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("~", None),
        ("null", None),
        ("", None),
        ('"10"', "10"),
        ("'true'", "true"),
        ('""', ""),
        ("99999999999999999999999999", "99999999999999999999999999"),
    ],
)
def test_a_scalar_is_what_was_written(written: str, value: object) -> None:
    found = read(f"key: {written}\n")["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_key_is_always_text() -> None:
    assert read("on: 1\n12: 2\ntrue: 3\n") == {"on": 1, "12": 2, "true": 3}


def test_every_key_path_has_its_line() -> None:
    problems = Problems(source="f")
    read_yaml("a: 1\nb:\n  - x\n  - c: 2\n    d: [3,\n      4]\n", problems)
    expected = {("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4, ("b", 1, "d"): 5, ("b", 1, "d", 1): 6}
    assert {path: problems.lines[path] for path in expected} == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3: a is written twice (first in line 1)"),
        ("a:\n  b: 1\n  b: 2\n", "f:3: a.b is written twice (first in line 2)"),
        ("a: [1\nb: 2\n", "f:2: is not valid YAML"),
        ("a: b: c\n", "f:1: is not valid YAML: mapping values are not allowed"),
        ("a:\n\tb: 1\n", "f:2: is not valid YAML: a tab stands"),
        ("a: 1\n---\nb: 2\n", "a second document begins here"),
        ("a: *nowhere\n", "f:1: is not valid YAML: found undefined alias"),
        ("a: !!python/object/apply:os.system ['true']\n", "f:1: has a YAML tag"),
        ("a: !vault x\n", "f:1: has a YAML tag"),
        ("{severity: x}: 1\n", "f:1: a key must be a plain text"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", "f:3: merge keys (<<) are not supported"),
        ("a: &a [*a]\n", "an alias that contains itself"),
        ("a: \x00\n", "is not valid YAML"),
        ("[" * 60 + "]" * 60, "nested too deeply"),
        ("[" * 100_000, "is nested too deeply to be read"),
    ],
)
def test_what_is_no_plain_yaml_is_one_sentence_with_its_line(text: str, said: str) -> None:
    found = problem(text)
    assert said in found
    assert len(found.splitlines()) == 1


def test_a_billion_laughs_end_early() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert "is too large" in problem(bomb)


@given(st.text())
def test_any_text_is_read_or_refused_in_sentences(text: str) -> None:
    problems = Problems(source="f")
    read_yaml(text, problems)
    found: tuple[str, ...] = ()
    try:
        problems.raise_if_any()
    except ConfigError as error:
        found = error.problems
    assert all(sentence.startswith("f:") for sentence in found)
