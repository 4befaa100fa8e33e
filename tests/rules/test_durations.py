"""Durations compare as the lengths that they are."""

from datetime import timedelta

import pytest

from firebrigade.rules.durations import Duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0m", timedelta()),
        ("15ms", timedelta(milliseconds=15)),
        ("1m30s500ms", timedelta(seconds=90.5)),
        ("1d12h", timedelta(hours=36)),
        ("300", timedelta(minutes=5)),
        ("32d", timedelta(days=32)),
        ("1y", timedelta(days=365)),
    ],
)
def test_a_duration_is_as_long_as_it_says(text: str, length: timedelta) -> None:
    assert Duration(text).length == length


def test_a_month_is_longer_than_a_day() -> None:
    assert Duration("32d").length > timedelta(days=1)
    assert timedelta(days=31) < Duration("32d").length < timedelta(days=33)
