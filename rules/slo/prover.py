"""Whether the alerts of an objective can work at all: tiers that could never fire, or never before a louder one.

Each reader of specs calls ``problems`` with what it read. It runs nothing; how fast alerts really are is measured
elsewhere, by promtool.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Server
from firebrigade.rules.problems import Problem
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.windows import Tier

# rate() needs two samples. With four in a range, one scrape may fail and one may come late.
SCRAPES = 4


def problems(objective: Objective, server: Server, source: Document) -> tuple[Problem, ...]:
    """Return what makes an objective's alerts useless, each as a problem at the objective's key.

    Args:
        objective: as read.
        server: the Prometheus that will evaluate it.
        source: its file.
    """
    sentences = (*_unreachable(objective), *_contradictions(objective), *_forgotten(objective, server))
    told = [source.problem(objective.percent_at, sentence) for sentence in sentences]
    return (*told, *(source.problem(objective.origin, sentence) for sentence in _too_short(objective, server)))


def _unreachable(objective: Objective) -> Iterator[str]:
    for tier in objective.tiers:
        factor = tier.factor(objective.windows.period)
        if objective.threshold(tier) >= 1:
            yield (
                f"tier {tier.tier} can never fire: at {factor.normalize():f} times the even pace more than all events "
                f"fail; use an objective above {100 * (1 - 1 / factor):.2f} or leave the tier out"
            )


def _contradictions(objective: Objective) -> Iterator[str]:
    """Yield pairs of which the one with longer windows is the stricter one: it could never fire first."""
    period = objective.windows.period
    for one, other in combinations(objective.tiers, 2):
        quick, slow = sorted((one, other), key=lambda tier: tier.long.seconds)
        if quick.long.seconds < slow.long.seconds and slow.factor(period) >= quick.factor(period):
            yield (
                f"tier {slow.tier} looks at {slow.long} and still asks for {_pace(slow, period)}, and {quick.tier} "
                f"fires at {_pace(quick, period)} within {quick.long}; lower the budget_percent of {slow.tier}"
            )
        elif not _louder(quick, slow):
            yield (
                f"tier {quick.tier} burns faster than {slow.tier} and is the quieter one; "
                "give the faster tier the more severe severity"
            )


def _louder(quick: Tier, slow: Tier) -> bool:
    order = ("info", "warning", "critical")
    return order.index(quick.severity) >= order.index(slow.severity)


def _pace(tier: Tier, period: Duration) -> str:
    return f"{tier.factor(period).normalize():f} times the even pace"


def _forgotten(objective: Objective, server: Server) -> Iterator[str]:
    period, retention = objective.windows.period, server.retention
    if period.length > retention.length:
        yield (
            f"Prometheus forgets after {retention}, before the period of {period} is over; "
            f"keep at least {period} (--storage.tsdb.retention.time) or use a shorter period"
        )


def _too_short(objective: Objective, server: Server) -> Iterator[str]:
    least = SCRAPES * server.scrape_interval.seconds
    for tier in objective.tiers:
        if tier.short.seconds < least:
            seconds = Decimal(tier.short.seconds) / SCRAPES
            yield (
                f"tier {tier.tier} looks at {tier.short}, which is less than {SCRAPES} scrapes of "
                f"{server.scrape_interval}; scrape every {seconds.normalize():f}s or leave the tier out"
            )
