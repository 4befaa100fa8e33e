"""How many pods a rolling update adds and takes away next. Pure arithmetic on replica counts.

The rules are those of Kubernetes' deployment controller; ``deployments.py`` applies them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One replica set's replicas: wanted, and available of those."""

    wanted: int
    available: int


def share(value: int | str, total: int, *, round_up: bool) -> int:
    """Return a count, or a percentage of ``total`` such as ``25%``, as a count."""
    if isinstance(value, int):
        return value
    exact = int(value.rstrip("%")) * total / 100
    return math.ceil(exact) if round_up else math.floor(exact)


def limits(spec: dict[str, object]) -> tuple[int, int]:
    """Return (maxSurge, maxUnavailable) of a deployment's spec as counts; both zero would never move."""
    strategy = spec["strategy"]
    rolling = strategy.get("rollingUpdate") if isinstance(strategy, dict) else None
    replicas = spec["replicas"]
    if not isinstance(replicas, int) or not isinstance(rolling, dict):
        return 0, 0
    surge = share(rolling["maxSurge"], replicas, round_up=True)
    unavailable = min(share(rolling["maxUnavailable"], replicas, round_up=False), replicas)
    return surge, (1 if surge == 0 and unavailable == 0 else unavailable)


def grown(replicas: int, surge: int, new: Size, old: Sequence[Size]) -> int:
    """Return how many replicas the new replica set may have next."""
    if new.wanted >= replicas:
        return replicas
    room = replicas + surge - new.wanted - sum(size.wanted for size in old)
    return new.wanted + min(max(room, 0), replicas - new.wanted)


def shrunk(replicas: int, unavailable: int, new: Size, old: Sequence[Size]) -> list[int]:
    """Return how many replicas each old replica set (oldest first) keeps next.

    Replicas that serve nobody go first; those that serve go as far as enough others are available.
    """
    least = replicas - unavailable
    everything = new.wanted + sum(size.wanted for size in old)
    spare = everything - least - (new.wanted - new.available)
    if spare <= 0:
        return [size.wanted for size in old]
    kept = _without_unavailable(spare, old)
    serving = new.available + sum(size.available for size in old)
    return _without(max(serving - least, 0), kept)


def _without_unavailable(spare: int, old: Sequence[Size]) -> list[int]:
    kept = []
    for size in old:
        gone = min(spare, max(size.wanted - size.available, 0))
        spare -= gone
        kept.append(size.wanted - gone)
    return kept


def _without(count: int, wanted: Sequence[int]) -> list[int]:
    kept = []
    for replicas in wanted:
        gone = min(count, replicas)
        count -= gone
        kept.append(replicas - gone)
    return kept


def proportional(replicas: int, surge: int, wanted: Sequence[int]) -> list[int]:
    """Return the sizes after a scaling in the middle of a rollout: the change is shared in proportion.

    ``wanted`` is ordered as the shares are given out: the largest first, so that rounding falls on the first.
    """
    allowed = replicas + surge if replicas > 0 else 0
    total = sum(wanted)
    missing = allowed - total
    if missing == 0 or total == 0:
        return list(wanted)
    sizes, given = [], 0
    for size in wanted:
        part = round(size * allowed / total) - size
        part = min(max(part, 0), missing - given) if missing > 0 else max(min(part, 0), missing - given)
        given += part
        sizes.append(size + part)
    sizes[0] = max(sizes[0] + missing - given, 0)
    return sizes
