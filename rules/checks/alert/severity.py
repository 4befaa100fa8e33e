"""Severities that no route knows."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath

SEVERITIES = ("critical", "warning", "info", "none")


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    if entry.rule.alert and entry.rule.labels.get("severity") not in SEVERITIES:
        yield ("labels", "severity"), f"must be one of {', '.join(SEVERITIES)}"


CHECK = RuleCheck(
    name="alert/severity",
    severity="error",
    explains="has no severity that decides whom it reaches",
    judge=_judge,
)
