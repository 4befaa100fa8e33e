"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        ("2w1d", timedelta(days=15)),
        ("250ms", timedelta(milliseconds=250)),
        ("0", timedelta()),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "5", "5 m", "m5", "-5m", "1.5h", "30m1h", "5m5m", "1y", "5M", "٥m", "999999999w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|is longer"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=10_000)))
def test_what_is_formatted_is_read_back(duration: timedelta) -> None:
    duration -= timedelta(microseconds=duration.microseconds % 1000)
    assert parse_duration(format_duration(duration)) == duration


def test_a_negative_duration_is_formatted_with_a_minus() -> None:
    assert format_duration(timedelta(minutes=-5)) == "-5m"
