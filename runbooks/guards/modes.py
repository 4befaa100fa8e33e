"""What the mode of a target keeps from being done: everything, the applying, or the applying without a person. Pure.

Three guards, because they are asked at different places: off before anything else, dry run after what else would
refuse, approval last, so that nobody is asked to approve what would be refused anyway. Whether somebody has approved a
plan, the responder knows; it treats that one refusal as the question and not as the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, Target
from firebrigade.runbooks.modes import AutomationMode, Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class OffMode:
    """Nothing is done where automation is off."""

    modes: Modes

    def permit(self, action: str, target: Target) -> Refusal | None:
        """Refuse everything where automation is off."""
        ruling = self.modes.decide(action, target)
        if ruling.mode is not AutomationMode.OFF:
            return None
        return Refusal(reason=RefusalReason.OFF, summary=f"Automation is switched off by {ruling.setting}.")

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse as ``permit`` does."""
        return self.permit(plan.action, plan.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The plan is the result."""

    modes: Modes

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse to apply, with what would have been done."""
        ruling = self.modes.decide(plan.action, plan.target)
        if ruling.mode is not AutomationMode.DRY_RUN:
            return None
        return Refusal(reason=RefusalReason.DRY_RUN, summary=f"Dry run by {ruling.setting}: {plan.summary}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsApproval:
    """The plan is for a person to decide on."""

    modes: Modes

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse to apply a plan that needs a person."""
        ruling = self.modes.decide(plan.action, plan.target)
        if ruling.mode is not AutomationMode.APPROVE:
            return None
        return Refusal(reason=RefusalReason.APPROVAL, summary=f"It waits for a person's approval by {ruling.setting}.")
