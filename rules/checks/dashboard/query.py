"""Queries of panels."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="dashboard/query",
    severity="error",
    explains="is a panel's query that finds nothing, or whose legend names labels that it does not keep",
)
