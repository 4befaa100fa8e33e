"""Alerts that nobody owns."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    if entry.rule.alert and not entry.rule.labels.get("team"):
        where = "under labels" if entry.foreign else "here or at the top of the file"
        yield ("labels", "team"), f"is missing; name the team that is asked, {where}"


CHECK = RuleCheck(
    name="alert/team",
    severity="error",
    explains="names no team that is asked",
    judge=_judge,
)
