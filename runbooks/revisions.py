"""Which revision of a deployment to roll back to. Pure; rollback_deployment decides by it.

Kubernetes keeps no record of whether a revision ever worked, so this goes by what can be seen. If an earlier revision
has available pods now, that is the one: a failed rollout leaves the old pods serving, however many more followed it.
Otherwise a revision was once good if
- it was rolled back to, so somebody knew that it worked: its replica set carries earlier revision numbers;
- or it stayed the current one for some time before the next replaced it;
- or it is the only earlier one: nothing else can have been serving before.
A revision that was rolled back from is never good.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Json


def current_replica_set(deployment: Json, replica_sets: Sequence[Json]) -> Json | None:
    """Return the replica set of the deployment's template, or None while the controller has not caught up."""
    digest = workloads.template_digest(deployment)
    same = [one for one in replica_sets if workloads.template_digest(one) == digest]
    return max(same, key=workloads.revision, default=None)


def earlier_good(current: Json, replica_sets: Sequence[Json], proved_for: timedelta) -> Json | None:
    """Return the newest replica set older than the current one that was once good, or None.

    Args:
        current: the replica set of the current revision.
        replica_sets: all of the deployment's.
        proved_for: for how long a revision must have been the current one to count as good by that alone.
    """
    ordered = sorted(replica_sets, key=workloads.revision)
    earlier = [one for one in ordered if 0 < workloads.revision(one) < workloads.revision(current)]
    successors = {workloads.uid(one): following for one, following in pairwise(ordered)}
    sound = [one for one in earlier if not was_rolled_back_to(successors[workloads.uid(one)])]
    serving = [one for one in sound if int((one.get("status") or {}).get("availableReplicas", 0)) > 0]
    good = [one for one in sound if _once_good(one, successors[workloads.uid(one)], proved_for)]
    if serving or good:
        return (serving or good)[-1]
    return earlier[0] if len(earlier) == 1 and sound else None


def was_rolled_back_to(replica_set: Json) -> bool:
    """Return whether a replica set was the current one before: it carries earlier revision numbers."""
    return bool(workloads.annotations(replica_set).get(workloads.REVISION_HISTORY))


def _once_good(replica_set: Json, successor: Json, proved_for: timedelta) -> bool:
    lasted = workloads.created_at(successor) - workloads.created_at(replica_set)
    return was_rolled_back_to(replica_set) or lasted >= proved_for
