"""Texts and links that every alert has."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath

REQUIRED = ("summary", "description", "runbook_url", "dashboard_url")


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for name in REQUIRED if entry.rule.alert else ():
        if not entry.rule.annotations.get(name):
            key = name.removesuffix("_url")
            place = (key,) if name.endswith("_url") else ("annotations", name)
            yield place, f"is missing; add {key}"


CHECK = RuleCheck(
    name="alert/annotation",
    severity="error",
    explains="lacks a summary, a description, or the link to its runbook or dashboard",
    judge=_judge,
)
