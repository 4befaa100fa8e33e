"""What the rules of an objective record, by name and labels: Sloth's names, so that its dashboards work unchanged.

All modules that make rules for an objective write and select series through here. Series that Sloth does not have
(``slo:sli_error:rate…``, ``slo:sli_total:rate…``, ``slo:sli_history:ratio…``) carry the same labels.
"""

from collections.abc import Mapping
from decimal import Decimal

from firebrigade.rules.durations import Duration
from firebrigade.rules.slo.objectives import Objective

# The window that all longer ones are made of, and that the current burn rate is about. Sloth has it for any period.
BASE = Duration("5m")


def number(value: Decimal) -> str:
    """Return a decimal as PromQL reads it: exact, without exponent or trailing zeros."""
    return f"{value.normalize():f}"


def error_rate(window: Duration) -> str:
    """Return the name of the bad events per second over a window."""
    return f"slo:sli_error:rate{window}"


def total_rate(window: Duration) -> str:
    """Return the name of all events per second over a window."""
    return f"slo:sli_total:rate{window}"


def error_ratio(window: Duration) -> str:
    """Return the name of the share of bad events over a window."""
    return f"slo:sli_error:ratio_rate{window}"


def history(window: Duration) -> str:
    """Return the name of the share of a window for which there is any history."""
    return f"slo:sli_history:ratio{window}"


def identity(objective: Objective) -> Mapping[str, str]:
    """Return the labels that every recorded series of an objective carries."""
    own = {"sloth_id": objective.id, "sloth_service": objective.service, "sloth_slo": objective.name}
    return {**objective.labels, **own}


def selected(objective: Objective, name: str) -> str:
    """Return a selector of one recorded series of an objective."""
    return f'{name}{{sloth_id="{objective.id}"}}'
