"""What dashboards name: alerts, SLOs, and themselves."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="dashboard/reference",
    severity="error",
    explains="names an alert or an SLO that is not there, or has the uid or title of another dashboard",
)
