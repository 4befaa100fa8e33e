"""How much of a workload a change may take away, by the counts that the plan wrote down. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason

_OF_PODS = {"pod", "replicaset", "deployment", "statefulset", "daemonset"}
_FACTS = {"ready", "wanted", "takes_ready", "disturbs_rollout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """A repair must not become the outage.

    A workload that should have one pod has nothing to lose by its restart, and a change that takes no ready pod away
    takes nothing from anybody; for the others, the pods that are not ready already count as well.
    """

    max_pods_taken: int
    max_unready_percent: int

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse during a rollout, and to take the last ready pod of several, or more than the limits."""
        if plan.target.kind not in _OF_PODS:
            return None
        if not plan.before.keys() >= _FACTS:
            return _refusal(f"The plan does not say how many pods of {plan.target} it takes away.")
        if plan.before["disturbs_rollout"]:
            return _refusal(f"A rollout of {plan.target} is in progress.")
        ready, wanted, takes = (int(plan.before[fact]) for fact in ("ready", "wanted", "takes_ready"))
        return self._judge(plan, ready, wanted, takes)

    def _judge(self, plan: Plan, ready: int, wanted: int, takes: int) -> Refusal | None:
        if takes < 1 or wanted < 2:
            return None
        if takes > self.max_pods_taken:
            return _refusal(f"It would take {takes} ready pods of {plan.target} at once; {self.max_pods_taken} may go.")
        left = ready - takes
        if left < 1:
            return _refusal(f"It would take the last ready pod of {plan.target}, which should have {wanted}.")
        if (wanted - left) * 100 > self.max_unready_percent * wanted:
            limit = f"more than {self.max_unready_percent} % must not be missing"
            return _refusal(f"It would leave {left} of {wanted} pods of {plan.target} ready; {limit}.")
        return None


def _refusal(summary: str) -> Refusal:
    return Refusal(reason=RefusalReason.BLAST_RADIUS, summary=summary)
