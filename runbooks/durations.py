"""Durations as people write them: ``90s``, ``3m``, ``1h30m``. Used by the loader and by the actions' parameters."""

import re
from datetime import timedelta
from typing import Annotated

import promql_parser
from pydantic import BeforeValidator, PlainSerializer


def parse_duration(text: object) -> timedelta:
    """Read a duration in Prometheus' notation, such as ``1h30m``.

    Args:
        text: one or more numbers, each with its unit (``ms s m h d w y``).

    Raises:
        ValueError: it is not one; a bare number has no unit and is refused too.
    """
    if isinstance(text, timedelta):
        return text
    # The parser takes a bare number for seconds; in YAML that is more often a forgotten unit.
    if not isinstance(text, str) or re.fullmatch(r"(\d+(ms|[smhdwy]))+", text) is None:
        raise ValueError("write a duration with its unit, such as 90s, 3m or 1h30m")
    parsed: timedelta = promql_parser.parse_duration(text)
    return parsed


def format_duration(value: timedelta) -> str:
    """Write a duration in the notation that ``parse_duration`` reads."""
    text: str = promql_parser.display_duration(value)
    return text


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
