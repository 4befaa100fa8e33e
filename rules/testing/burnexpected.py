"""What the alerts of an SLO must be, written down a second time for burncases.py.

Nothing here is computed by the code that makes the rules: a mistake there would otherwise be expected too.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from firebrigade.rules.slo.objectives import Events, Objective

PAGES = ("page-express", "page-fast", "page-slow")
TICKETS = ("ticket-fast", "ticket-slow")
# The SRE workbook's, and the express page: severity, percent of the budget, long window, short window, a budget lasts.
_TIERS = {
    "page-express": ("critical", "1", "12m", "2m", "20h"),
    "page-fast": ("critical", "2", "1h", "5m", "2d2h"),
    "page-slow": ("critical", "5", "6h", "30m", "5d"),
    "ticket-fast": ("warning", "10", "1d", "2h", "10d"),
    "ticket-slow": ("warning", "10", "3d", "6h", "30d"),
}
FACTORS = {
    "page-express": Decimal(36),
    "page-fast": Decimal("14.4"),
    "page-slow": Decimal(6),
    "ticket-fast": Decimal(3),
    "ticket-slow": Decimal(1),
}
LONG_MINUTES = {"page-express": 12, "page-fast": 60, "page-slow": 360, "ticket-fast": 1_440, "ticket-slow": 4_320}
# Which tiers still fire that many minutes after a burn of hours ended.
STILL: Mapping[int, tuple[str, ...]] = {
    15: ("page-slow", "ticket-fast", "ticket-slow"),
    45: ("ticket-fast", "ticket-slow"),
    135: ("ticket-slow",),
    375: (),
}

_RATIO = "slo:sli_error:ratio_rate"

_Alert = Mapping[str, Any]


def alert(objective: Objective, tier: str, share: str) -> _Alert:
    """Return a tier's alert with all its labels and texts; ``share`` is that of errors, as people write it."""
    severity, percent, long, short, lasts = _TIERS[tier]
    about = f"{objective.service} spends its {objective.name} budget"
    return {
        "exp_labels": {
            "severity": severity,
            "service": objective.service,
            **objective.alerting.all.labels,
            "slo": objective.name,
            "sloth_severity": "page" if tier in PAGES else "ticket",
            "tier": tier,
            "long": long,
            "short": short,
            "sloth_id": objective.id,
            "sloth_service": objective.service,
            "sloth_slo": objective.name,
        },
        "exp_annotations": {
            "summary": f"{about} at more than {FACTORS[tier]} times the even pace",
            "description": (
                f"The share of errors was {share} over the last {long} (objective {objective.percent}% good over 30d). "
                f"Good are: {objective.description}"
            ),
            "budget_spent": f"more than {percent}% within {long}",
            "exhausted_in": f"less than {lasts} for a whole budget",
            **objective.alerting.all.annotations,
        },
    }


def data_missing(objective: Objective) -> _Alert:
    """Return the alert that takes over when a service has died."""
    name, service = objective.name, objective.service
    return _no_data(
        objective,
        "critical",
        f"Nobody knows whether {service} meets its objective {name}",
        f"The series that count the events of {name} are gone, and no target of {service} can be scraped: it is down, "
        "or it was renamed. Its burn-rate alerts stay as they were for a while and can't fire any more.",
    )


def idle(objective: Objective) -> _Alert:
    """Return the alert about a service that is up and unused."""
    return _no_data(
        objective,
        "info",
        f"{objective.service} is up and nothing happens that {objective.name} counts",
        "There was no event for 1h. Unless this is a quiet time, look at what calls it.",
    )


def traffic_low(objective: Objective, events: int) -> _Alert:
    """Return the alert about a service with too few events in a day."""
    return _no_data(
        objective,
        "warning",
        f"{objective.service} has too few events for the alerts of {objective.name}",
        f"There were {events} events over the last 1d. Below {objective.minimum_events} no alert that looks at 1d or "
        "less can fire: lower minimum_events, or send test requests.",
    )


def up(objective: Objective, pod: str = "a") -> str:
    """Return the series that says whether a pod of the service can be scraped."""
    return f'up{{job="pods", instance="{pod}", service="{objective.service}"}}'


def labels(objective: Objective, window: str) -> str:
    """Return the labels of what an objective records of a window, as PromQL writes them."""
    own = {"sloth_id": objective.id, "sloth_service": objective.service, "sloth_slo": objective.name}
    every = {**objective.labels, **own, "sloth_window": window}
    return "{" + ", ".join(f'{name}="{value}"' for name, value in every.items()) + "}"


def look(minute: int, alert: str, *expected: _Alert) -> _Alert:
    """Return promtool's assertion of all the alerts of one name that fire at a minute."""
    return {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": list(expected)}


def others(objective: Objective, windows: Mapping[str, float], minutes: int) -> list[_Alert]:
    """Return what is recorded of another service's objective, which nothing here may be about, and that it is up."""
    own = 'sloth_id="another", sloth_service="another", sloth_slo="another"'
    kinds = ("slo:sli_error:rate", "slo:sli_total:rate") if isinstance(objective.sli, Events) else (_RATIO,)
    recorded = [
        {"series": f'{kind}{window}{{{own}, sloth_window="{window}"}}', "values": f"{value:g}x{minutes}"}
        for window, value in windows.items()
        for kind in kinds
    ]
    return [*recorded, {"series": 'up{job="pods", instance="c", service="another"}', "values": f"1x{minutes}"}]


def firing(objective: Objective, minute: int, tiers: Sequence[str]) -> _Alert:
    """Return promtool's expression test for the tiers that fire at a minute."""
    selector = f'alertname="{objective.alerting.name}", alertstate="firing"'
    return {
        "expr": f"count by (tier) (ALERTS{{{selector}}})",
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": f'{{tier="{tier}"}}', "value": 1} for tier in tiers],
    }


def _no_data(objective: Objective, severity: str, summary: str, description: str) -> _Alert:
    extra = objective.alerting.no_data
    return {
        "exp_labels": {
            "severity": severity,
            "service": objective.service,
            **extra.labels,
            "slo": objective.name,
            "sloth_id": objective.id,
        },
        "exp_annotations": {"summary": summary, "description": description, **extra.annotations},
    }
