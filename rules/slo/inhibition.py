"""Alertmanager's inhibition rules for burn-rate alerts: a ticket is quiet while the page about the same SLO fires.

``commands/building.py`` calls ``text``. The file's ``inhibit_rules`` belong into Alertmanager's own configuration
(https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule); Prometheus does not read them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from firebrigade.rules import rulefile
from firebrigade.rules.slo.objectives import Objective

# What every alert about an SLO carries, whatever labels a spec adds or changes. Both sides must have it: Alertmanager
# takes two missing labels for equal ones, and would silence everything.
_EQUAL = "sloth_id"


def rules(objectives: Iterable[Objective], *, sloth: bool = False) -> Sequence[Mapping[str, Any]]:
    """Return the rules for a set of objectives, none where no page has a ticket beside it.

    Args:
        objectives: their tiers are told apart by the label ``tier``.
        sloth: they alert as Sloth does, and are told apart by ``sloth_severity``.
    """
    found = list(objectives)
    pages = sorted({tier.tier for objective in found for tier in objective.tiers if tier.is_page})
    tickets = sorted({tier.tier for objective in found for tier in objective.tiers if not tier.is_page})
    if not pages or not tickets:
        return ()
    if sloth:
        return (_rule('sloth_severity="page"', 'sloth_severity="ticket"'),)
    return (_rule(f'tier=~"{"|".join(pages)}"', f'tier=~"{"|".join(tickets)}"'),)


def text(objectives: Iterable[Objective], source: str, *, sloth: bool = False) -> str:
    """Return the rules as YAML, ready to be copied into Alertmanager's configuration."""
    return rulefile.dump({"inhibit_rules": rules(objectives, sloth=sloth)}, source)


def _rule(source: str, target: str) -> Mapping[str, Any]:
    known = f'{_EQUAL}=~".+"'
    return {"source_matchers": [source, known], "target_matchers": [target, known], "equal": [_EQUAL]}
