"""The panels of one SLO, and the dashboard of a service that has SLOs: specs made from objectives.

Everything that they show is recorded by the rules of the SLO under Sloth's names. ``dashboards.py`` builds them like
any written spec, and ``check.py`` judges them like one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from firebrigade.rules.durations import Duration
from firebrigade.rules.grafana.limits import COLORS
from firebrigade.rules.grafana.spec import COLUMNS, Color, Dashboard, Panel, Query, Row, State, Threshold, Unit
from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.slo.series import BASE, error_rate, error_ratio, number, selected, total_rate
from firebrigade.rules.windows import Tier

Thresholds = tuple[Threshold, ...]

_BESIDE = 4
_HEIGHT = 7
_STATES = (
    State(value=1, text="pending", color="yellow"),
    State(value=2, text="firing", color="red"),
)


def uid(service: str) -> str:
    """Return the uid of the dashboard of a service's SLOs."""
    return f"slo-{service}"[:40].rstrip("-")


def dashboard(service: str, objectives: Sequence[Objective]) -> Dashboard:
    """Return the dashboard of a service's SLOs."""
    return Dashboard(
        uid=uid(service),
        title=f"SLOs of {service}",
        description=(
            f"What {service} has promised, how much of its error budgets is left, and how fast they are spent. "
            "A budget alert fires while both windows of a tier burn faster than the tier's factor."
        ),
        tags=("slo",),
        span=Duration("1d"),
        refresh=Duration("1m"),
        rows=tuple(Row(slo=objective.id) for objective in objectives),
    )


def row(objective: Objective) -> Row:
    """Return the panels of one SLO: what was promised, what is left, what is spent now, and each tier's windows."""
    title = f"{objective.name}: {number(objective.percent)}% over {objective.windows.period}"
    alerted = (*_tiers(objective), _alerts(objective)) if objective.tiers else ()
    return Row(title=title, panels=(*_now(objective), *_history(objective), *alerted))


def _now(objective: Objective) -> Iterator[Panel]:
    period = objective.windows.period
    factors = [_factor(objective, tier) for tier in objective.tiers]
    yield _stat(
        "Objective",
        f"The share of good events that is promised over {period}. Good are: {objective.description}",
        selected(objective, "slo:objective:ratio"),
        unit="percentunit",
        decimals=_decimals(objective.percent),
    )
    yield _stat(
        "Budget left",
        f"The share of the error budget of {period} that is not spent. Below 0 the promise is broken.",
        selected(objective, "slo:period_error_budget_remaining:ratio"),
        unit="percentunit",
        decimals=1,
        thresholds=_remaining(),
    )
    yield _stat(
        "Burn rate now",
        f"How many times faster than evenly the budget was spent over the last {BASE}. At 1 it lasts exactly {period}.",
        selected(objective, "slo:current_burn_rate:ratio"),
        suffix="x",
        thresholds=_above((Decimal(1), "orange"), *(((max(factors), "red"),) if factors else ())),
    )
    yield _stat(
        "Burn rate of the period",
        f"The same over {period}: above 1 more was spent than there was.",
        selected(objective, "slo:period_burn_rate:ratio"),
        suffix="x",
        thresholds=_above((Decimal(1), "red")),
    )
    yield _stat(
        "Gone at this pace in",
        "How long the rest of the budget lasts if the last 5 minutes go on. Empty while nothing fails.",
        _lasts(objective),
        unit="s",
    )
    yield _stat(
        "Alerts firing",
        "Budget alerts of this objective that fire now.",
        f"count({_alert(objective, 'firing')}) or vector(0)",
        unit="none",
        thresholds=_above((Decimal(1), "red")),
    )


def _history(objective: Objective) -> Iterator[Panel]:
    yield Panel(
        title="Error budget left",
        description=f"The share of the budget of {objective.windows.period} that is left. It grows again when bad "
        "hours leave the period.",
        queries=(Query(expr=selected(objective, "slo:period_error_budget_remaining:ratio"), legend="left"),),
        unit="percentunit",
        maximum=1,
        thresholds=_remaining(),
    )
    if isinstance(objective.sli, Events):
        yield _events(objective)
    else:
        yield _share(objective)


