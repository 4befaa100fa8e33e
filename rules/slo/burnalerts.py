"""One alert for each tier of an objective: both its windows burn the budget too fast.

``burnrate.py`` calls ``rules``. The method is that of chapter 5 of the SRE workbook
(https://sre.google/workbook/alerting-on-slos/), with three things added: too few events wake nobody, a ticket waits
until its share of the budget is really spent, and an alert whose data goes away does not resolve.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Context, Decimal

from firebrigade.rules import durations
from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.slo.series import error_ratio, history, number, selected, total_rate
from firebrigade.rules.windows import Tier

# A service that dies takes its own series along, and its page with them. The last state stands until SloDataMissing
# (nodata.py) has fired, which it does ten minutes after the last scrape.
KEPT = Duration("15m")


def rules(objective: Objective) -> Iterator[Rule]:
    """Yield the alert of each tier; they share a name and differ in ``tier``, ``long`` and ``short``."""
    for tier in objective.tiers:
        yield Rule(
            alert=objective.alerting.name,
            expr=_condition(objective, tier),
            hold=tier.hold.text,
            labels=_labels(objective, tier),
            annotations=_annotations(objective, tier),
            origin=objective.alert_at,
        )


def _condition(objective: Objective, tier: Tier) -> str:
    threshold = number(objective.threshold(tier))
    long, short = (_latest(objective, error_ratio(window)) for window in (tier.long, tier.short))
    parts = [f"{long} > {threshold}" if tier.is_page else _spent(objective, tier, long), f"{short} > {threshold}"]
    if objective.minimum_events and isinstance(objective.sli, Events):
        rate = _latest(objective, total_rate(tier.long))
        parts.append(f"{rate} * {tier.long.seconds} >= {objective.minimum_events}")
    return "\nand\n".join(parts)


def _spent(objective: Objective, tier: Tier, long: str) -> str:
    """Return a ticket's long half. Time without history counts as good: a new service has had no bad three days."""
    share = _latest(objective, history(tier.long))
    return f"{long}\nand\n{long} * {share} > {number(objective.threshold(tier))}"


def _latest(objective: Objective, name: str) -> str:
    return f"max without (sloth_window) (last_over_time({selected(objective, name)}[{KEPT}]))"


def _labels(objective: Objective, tier: Tier) -> Mapping[str, str]:
    return {
        "severity": tier.severity,
        "service": objective.service,
        **objective.alerting.added(tier).labels,
        "slo": objective.name,
        "sloth_severity": "page" if tier.is_page else "ticket",  # what Sloth's dashboards and routes ask for
        "tier": tier.tier,
        "long": tier.long.text,
        "short": tier.short.text,
    }


def _annotations(objective: Objective, tier: Tier) -> Mapping[str, str]:
    period, factor = objective.windows.period, tier.factor(objective.windows.period)
    about = f"{objective.service} spends its {objective.name} budget"
    return {
        "summary": f"{about} at more than {number(factor)} times the even pace",
        "description": (
            f"The share of errors was {{{{ $value | humanizePercentage }}}} over the last {tier.long} (objective "
            f"{number(objective.percent)}% good over {period}). Good are: {objective.description}"
        ),
        "budget_spent": f"more than {number(_rounded(tier.budget_percent))}% within {tier.long}",
        "exhausted_in": f"less than {_exhausted(period, factor)} for a whole budget",
        **objective.alerting.added(tier).annotations,
    }


def _rounded(percent: Decimal) -> Decimal:
    """Return a share that somebody can read; one that follows from a burn rate may have no last digit."""
    return Context(prec=4).plus(percent)


def _exhausted(period: Duration, factor: Decimal) -> Duration:
    """Return how long a whole budget lasts at a burn rate, in whole minutes."""
    minutes = int(Decimal(period.seconds) / factor / 60)
    return durations.of(timedelta(minutes=minutes))
