"""What Prometheus' query API answers, as plain records; None for what is no such answer. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One series of an answer, and the moments at which it has a value, in seconds since 1970."""

    labels: Mapping[str, str]
    times: Sequence[float]
    values: Sequence[float]


Streams = Sequence[Stream]


def number(data: Any) -> float | None:
    """Return the value of a scalar."""
    try:
        value = float(data["result"][1]) if data["resultType"] == "scalar" else math.nan
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return value if math.isfinite(value) else None


def streams(data: Any) -> Streams | None:
    """Return the series of an instant vector or of a matrix."""
    try:
        if data["resultType"] == "vector":
            return [_stream(one["metric"], [one["value"]]) for one in data["result"]]
        if data["resultType"] == "matrix":
            return [_stream(one["metric"], one["values"]) for one in data["result"]]
        if data["resultType"] == "scalar":
            return [_stream({}, [data["result"]])]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None
    return None


def _stream(metric: Mapping[str, str], samples: Sequence[Sequence[Any]]) -> Stream:
    return Stream(
        labels={str(name): str(value) for name, value in metric.items() if name != "__name__"},
        times=[float(sample[0]) for sample in samples],
        values=[float(sample[1]) for sample in samples],
    )
