"""Texts with labels that the expression does not keep."""

import re
from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath

_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([A-Za-z_][A-Za-z0-9_]*)")


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    rule = entry.rule
    if not rule.alert or entry.facts is None or entry.facts.labels is None:
        return
    for name, text in rule.annotations.items():
        for label in sorted(set(_LABEL.findall(text)) - entry.facts.labels - set(rule.labels)):
            yield ("annotations", name), f"uses $labels.{label}, which the expression does not keep"
    for name, text in rule.labels.items():
        # A label's template is filled in before the rule's labels are added.
        for label in sorted(set(_LABEL.findall(text)) - entry.facts.labels):
            yield ("labels", name), f"uses $labels.{label}, which the expression does not keep"


CHECK = RuleCheck(
    name="alert/template-label",
    severity="error",
    explains="shows a label that the expression does not keep, so its place in the text stays empty",
    judge=_judge,
)
