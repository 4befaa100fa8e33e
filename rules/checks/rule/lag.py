"""Records that read what another group records."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import SetCheck
from firebrigade.rules.checks.subjects import Entry, Facts, RuleSet
from firebrigade.rules.document import KeyPath


def _judge(rules: RuleSet) -> Iterator[tuple[Entry, KeyPath, str]]:
    groups = {name: {id(maker.group): maker.group.name for maker in makers} for name, makers in rules.recorded.items()}
    alerting = _read_by_alerts(rules)
    for entry in rules.entries:
        if not entry.rule.record or entry.rule.record not in alerting or entry.facts is None:
            continue
        for name in sorted(_now(entry.facts) & set(groups)):
            if id(entry.group) not in groups[name]:
                other = next(iter(groups[name].values()))
                message = f"reads {name}, which the group {other} records, so it is up to one interval old"
                yield entry, ("expr",), f"{message}, and an alert sees it later still; record both in one group"


def _now(facts: Facts) -> frozenset[str]:
    """Return the series of which the latest sample is read: over a range, one interval more or less is nothing."""
    return frozenset(selector.name for selector in facts.query.expr.selectors if selector.range is None)


def _read_by_alerts(rules: RuleSet) -> frozenset[str]:
    """Return the recorded names that alerts depend on, directly or through other records."""
    waiting = {n for one in rules.entries if one.rule.alert and one.facts is not None for n in one.facts.names}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in rules.recorded and name not in found:
            found.add(name)
            waiting.update(*(maker.facts.names for maker in rules.recorded[name] if maker.facts is not None))
    return frozenset(found)


CHECK = SetCheck(
    name="rule/lag",
    severity="warning",
    explains="records what an alert reads from another group's record, so the alert sees it intervals late",
    judge=_judge,
)
