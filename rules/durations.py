"""Durations as Prometheus writes them (``5m``, ``1d12h``), with their text kept for names and labels."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import promql_parser
from pydantic import BeforeValidator

# Unit, milliseconds, and whether it is only used when nothing is left over.
_UNITS = (
    ("y", 365 * 86_400_000, True),
    ("w", 7 * 86_400_000, True),
    ("d", 86_400_000, False),
    ("h", 3_600_000, False),
    ("m", 60_000, False),
    ("s", 1_000, False),
    ("ms", 1, False),
)
_PART = re.compile(r"(\d+)(ms|[smhdwy])")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; ``text`` is how Prometheus prints it, and how recorded series are named."""

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


def of(length: timedelta) -> Duration:
    """Return a length as Prometheus prints it: ``60m`` is ``1h``, and ``28d`` is ``4w``, but ``30d`` stays.

    The same as ``Duration.String`` of https://pkg.go.dev/github.com/prometheus/common/model.
    """
    milliseconds = length // timedelta(milliseconds=1)
    if not milliseconds:
        return Duration("0m")  # Prometheus prints 0s; rules say it of `for`, which is counted in minutes
    parts: list[str] = []
    for unit, size, exact in _UNITS:
        if exact and milliseconds % size:
            continue
        count, milliseconds = divmod(milliseconds, size)
        parts += [f"{count}{unit}"] if count else []
    return Duration("".join(parts))


def _length(text: str) -> timedelta:
    if text in {"0", "0s", "0m"}:  # the parser refuses zero, Prometheus takes it for `for`
        return timedelta()
    parsed = promql_parser.parse_duration(text)
    # The parser gives 32d as 0 days and 2,764,800 seconds, which Python finds shorter than a day, and 15ms as 15
    # microseconds. So it says whether the text is right, and the sum is made here.
    parts = _PART.findall(text)
    sizes = {unit: size for unit, size, _ in _UNITS}
    milliseconds = sum(int(count) * sizes[unit] for count, unit in parts)
    return timedelta(milliseconds=milliseconds) if parts else timedelta(seconds=parsed.total_seconds())


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a duration such as 5m, 1h or 3d")  # noqa: TRY004 (pydantic takes ValueError only)
    try:
        _length(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a duration; write it like 5m, 1h or 3d") from None
    return of(_length(value))


def parse(text: str) -> Duration:
    """Return a duration that somebody wrote, such as ``90m``.

    Raises:
        ValueError: it is none; the message says so.
    """
    return _duration(text)


DurationField = Annotated[Duration, BeforeValidator(_duration)]
