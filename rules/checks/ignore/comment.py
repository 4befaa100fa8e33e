"""Comments that ignore nothing because of how they are written; ``ignores.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="ignore/comment",
    severity="error",
    explains="is a comment to ignore a check that gives no reason, or names no check that there is",
)
