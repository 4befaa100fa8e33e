"""Texts and links that every alert has."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath

REQUIRED = ("summary", "description", "runbook_url", "dashboard_url")


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for name in REQUIRED if entry.rule.alert else ():
        if not entry.rule.annotations.get(name):
            yield _missing(name, entry)


def _missing(name: str, entry: Entry) -> tuple[KeyPath, str]:
    key = name.removesuffix("_url")
    if entry.foreign:
        return (), f"has no {name}; add it to the annotations, or choose one for all with --{key}-url"
    return (key,) if name.endswith("_url") else ("annotations", name), f"is missing; add {key}"


CHECK = RuleCheck(
    name="alert/annotation",
    severity="error",
    explains="lacks a summary, a description, or the link to its runbook or dashboard",
    judge=_judge,
)
