"""What can be chosen above the panels."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="dashboard/variable",
    severity="error",
    explains="is a variable whose metric or label is not there, or that no query uses",
)
