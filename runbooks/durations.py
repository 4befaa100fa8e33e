"""Durations as people write them: ``90s``, ``3m``, ``1h30m``. Used by the loader and by the actions' parameters."""

import re
from datetime import timedelta
from typing import Annotated

import promql_parser
from pydantic import BeforeValidator, PlainSerializer

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}


def parse_duration(text: object) -> timedelta:
    """Read a duration in Prometheus' notation, such as ``1h30m``.

    Args:
        text: one or more numbers, each with its unit (``ms s m h d w y``).

    Raises:
        ValueError: it is not one; a bare number has no unit and is refused too.
    """
    if isinstance(text, timedelta):
        return text
    # Not promql_parser.parse_duration: it takes a bare number for seconds and refuses 0s.
    if (
        not isinstance(text, str)
        or re.fullmatch(r"([0-9]{1,6}(ms|[smhdwy])){1,2}([0-9]{1,6}(ms|[smh])){0,5}", text) is None
    ):
        raise ValueError("write a duration with its unit, such as 90s, 3m or 1h30m")
    return sum((int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([a-z]+)", text)), timedelta())


def format_duration(value: timedelta) -> str:
    """Write a duration in the notation that ``parse_duration`` reads."""
    text: str = promql_parser.display_duration(value)
    return text


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
