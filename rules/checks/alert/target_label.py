"""Alerts whose runbook would not find its target."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    labels = entry.labels
    before, _, after = entry.surroundings.links.runbook_url.partition("{name}")
    url = entry.rule.annotations.get("runbook_url", "")
    if labels is None or not url.startswith(before):
        return
    name = url.removeprefix(before).removesuffix(after)
    for choice in entry.surroundings.targets.get(name, ()):
        if not choice & labels:
            wanted = " or ".join(sorted(choice))
            yield (
                ("expr",),
                f"keeps no label {wanted}, by which the runbook {name} finds what to act on; keep it in by (...)",
            )


CHECK = RuleCheck(
    name="alert/target-label",
    severity="error",
    explains="keeps no label by which its runbook's actions find their target",
    judge=_judge,
)
