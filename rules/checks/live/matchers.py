"""Matchers that select nothing in a running Prometheus; ``live/presence.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="live/matchers",
    severity="information",
    explains="selects by labels that no series of that name has now, in the Prometheus of --prometheus",
)
