"""What is written is what is read back, whatever it is."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from firebrigade.rules import yamltext

TEXT = (
    st.text() | st.text("ab: #-{}[]\"'\n\t|>&*!%@`,?0y~=", max_size=12) | st.from_regex(r"[a-z0-9]+m?", fullmatch=True)
)
DATA = st.recursive(
    TEXT | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(data=st.dictionaries(TEXT, DATA, min_size=1, max_size=4))
@example(data={"next line": "\x85", "more": [["\x85"], "Σ\nü"]})
@example(
    data={"a": "b: c", "d": "e #f", "yes": "no", "g": "5m", "h": "1e3", "i": "\U0001f525 \u2028", "j": "x\n y\n\nz"}
)
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    assert yaml.safe_load(yamltext.text(data)) == data
    assert yaml.load(yamltext.text(data), Loader=yaml.CSafeLoader) == data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("sum(rate(x[5m])) > 0.05", "a: sum(rate(x[5m])) > 0.05\n", id="an expression is plain"),
        pytest.param("x > 1\nand\ny > 2", "a: |-\n  x > 1\n  and\n  y > 2\n", id="several lines are a block"),
        pytest.param("5m", "a: 5m\n", id="a duration is plain"),
        pytest.param("5", 'a: "5"\n', id="a number in a label stays a string"),
        pytest.param("true", 'a: "true"\n', id="so does a word with a meaning"),
        pytest.param("{{ $value }} errors", 'a: "{{ $value }} errors"\n', id="what looks like a mapping is quoted"),
    ],
)
def test_rules_look_as_people_write_them(value: str, written: str) -> None:
    assert yamltext.text({"a": value}) == written
