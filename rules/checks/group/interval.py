"""Groups that are evaluated too seldom."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import GroupCheck
from firebrigade.rules.durations import Duration
from firebrigade.rules.rulefile import Group

# An instant selection finds samples of the last five minutes, so beyond that a recorded series has holes
# (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
_LOOKBACK_SECONDS = 300


def _judge(group: Group) -> Iterator[str]:
    if group.interval and Duration(group.interval).seconds > _LOOKBACK_SECONDS:
        yield f"the group {group.name} is evaluated every {group.interval}; choose 5m at most"


CHECK = GroupCheck(
    name="group/interval",
    severity="warning",
    explains="is evaluated less often than every 5 minutes, so its series have holes and its alerts come late",
    judge=_judge,
)
