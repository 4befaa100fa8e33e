"""Conditions that are always true."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath
from firebrigade.rules.promql.expressions import is_absence, is_comparison, is_filter, unwrapped


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    if not entry.rule.alert or entry.facts is None or entry.rule.labels.get("severity") == "none":
        return
    expr = entry.facts.query.expr
    if not any(is_comparison(node) or is_absence(node) for node in expr.nodes):
        yield ("expr",), "compares with nothing, so it fires as long as the series is there; add the limit"
    outermost = unwrapped(expr.root)
    if is_comparison(outermost) and not is_filter(outermost):
        yield ("expr",), "compares with bool, which gives 0 or 1 and never nothing, so it always fires; leave bool out"


CHECK = RuleCheck(
    name="alert/comparison",
    severity="error",
    explains="compares with nothing, or with bool, so it fires as long as the series is there",
    judge=_judge,
)
