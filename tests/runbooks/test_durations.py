"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.durations import format_duration, parse_duration


@settings(deadline=None)
@given(st.integers(0, 10**7))
def test_what_is_written_is_read_again(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_the_notation_is_prometheus_own() -> None:
    assert parse_duration("1h30m") == timedelta(hours=1, minutes=30)


@pytest.mark.parametrize("text", ["3", 3, 3.5, "", "m", "-3m", "3 m", "1m 2s", "PT3M", None, True, "3m\n", "٣m"])
def test_anything_else_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="such as"):
        parse_duration(text)
