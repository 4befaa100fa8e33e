"""A Prometheus that can't be asked; ``live/client.py`` tells it."""

from firebrigade.rules.checks.kinds import Check

CHECK = Check(
    name="live/server",
    severity="error",
    explains="could not be asked about: the Prometheus of --prometheus does not answer as one",
)
