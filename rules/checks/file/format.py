"""What can't be read or does not fit its format; the readers tell it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="file/format", severity="error", explains="can't be read, is not YAML, or has keys and values that don't fit"
)
