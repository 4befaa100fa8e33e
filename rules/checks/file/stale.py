"""Rule files that are older than their specs."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="file/stale",
    severity="error",
    explains="is a bundled rule file that is not what its spec says; build it again",
)
