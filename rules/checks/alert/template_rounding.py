"""Values that are shown with all their decimals."""

import re
from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath
from firebrigade.rules.promql.conditions import clauses, limits

_PLAIN = re.compile(r"\{\{-?\s*\$value\s*-?\}\}")


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    facts = entry.facts
    if facts is None or not entry.rule.alert or facts.unit is None or _is_exact(entry):
        return
    if facts.unit.share or facts.unit.per_second:
        for name, text in entry.rule.annotations.items():
            if _PLAIN.search(text):
                fit = "humanizePercentage" if facts.unit.share and facts.unit.scale == 1 else "humanize"
                yield ("annotations", name), f"shows {facts.unit} with all its decimals; use $value | {fit}"


def _is_exact(entry: Entry) -> bool:
    """Say whether the value is known when the alert fires: it equals a number."""
    if entry.facts is None:
        return False
    first = next(clauses(entry.facts.query.expr.root))
    return any(sign == "==" for _, sign, _ in limits(first))


CHECK = RuleCheck(
    name="alert/template-rounding",
    severity="warning",
    explains="shows a rate or a share with all its decimals",
    judge=_judge,
)