def _events(objective: Objective) -> Panel:
    bad, all_events = (selected(objective, name(BASE)) for name in (error_rate, total_rate))
    good = f"{all_events} - {bad} or {all_events}"
    return Panel(
        title="Events per second",
        description=f"Good and bad events over 5 minutes. Good are: {objective.description}",
        queries=(Query(expr=good, legend="good"), Query(expr=bad, legend="bad")),
        unit="ops",
        minimum=0,
        stack=True,
    )


def _share(objective: Objective) -> Panel:
    return Panel(
        title="Share of bad events",
        description=f"Over 5 minutes. Good are: {objective.description}",
        queries=(Query(expr=selected(objective, error_ratio(BASE)), legend="bad"),),
        unit="percentunit",
        minimum=0,
    )


def _tiers(objective: Objective) -> Iterator[Panel]:
    width = _width(objective)
    for tier in objective.tiers:
        yield _tier(objective, tier, width)


def _tier(objective: Objective, tier: Tier, width: int) -> Panel:
    factor = _factor(objective, tier)
    return Panel(
        title=f"{tier.tier}: {tier.long} and {tier.short}",
        description=(
            f"Fires as {tier.severity} while both lines are above {number(factor)}: "
            f"{number(tier.budget_percent)}% of the budget is then gone within {tier.long}. "
            f"The short window lets it end soon after the errors do."
        ),
        queries=tuple(Query(expr=_burn(objective, window), legend=str(window)) for window in (tier.long, tier.short)),
        suffix="x",
        width=width,
        height=_HEIGHT,
        minimum=0,
        thresholds=_above((factor, COLORS[tier.severity])),
        alerts=(objective.alerting.name,),
    )


def _alerts(objective: Objective) -> Panel:
    by = "max by (alertname, severity, tier)"
    state = f"{by} ({_alert(objective, 'firing')}) * 2 or {by} ({_alert(objective, 'pending')})"
    return Panel(
        title="Budget alerts",
        description="When which tier was pending or fired. Empty while all is well.",
        kind="state-timeline",
        queries=(Query(expr=state, legend="{{alertname}} {{tier}} ({{severity}})"),),
        unit="none",
        width=-len(objective.tiers) * _width(objective) % COLUMNS or COLUMNS,  # what the tiers leave of their line
        height=_HEIGHT,
        states=_STATES,
        alerts=(objective.alerting.name,),
    )


def _stat(  # noqa: PLR0913 (they are a panel's)
    title: str,
    description: str,
    expr: str,
    *,
    unit: Unit = "",
    suffix: str = "",
    decimals: int | None = None,
    thresholds: Thresholds = (),
) -> Panel:
    return Panel(
        title=title,
        description=description,
        kind="stat",
        queries=(Query(expr=expr, legend=title.lower()),),
        unit=unit,
        suffix=suffix,
        decimals=decimals,
        thresholds=thresholds,
    )


def _decimals(value: Decimal) -> int:
    """Return how many decimals a number is written with."""
    return len(number(value).partition(".")[2])


def _above(*found: tuple[Decimal, Color]) -> Thresholds:
    return tuple(Threshold(value=float(value), color=color) for value, color in found)


def _remaining() -> Thresholds:
    """Return red below 0, orange below a quarter, green above."""
    return (Threshold(value=0, color="red", below=True), Threshold(value=0.25, color="orange", below=True))


def _width(objective: Objective) -> int:
    """Return the width of a tier's panel: up to four beside each other, more in lines of three."""
    tiers = len(objective.tiers)
    return COLUMNS // (tiers if tiers <= _BESIDE else _BESIDE - 1)


def _factor(objective: Objective, tier: Tier) -> Decimal:
    return tier.factor(objective.windows.period)


def _burn(objective: Objective, window: Duration) -> str:
    """Return how many times faster than evenly the budget is spent over a window."""
    ratio = selected(objective, error_ratio(window))
    return f"max without (sloth_window) ({ratio}) / {selected(objective, 'slo:error_budget:ratio')}"


def _lasts(objective: Objective) -> str:
    left = selected(objective, "slo:period_error_budget_remaining:ratio")
    burn = selected(objective, "slo:current_burn_rate:ratio")
    return f"clamp_min({left}, 0) / ignoring (sloth_window) ({burn} > 0) * {objective.windows.period.seconds}"


def _alert(objective: Objective, state: str) -> str:
    return f'ALERTS{{alertstate="{state}", sloth_id="{objective.id}"}}'
