"""Whether a workload is again as it was before a change that was taken back. The executor asks; the look reads only.

As it was, not well: what was ill before the change is expected to be no better after its undo.
"""

from typing import Protocol, runtime_checkable

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Health, Json, Plan, Verdict
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError


@runtime_checkable
class ComesBack(Protocol):
    """An action whose undo takes a while to have its effect; the others' is there as soon as it is made."""

    def came_back(self, plan: Plan) -> Verdict:
        """Look once whether the target is as it was planned from; its summary goes on after "taken back, and".

        Raises:
            TemporaryActionError: can't look now.
        """
        ...


def look_back(kubernetes: KubernetesClient, plan: Plan) -> Verdict:
    """Look at a plan's workload; its change was taken back."""
    target = plan.target
    try:
        workload = kubernetes.read_object(target.kind, target.namespace, target.name)
    except NotFoundError:
        return Verdict(health=Health.FAILED, summary=f"{target} is gone")
    return came_back(plan, workload)


def came_back(plan: Plan, workload: Json) -> Verdict:
    """Decide whether as many pods are ready as before, and no rollout is under way that was not before. Pure.

    Args:
        plan: with the facts of ``workloads.blast_facts`` in ``before``, and with ``was_rolling_out`` where the change
            disturbs no rollout that is in progress, since it ends it.
        workload: as it is now.
    """
    before = int(plan.before.get("ready", 0))
    was_moving = bool(plan.before.get("was_rolling_out") or plan.before.get("disturbs_rollout"))
    ready, wanted = workloads.ready_replicas(workload), workloads.desired_pods(workload)
    moving = not workloads.observed(workload) or (workloads.rolling_out(workload) and not was_moving)
    there = ready >= min(before, wanted) and not moving
    only = "" if there or moving else "only "
    counted = f"{only}{ready} of {wanted} pods are ready"
    return Verdict(
        health=Health.HEALTHY if there else Health.WAITING,
        summary=f"{counted}, in a rollout that is not complete" if moving else counted,
        evidence={"ready": ready, "wanted": wanted, "ready_before": before},
    )
