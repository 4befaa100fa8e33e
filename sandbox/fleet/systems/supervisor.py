"""The agents' supervisor as a watched system: what it says of the collective as a whole.

Not the supervisor that recovers agents in the sandbox: ``sandbox/supervisor.py`` plays that one.
"""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Series
from sandbox.fleet.world import AGENT_COUNT

_ATTEMPTS_PER_SECOND = 0.1  # for each agent that needs it


def series(situation: Situation) -> Sequence[Series]:
    """Return what the supervisor's pod says."""
    ill = AGENT_COUNT - situation.healthy_agents
    return [
        Gauge(name="agents_active_total", value=situation.healthy_agents),
        Counter(name="agents_recovery_attempts_total", per_second=ill * _ATTEMPTS_PER_SECOND),
    ]
