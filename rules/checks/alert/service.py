"""Alerts about no service."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    if entry.rule.alert and entry.labels is not None and "service" not in entry.labels:
        yield ("labels", "service"), "is missing, and the expression keeps none; add service to its by (...)"


CHECK = RuleCheck(
    name="alert/service",
    severity="error",
    explains="has no label service, by which inhibition and routes compare",
    judge=_judge,
)
