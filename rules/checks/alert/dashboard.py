"""Dashboards that don't exist."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    dashboards = entry.surroundings.dashboards
    before, _, after = entry.surroundings.links.dashboard_url.partition("{name}")
    url = entry.rule.annotations.get("dashboard_url", "")
    uid = url.removeprefix(before).removesuffix(after) if url.startswith(before) else ""
    if uid and dashboards is not None and uid not in dashboards:
        known = ", ".join(sorted(dashboards)) or "none"
        yield (
            ("dashboard",),
            f"there is no dashboard {uid}; there is {known} (one from elsewhere needs its address)",
        )


CHECK = RuleCheck(
    name="alert/dashboard",
    severity="error",
    explains="links to a dashboard that is not there",
    judge=_judge,
)
