"""The two alerts that Sloth makes of an objective, a page and a ticket, each for two pairs of windows.

``burnrate.py`` calls ``rules`` for ``--compat sloth``: routes and dashboards that were made for Sloth go on working.
What Firebrigade adds to burn-rate alerts (burnalerts.py, nodata.py) is not here.
"""

from collections.abc import Iterator, Mapping, Sequence

from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo.objectives import Extra, Objective
from firebrigade.rules.slo.series import error_ratio, number, selected
from firebrigade.rules.windows import Tier


def rules(objective: Objective) -> Iterator[Rule]:
    """Yield the page and the ticket; one that the spec disabled has no tiers and is left out."""
    pages = [tier for tier in objective.tiers if tier.is_page]
    tickets = [tier for tier in objective.tiers if not tier.is_page]
    if pages:
        yield _rule(objective, "page", pages, objective.alerting.page)
    if tickets:
        yield _rule(objective, "ticket", tickets, objective.alerting.ticket)


def _rule(objective: Objective, severity: str, tiers: Sequence[Tier], own: Extra) -> Rule:
    shared = objective.alerting.all
    return Rule(
        alert=objective.alerting.name,
        expr="\nor\n".join(f"(\n{_pair(objective, tier)}\n)" for tier in tiers),
        labels={"sloth_severity": severity, **shared.labels, **own.labels},
        annotations={**_texts(severity), **shared.annotations, **own.annotations},
        origin=objective.alert_at,
    )


def _pair(objective: Objective, tier: Tier) -> str:
    threshold = number(objective.threshold(tier))
    ratios = (selected(objective, error_ratio(window)) for window in (tier.short, tier.long))
    return "\nand\n".join(f"max without (sloth_window) ({ratio} > {threshold})" for ratio in ratios)


def _texts(severity: str) -> Mapping[str, str]:
    about = "{{ $labels.sloth_service }} {{ $labels.sloth_slo }}"
    return {
        "title": f"({severity}) {about} SLO error budget burn rate is too fast.",
        "summary": f"{about} SLO error budget burn rate is over expected.",
    }
