"""Recorded series that nothing reads."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import SetCheck
from firebrigade.rules.checks.subjects import Entry, RuleSet
from firebrigade.rules.document import KeyPath

# Sloth's names: the dashboards that people have for it read them.
_FOR_DASHBOARDS = ("slo:", "sloth_")


def _judge(rules: RuleSet) -> Iterator[tuple[Entry, KeyPath, str]]:
    read = {name for entry in rules.entries if entry.facts is not None for name in entry.facts.names}
    for name, makers in rules.recorded.items():
        if name not in read | rules.shown and not name.startswith(_FOR_DASHBOARDS):
            yield (
                makers[0],
                ("record",),
                f"{name} is read by no rule and no dashboard here; remove it, or say who does",
            )


CHECK = SetCheck(
    name="rule/unused-record",
    severity="information",
    explains="records what no rule and no dashboard reads, at each evaluation",
    judge=_judge,
)
