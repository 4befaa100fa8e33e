"""The watched systems, one file each: what a pod of it says of itself.

Metric names, labels and buckets are those of ``rules/metrics.yaml`` (a test compares them). Each file has
``series(situation)``, pure. A new system is a new file and a line here.
"""

from collections.abc import Callable, Mapping, Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Series
from sandbox.fleet.systems import agents, akosha, api, ryot, sigmalang, sigmavault, supervisor

BY_DEPLOYMENT: Mapping[str, Callable[[Situation], Sequence[Series]]] = {
    "neurectomy-api": api.series,
    "ryot": ryot.series,
    "sigmalang": sigmalang.series,
    "sigmavault": sigmavault.series,
    "akosha": akosha.series,
    "agent-supervisor": supervisor.series,
}


def series(situation: Situation) -> Sequence[Series]:
    """Return what this pod says of itself: nothing, if nobody knows what it runs."""
    if situation.pod.agent_id:
        return agents.series(situation)
    system = BY_DEPLOYMENT.get(situation.pod.deployment)
    return system(situation) if system else ()
