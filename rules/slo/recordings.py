"""The share of bad events over each window of an objective, as recording rules.

``burnrate.py`` calls ``rules``. Bad and all events are recorded apart, so that long windows and the period are sums of
events: a quiet night counts for as little as it had requests, which a mean of ratios gets wrong.
"""

from collections.abc import Iterator
from decimal import Decimal

from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo.objectives import Events, Objective, Ratio
from firebrigade.rules.slo.series import BASE, error_rate, error_ratio, history, identity, number, selected, total_rate

# From here on a window is a sum over recorded series. A rate over three days of raw samples reads 17,280 for each
# series at every evaluation; the sum reads one a minute, however many series there are.
LONG_SECONDS = 86_400
# Less than the base window, so that every event is in several of its ranges and none falls between two of them:
# since Prometheus 3.0 a range leaves its left edge out.
_STEP = Duration("1m")


def rules(objective: Objective) -> Iterator[Rule]:
    """Yield the rules of an objective's windows, whether or not alerts look at them: the base first, then by length."""
    tiers = (*objective.tiers, *objective.recorded)
    windows = {window.text: window for tier in tiers for window in (tier.short, tier.long)}
    windows.setdefault(BASE.text, BASE)
    ordered = sorted(windows.values(), key=lambda window: (window != BASE, window.seconds))
    for window in ordered:
        yield from _window(objective, window)


def histories(objective: Objective) -> Iterator[Rule]:
    """Yield how much there is of each long window of a ticket: the whole of it, except after a cold start."""
    for window in {tier.long.text: tier.long for tier in objective.tiers if not tier.is_page}.values():
        yield _history(objective, window)


def late_seconds(evaluate_seconds: int) -> int:
    """Return by how much a window from a day on is late.

    What happens now reaches the rate of five minutes little by little, half of it late on average, and between two
    evaluations the sum takes the last one's rate.
    """
    return (BASE.seconds + evaluate_seconds - _STEP.seconds) // 2


def over_events(objective: Objective, window: Duration, step: Duration) -> Iterator[Rule]:
    """Yield a window's rules as sums over the base window's series, at one sample for each step."""
    samples = Decimal(window.seconds) / step.seconds
    for name in (error_rate, total_rate):
        base = selected(objective, name(BASE))
        expr = f"sum_over_time({base}[{window}:{step}]) / {number(samples)}"
        yield _rule(objective, name(window), expr, window)
    yield _rule(objective, error_ratio(window), _quotient(objective, window), window)


def _window(objective: Objective, window: Duration) -> Iterator[Rule]:
    if isinstance(objective.sli, Ratio):
        # A comparison drops the NaN of 0 / 0, which would otherwise poison every longer window that it is in.
        expr = f"({objective.sli.error.over(window)}) >= 0"
        yield _rule(objective, error_ratio(window), expr, window)
    elif window.seconds < LONG_SECONDS:
        yield from _raw(objective, objective.sli, window)
    else:
        yield from over_events(objective, window, _STEP)


def _raw(objective: Objective, events: Events, window: Duration) -> Iterator[Rule]:
    for name, query in ((error_rate, events.error), (total_rate, events.total)):
        labels = {**identity(objective), "sloth_window": window.text}
        yield Rule(record=name(window), expr=query.over(window), labels=labels, origin=query.at)
    yield _rule(objective, error_ratio(window), _quotient(objective, window), window)


def _quotient(objective: Objective, window: Duration) -> str:
    """Return a share that is 0 where there are no errors yet (no series) and where there is no traffic (0 / 0)."""
    errors, total = (selected(objective, name(window)) for name in (error_rate, total_rate))
    return f"{errors} / ({total} > 0)\nor\n0 * {total}"


def _history(objective: Objective, window: Duration) -> Rule:
    """Return how much of a window there is: less than all of it after a cold start, or after data was lost."""
    known = error_ratio(BASE) if isinstance(objective.sli, Ratio) else total_rate(BASE)
    samples = Decimal(window.seconds) / _STEP.seconds
    # Before 3.0 a range includes both its ends: all of a day is 1.0007 there.
    expr = f"count_over_time({selected(objective, known)}[{window}:{_STEP}]) / {number(samples)}"
    return _rule(objective, history(window), expr, window)


def _rule(objective: Objective, name: str, expr: str, window: Duration) -> Rule:
    labels = {**identity(objective), "sloth_window": window.text}
    return Rule(record=name, expr=expr, labels=labels, origin=objective.origin)
