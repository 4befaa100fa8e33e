"""From one objective to its rule groups: recorded ratios, error budget and alerts. ``build.py`` calls ``groups``."""

from firebrigade.rules.rulefile import Group
from firebrigade.rules.slo import budget, burnalerts, nodata, recordings, slothalerts
from firebrigade.rules.slo.objectives import Objective

# Long windows take one sample a minute, so evaluating them more often would tell nothing new.
_INTERVAL = "1m"


def groups(objective: Objective, *, sloth: bool = False) -> tuple[Group, ...]:
    """Return two groups: ratios with their alerts, evaluated together, and the budget, which nobody is woken by.

    Args:
        objective: what to make rules for.
        sloth: alert as Sloth does, with one page and one ticket, instead of one alert for each tier.
    """
    name = f"slo-{objective.id}"
    own = (recordings.histories, burnalerts.rules, nodata.rules)
    alerts = [rule for rules in ((slothalerts.rules,) if sloth else own) for rule in rules(objective)]
    return (
        Group(name=name, interval=_INTERVAL, rules=(*recordings.rules(objective), *alerts)),
        Group(name=f"{name}-budget", interval=_INTERVAL, rules=tuple(budget.rules(objective))),
    )
