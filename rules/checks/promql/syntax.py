"""What is not PromQL; ``check.py`` tells it when it parses."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(name="promql/syntax", severity="error", explains="is not PromQL, so Prometheus would not load the file")
