"""Burn-rate rules: from one objective to recorded ratios, error budget and one alert per tier.

``build.py`` calls ``groups``. The recorded ratios and the ``sloth_*`` labels are named as Sloth names them, so that
dashboards which people already have work unchanged. Numbers are exact decimals.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from firebrigade.rules.durations import Duration
from firebrigade.rules.objectives import Events, Objective
from firebrigade.rules.rulefile import Group, Rule
from firebrigade.rules.windows import Tier

_BASE = Duration("5m")


def groups(objective: Objective) -> tuple[Group, ...]:
    """Return two groups: ratios with their alerts, evaluated together, and the budget, which nobody is woken by."""
    name = f"slo-{objective.id}"
    return (
        Group(name=name, rules=(*_ratios(objective), *_alerts(objective))),
        Group(name=f"{name}-budget", interval="1m", rules=tuple(_budget(objective))),
    )


def number(value: Decimal) -> str:
    """Return a decimal as PromQL reads it: exact, without exponent or trailing zeros."""
    return f"{value.normalize():f}"


def _ratios(objective: Objective) -> Iterator[Rule]:
    windows = {window.text: window for tier in objective.tiers for window in (tier.short, tier.long)}
    windows.setdefault(_BASE.text, _BASE)
    for window in sorted(windows.values(), key=lambda window: window.seconds):
        yield from _window(objective, window)


def _window(objective: Objective, window: Duration) -> Iterator[Rule]:
    labels = {**_identity(objective), "sloth_window": window.text}
    if not isinstance(objective.sli, Events):
        return
    sides = {"error": objective.sli.error, "total": objective.sli.total}
    for side, query in sides.items():
        yield Rule(
            record=f"slo:sli_{side}:rate{window}",
            expr=query.over(window),
            labels=labels,
            origin=query.at,
        )
    errors, total = (_series(objective, f"slo:sli_{side}:rate{window}") for side in sides)
    yield Rule(
        record=f"slo:sli_error:ratio_rate{window}",
        expr=_ratio(errors, total),
        labels=labels,
        origin=(*objective.origin, "events"),
    )


def _ratio(errors: str, total: str) -> str:
    """Return a share that is 0 where there are no errors yet (no series) and where there is no traffic (0 / 0)."""
    return f"{errors} / ({total} > 0)\nor\n0 * {total}"


def _alerts(objective: Objective) -> Iterator[Rule]:
    for tier in objective.tiers:
        yield Rule(
            alert=objective.alerting.name,
            expr=_condition(objective, tier),
            hold="0m",  # the short window is what keeps a single bad minute from waking anybody
            labels=_alert_labels(objective, tier),
            annotations=_alert_annotations(objective, tier),
            origin=(*objective.origin, "alert"),
        )


def _condition(objective: Objective, tier: Tier) -> str:
    threshold = number(objective.threshold(tier))
    ratios = (f"slo:sli_error:ratio_rate{window}" for window in (tier.long, tier.short))
    parts = [f"{_without_window(objective, ratio)} > {threshold}" for ratio in ratios]
    if objective.minimum_events:
        rate = _without_window(objective, f"slo:sli_total:rate{tier.long}")
        parts.append(f"{rate} * {tier.long.seconds} >= {objective.minimum_events}")
    return "\nand\n".join(parts)


def _without_window(objective: Objective, record: str) -> str:
    return f"max without (sloth_window) ({_series(objective, record)})"


def _alert_labels(objective: Objective, tier: Tier) -> Mapping[str, str]:
    return {
        "severity": tier.severity,
        "service": objective.service,
        **objective.alerting.added(tier).labels,
        "slo": objective.name,
        "tier": tier.tier,
        "long": tier.long.text,
        "short": tier.short.text,
    }


def _alert_annotations(objective: Objective, tier: Tier) -> Mapping[str, str]:
    period = objective.windows.period
    factor = number(tier.factor(period))
    return {
        "summary": f"{objective.service} spends its {objective.name} budget at more than {factor} times the even pace",
        "description": (
            f"{{{{ $value | humanizePercentage }}}} of the events failed over the last {tier.long} "
            f"(objective {number(objective.percent)}% good over {period}). At {factor} times the even pace "
            f"{number(tier.budget_percent)}% of the budget is gone within {tier.long}. "
            f"Good are: {objective.description}"
        ),
        **objective.alerting.added(tier).annotations,
    }


def _budget(objective: Objective) -> Iterator[Rule]:
    period, budget = objective.windows.period, number(objective.error_budget)
    identity, days = _identity(objective), number(Decimal(objective.windows.period.seconds) / 86_400)
    yield _record(objective, "slo:objective:ratio", f"vector({number(objective.percent / 100)})")
    yield _record(objective, "slo:error_budget:ratio", f"vector({budget})")
    yield _record(objective, "slo:time_period:days", f"vector({days})")
    # Sums of events, not a mean of ratios: a quiet night counts for as little as it had requests.
    errors, total = (
        f"sum_over_time({_series(objective, f'slo:sli_{side}:rate{_BASE}')}[{period}])" for side in ("error", "total")
    )
    yield Rule(
        record=f"slo:sli_error:ratio_rate{period}",
        expr=_ratio(errors, total),
        labels={**identity, "sloth_window": period.text},
        origin=objective.origin,
    )
    for name, window in (("current", _BASE), ("period", period)):
        ratio = _without_window(objective, f"slo:sli_error:ratio_rate{window}")
        yield _record(objective, f"slo:{name}_burn_rate:ratio", f"{ratio} / {budget}")
    remaining = f"1 - {_series(objective, 'slo:period_burn_rate:ratio')}"
    yield _record(objective, "slo:period_error_budget_remaining:ratio", remaining)
    info = {"sloth_mode": "firebrigade", "sloth_objective": number(objective.percent)}
    yield Rule(record="sloth_slo_info", expr="vector(1)", labels={**identity, **info}, origin=objective.origin)


def _record(objective: Objective, name: str, expr: str) -> Rule:
    return Rule(record=name, expr=expr, labels=_identity(objective), origin=objective.origin)


def _identity(objective: Objective) -> Mapping[str, str]:
    return {"sloth_id": objective.id, "sloth_service": objective.service, "sloth_slo": objective.name}


def _series(objective: Objective, record: str) -> str:
    return f'{record}{{sloth_id="{objective.id}"}}'
