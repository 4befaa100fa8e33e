"""Runbooks that don't exist."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    runbooks = entry.surroundings.runbooks
    before, _, after = entry.surroundings.links.runbook_url.partition("{name}")
    url = entry.rule.annotations.get("runbook_url", "")
    name = url.removeprefix(before).removesuffix(after) if url.startswith(before) else ""
    if name and runbooks is not None and name not in runbooks:
        yield ("runbook",), f"there is no runbook {name}; there is {', '.join(sorted(runbooks))}"


CHECK = RuleCheck(
    name="alert/runbook",
    severity="error",
    explains="links to a runbook that is not there",
    judge=_judge,
)
