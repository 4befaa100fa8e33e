"""The colours of a panel: from values that its spec gives, and from the limits of the alerts that it names.

A limit is read from the alert's own expression, so that a line on a dashboard moves with the rule.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from firebrigade.rules.grafana.spec import Color, Panel, Threshold
from firebrigade.rules.promql.expressions import Node, is_comparison, nodes, operator, parse, unwrapped
from firebrigade.rules.rulefile import Rule

GOOD: Color = "green"
COLORS: Mapping[str, Color] = {"critical": "red", "warning": "orange", "info": "blue"}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a value turns bad: above it, or below."""

    value: float
    color: Color
    below: bool = False


def limit(rule: Rule) -> Limit | None:
    """Return the limit of an alert: its first comparison that drops series, with a number; None without one.

    A colour begins with its value, so ``> 0`` would colour 0 and is no limit here; nor is ``==``, which has no side.
    """
    for node in nodes(parse(rule.expr)):
        if is_comparison(node) and not (node.modifier is not None and node.modifier.return_bool):
            found = _compared(operator(node), node.lhs, node.rhs) or _compared(
                _MIRRORED.get(operator(node), operator(node)), node.rhs, node.lhs
            )
            if found is not None:
                sign, value = found
                if sign not in _MIRRORED or (sign == ">" and value == 0):
                    return None
                color = COLORS.get(rule.labels.get("severity", ""), "orange")
                return Limit(value=value, color=color, below=sign in {"<", "<="})
    return None


def _compared(sign: str, value: Node, number: Node) -> tuple[str, float] | None:
    number = unwrapped(number)
    if isinstance(number, promql.NumberLiteral) and not isinstance(unwrapped(value), promql.NumberLiteral):
        return sign, float(number.val)
    return None


def limits(panel: Panel, alerts: Mapping[str, Sequence[Rule]]) -> Iterator[Limit]:
    """Yield a panel's limits; an alert that is unknown or has none is left out (``check.py`` tells it)."""
    for threshold in panel.thresholds:
        if threshold.value is not None and threshold.color is not None:
            yield Limit(value=threshold.value, color=threshold.color, below=threshold.below)
        else:
            yield from _of_alert(threshold, alerts)


def _of_alert(threshold: Threshold, alerts: Mapping[str, Sequence[Rule]]) -> Iterator[Limit]:
    found = [one for rule in alerts.get(threshold.alert, ()) if (one := limit(rule))]
    yield from dict.fromkeys(found)


def steps(found: Iterable[Limit], base: Color = GOOD) -> list[dict[str, Any]]:
    """Return Grafana's threshold steps: each colour from its value upwards, the first from minus infinity."""
    found = list(found)
    lower = sorted((one for one in found if one.below), key=lambda one: one.value)
    upper = sorted((one for one in found if not one.below), key=lambda one: one.value)
    colors = [*(one.color for one in lower), base]
    values: list[float | None] = [None, *(one.value for one in lower), *(one.value for one in upper)]
    colors += [one.color for one in upper]
    return [{"color": color, "value": value} for color, value in zip(colors, values, strict=True)]
