"""Rules that are there twice."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import SetCheck
from firebrigade.rules.checks.subjects import Entry, RuleSet
from firebrigade.rules.document import KeyPath


def _judge(rules: RuleSet) -> Iterator[tuple[Entry, KeyPath, str]]:
    seen: dict[tuple[str, str, frozenset[tuple[str, str]]], Entry] = {}
    for entry in rules.entries:
        key = (entry.rule.alert, entry.rule.record, frozenset(entry.rule.labels.items()))
        first = seen.setdefault(key, entry)
        if first is not entry:
            place = f"{first.source.path}:{first.source.line(first.rule.origin)}"
            same = "again" if first.rule.expr == entry.rule.expr else "with another expression"
            yield entry, (), f"{entry.rule.name} is in {place} already, with the same labels, and here {same}; keep one"


CHECK = SetCheck(
    name="rule/duplicate",
    severity="error",
    explains="has the name and the labels of another rule, so nobody can tell their alerts or series apart",
    judge=_judge,
)
