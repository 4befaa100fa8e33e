"""Labels that change with the value."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for name, value in entry.rule.labels.items() if entry.rule.alert else ():
        if "$value" in value or ".Value" in value:
            message = "changes with every value, so each one would be a new alert; put it into description"
            yield ("labels", name), message


CHECK = RuleCheck(
    name="alert/value-label",
    severity="error",
    explains="has the value in a label, so each value would be a new alert",
    judge=_judge,
)
