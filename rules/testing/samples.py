"""promtool's notation for the values of a series (``0+10x5 _ stale 3``), taken apart and put together again.

``disturbances.py`` uses it to change what a written case feeds an alert. Values are kept as text: nothing is computed
but what the notation says (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series).
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

MISSING, STALE = "_", "stale"
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:Inf|NaN)"
_GROWING = re.compile(
    rf"(?P<start>{_NUMBER})(?:(?P<step>[-+](?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?))?x(?P<times>\d+)"
)
_MISSING_TIMES = re.compile(r"_x(?P<times>\d+)")


def expand(values: str) -> list[str]:
    """Return one entry for each sample: a number, ``_`` where there is none, or ``stale``.

    Raises:
        ValueError: a part is in none of these forms, such as a native histogram.
    """
    return [sample for part in values.split() for sample in _expanded(part)]


def written(samples: Sequence[str]) -> str:
    """Return samples as promtool reads them."""
    return " ".join(samples)


def restarted(samples: Sequence[str], at: int) -> list[str]:
    """Return a counter that begins at 0 again with the sample ``at``, and grows as before."""
    before = next((Decimal(one) for one in reversed(samples[:at]) if _is_number(one)), Decimal(0))
    return [*samples[:at], *(f"{Decimal(one) - before:f}" if _is_number(one) else one for one in samples[at:])]


def interrupted(samples: Sequence[str], at: int, length: int) -> list[str]:
    """Return a series that is gone from the sample ``at`` on for ``length`` samples, and back as if nothing was."""
    return [*samples[:at], STALE, *[MISSING] * (length - 1), *samples[at + length :]][: len(samples)]


def _expanded(part: str) -> Iterator[str]:
    if part in {MISSING, STALE} or _is_number(part):
        yield part
    elif match := _MISSING_TIMES.fullmatch(part):
        yield from [MISSING] * int(match["times"])
    elif match := _GROWING.fullmatch(part):
        yield from _grown(match["start"], match["step"] or "0", int(match["times"]))
    else:
        raise ValueError(f"{part!r} is no value of a series")


def _grown(start: str, step: str, times: int) -> Iterator[str]:
    """Yield ``a+bxn``: the first value and n more."""
    if not Decimal(start).is_finite():
        yield from [start] * (times + 1)
        return
    yield from (f"{Decimal(start) + Decimal(step) * number:f}" for number in range(times + 1))


def _is_number(text: str) -> bool:
    return re.fullmatch(_NUMBER, text) is not None
