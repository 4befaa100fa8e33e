"""Whether a person has to approve a plan before it is applied. Pure.

It is asked last: nobody is asked to approve what would be refused anyway. Whether somebody has approved it, the
responder knows; it treats this one refusal as the question and not as the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsApproval:
    """Some actions, or all of them, are for a person to decide on."""

    everything: bool
    actions: frozenset[str]

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse to apply a plan that needs a person."""
        if not self.everything and plan.action not in self.actions:
            return None
        return Refusal(reason=RefusalReason.APPROVAL, summary=f"A person has to approve it: {plan.summary}")
