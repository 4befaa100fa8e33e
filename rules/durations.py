"""Durations as Prometheus writes them (``5m``, ``1d12h``), with their text kept for names and labels."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import promql_parser
from pydantic import BeforeValidator


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; ``text`` is how the file says it, and how recorded series are named."""

    text: str

    @property
    def length(self) -> timedelta:
        """The length."""
        return _length(self.text)

    @property
    def seconds(self) -> int:
        """The length in whole seconds."""
        return int(self.length.total_seconds())

    def __str__(self) -> str:
        return self.text


def _length(text: str) -> timedelta:
    if text in {"0", "0s", "0m"}:  # the parser refuses zero, Prometheus takes it for `for`
        return timedelta()
    return promql_parser.parse_duration(text)


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a duration such as 5m, 1h or 3d")  # noqa: TRY004 (pydantic takes ValueError only)
    try:
        _length(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a duration; write it like 5m, 1h or 3d") from None
    return Duration(value)


DurationField = Annotated[Duration, BeforeValidator(_duration)]
