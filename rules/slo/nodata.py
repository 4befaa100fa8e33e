"""What an objective can't say by burning: that its events are gone, that nothing happens, that too little happens.

``burnrate.py`` calls ``rules``. A burn-rate alert is blind to a service that vanished and, with a minimum of events, to
one that is hardly used. None of these alerts wakes anybody because a service is merely idle.
"""

from collections.abc import Iterator, Mapping

from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo.objectives import Events, Objective, Ratio
from firebrigade.rules.slo.series import BASE, error_ratio, selected, total_rate
from firebrigade.rules.windows import Tier

_MISSING_HOLD, _IDLE_HOLD = Duration("5m"), Duration("1h")


def rules(objective: Objective) -> Iterator[Rule]:
    """Yield the alerts of one objective; without tiers nobody wants to be told, and there are none."""
    if not objective.tiers:
        return
    yield _missing(objective)
    if isinstance(objective.sli, Events) and objective.up:
        yield _idle(objective)
        if objective.minimum_events:
            yield _low(objective)


def _missing(objective: Objective) -> Rule:
    """Return the alert that takes over from a burn-rate alert whose series have gone away."""
    known = selected(objective, error_ratio(BASE) if isinstance(objective.sli, Ratio) else total_rate(BASE))
    gone = f"absent({known})"
    return _rule(
        objective,
        "SloDataMissing",
        f"{gone}\nunless on ()\n{_is_up(objective)}" if objective.up else gone,
        hold=_MISSING_HOLD,
        # Without `up` nobody knows whether the service is gone or has just not been asked since it started.
        severity=_loudest(objective).severity if objective.up else "warning",
        texts={
            "summary": f"Nobody knows whether {objective.service} meets its objective {objective.name}",
            "description": (
                f"The series that count the events of {objective.name} are gone, and no target of "
                f"{objective.service} can be scraped: it is down, or it was renamed. "
                "Its burn-rate alerts stay as they were for a while and can't fire any more."
            ),
        },
    )


def _idle(objective: Objective) -> Rule:
    total = selected(objective, total_rate(BASE))
    return _rule(
        objective,
        "SloIdle",
        f"max by (sloth_id) ({total} == 0 or absent({total}))\nand on ()\n{_is_up(objective)}",
        hold=_IDLE_HOLD,
        severity="info",
        texts={
            "summary": f"{objective.service} is up and nothing happens that {objective.name} counts",
            "description": (
                f"There was no event for {_IDLE_HOLD}. Unless this is a quiet time, look at what calls it."
            ),
        },
    )


def _low(objective: Objective) -> Rule:
    window, least = _quickest_ticket(objective).long, objective.minimum_events
    base = selected(objective, total_rate(BASE))
    events = f"max by (sloth_id) ({selected(objective, total_rate(window))}) * {window.seconds} < {least}"
    # A service that has just started has had few events so far.
    known = (
        f"max by (sloth_id) (count_over_time({base}[{window}:{BASE}])) * {BASE.seconds} > {window.seconds * 9 // 10}"
    )
    return _rule(
        objective,
        "SloTrafficLow",
        f"{events}\nand\n{known}\nand on ()\n{_is_up(objective)}",
        hold=_IDLE_HOLD,
        severity="warning",
        texts={
            "summary": f"{objective.service} has too few events for the alerts of {objective.name}",
            "description": (
                f'There were {{{{ $value | printf "%.0f" }}}} events over the last {window}. Below {least} no alert '
                f"that looks at {window} or less can fire: lower minimum_events, or send test requests."
            ),
        },
    )


def _quickest_ticket(objective: Objective) -> Tier:
    """Return the tier whose long window decides that traffic is low: a whole day, where there is such a tier."""
    tickets = [tier for tier in objective.tiers if not tier.is_page] or list(objective.tiers)
    return min(tickets, key=lambda tier: tier.long.seconds)


def _loudest(objective: Objective) -> Tier:
    return max(objective.tiers, key=lambda tier: ("info", "warning", "critical").index(tier.severity))


def _is_up(objective: Objective) -> str:
    return f"max({objective.up}) == 1"


def _rule(
    objective: Objective, name: str, expr: str, *, hold: Duration, severity: str, texts: Mapping[str, str]
) -> Rule:
    shared = objective.alerting.no_data
    labels = {"severity": severity, "service": objective.service, **shared.labels, "slo": objective.name}
    return Rule(
        alert=name,
        expr=expr,
        hold=hold.text,
        labels=labels,
        annotations={**texts, **shared.annotations},
        origin=objective.alert_at,
    )
