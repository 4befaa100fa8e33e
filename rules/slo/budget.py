"""What is left of an objective's error budget, as recording rules with Sloth's names. Nobody is woken by them.

``burnrate.py`` calls ``rules``.
"""

from collections.abc import Iterator
from decimal import Decimal

from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo import recordings
from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.slo.series import BASE, error_ratio, identity, number, selected

_STEP = BASE  # 8,640 samples for a period of 30 days; a finer step would cost more and tell the same


def rules(objective: Objective) -> Iterator[Rule]:
    """Yield the rules of one objective's budget, each after those that it reads."""
    period, budget = objective.windows.period, number(objective.error_budget)
    days = number(Decimal(period.seconds) / 86_400)
    yield _rule(objective, "slo:objective:ratio", f"vector({number(objective.percent / 100)})")
    yield _rule(objective, "slo:error_budget:ratio", f"vector({budget})")
    yield _rule(objective, "slo:time_period:days", f"vector({days})")
    yield from _over_period(objective, period)
    for name, window in (("current", BASE), ("period", period)):
        ratio = selected(objective, error_ratio(window))
        yield _rule(objective, f"slo:{name}_burn_rate:ratio", f"{ratio} / {budget}")
    remaining = f"1 - {selected(objective, 'slo:period_burn_rate:ratio')}"
    yield _rule(objective, "slo:period_error_budget_remaining:ratio", remaining)
    yield _info(objective)


def _over_period(objective: Objective, period: Duration) -> Iterator[Rule]:
    if isinstance(objective.sli, Events):
        yield from recordings.over_events(objective, period, _STEP)
        return
    # All that is known of a ratio is the ratio: a busy hour counts for as much as a quiet one.
    expr = f"avg_over_time({selected(objective, error_ratio(BASE))}[{period}:{_STEP}])"
    labels = {**identity(objective), "sloth_window": period.text}
    yield Rule(record=error_ratio(period), expr=expr, labels=labels, origin=objective.origin)


def _info(objective: Objective) -> Rule:
    about = {
        "sloth_mode": "firebrigade",
        "sloth_objective": number(objective.percent),
        "sloth_spec": objective.spec,
        "sloth_version": "firebrigade",
    }
    return Rule(
        record="sloth_slo_info",
        expr="vector(1)",
        labels={**identity(objective), **about},
        origin=objective.origin,
    )


def _rule(objective: Objective, name: str, expr: str) -> Rule:
    return Rule(record=name, expr=expr, labels=identity(objective), origin=objective.origin)
