"""Comments that ignore nothing because there is nothing to ignore; ``ignores.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="ignore/unused",
    severity="warning",
    explains="is a comment to ignore a check that tells nothing here; it would hide the next mistake",
)
