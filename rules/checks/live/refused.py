"""Expressions that a running Prometheus does not evaluate; ``live/history.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="live/refused",
    severity="error",
    explains="is refused by the Prometheus of --prometheus, or too much for it",
)
