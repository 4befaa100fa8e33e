"""Series that a running Prometheus does not have; ``live/presence.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="live/series",
    severity="warning",
    explains="reads a series that the Prometheus of --prometheus does not have now",
)
