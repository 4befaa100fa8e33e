"""Which windows an SLO is alerted by whose spec names only a period, or not even that.

The readers of foreign formats ask; a build's options say which period is meant and which windows there are besides the
bundled ones.
"""

from pathlib import Path

from firebrigade.rules import windows as known
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.windows import Windows


def windows(surroundings: Surroundings) -> Windows:
    """Return the windows for a build's period.

    Raises:
        RulesError: there are none.
    """
    found = known.for_period(surroundings.period, surroundings.windows)
    if found is None:
        raise RulesError([Problem(file="", line=0, key="--period", message=missing(surroundings.period))])
    return found


def recorded(period: Duration, surroundings: Surroundings) -> Windows:
    """Return the windows to record for a period when nobody is alerted by them; there always are some."""
    if found := known.for_period(period, surroundings.windows):
        return found
    usual = known.load("30d", Path())
    fitting = tuple(tier for tier in usual.usual() if tier.long.length <= period.length)
    return Windows(period=period, tiers=fitting or usual.tiers[:1])


def missing(period: Duration) -> str:
    """Return what to say of a period that has no windows."""
    return f"there are no alert windows for {period}; describe them in a file and name it with --windows"
