"""Units of panels."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="dashboard/unit",
    severity="error",
    explains="shows another unit than the metric contract says the query measures",
)
