"""What promtool says."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(name="file/promtool", severity="error", explains="is refused by promtool's own check and linter")
