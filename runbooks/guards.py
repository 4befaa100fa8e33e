"""Reasons not to act, each a pure function of the plan, what was done before, and the time.

The executor asks them in the order of ``guards_for``: the first refusal wins. None of them reads anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firebrigade.runbooks.contract import Guard, PastStep, Plan, Refusal, RefusalReason
from firebrigade.runbooks.durations import format_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What the machine may do.

    Attributes:
        automation: False switches every action off.
        dry_run: plan and write down, change nothing.
        namespaces: the namespaces in which something may be changed; none unless named. An agent is in none:
            whoever configured the supervisor's address has allowed its agents.
        cooldown: how long after an action the same action leaves the same target alone.
    """

    automation: bool = True
    dry_run: bool = False
    namespaces: frozenset[str] = frozenset()
    cooldown: timedelta = timedelta(minutes=15)


def guards_for(settings: GuardSettings) -> tuple[Guard, ...]:
    """Return the guards in the order in which they are asked; dry run last, so that it shows what else would refuse."""
    return (
        OffSwitch(automation=settings.automation),
        AllowedNamespaces(namespaces=settings.namespaces),
        Cooldown(cooldown=settings.cooldown),
        DryRun(dry_run=settings.dry_run),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OffSwitch:
    """Nothing is done while automation is off."""

    automation: bool

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse everything while automation is off."""
        return None if self.automation else _refusal(RefusalReason.OFF, "Automation is switched off.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedNamespaces:
    """Only what is named may be changed."""

    namespaces: frozenset[str]

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse a target outside the allowed namespaces."""
        target = plan.target
        if target.kind == "agent" or target.namespace in self.namespaces:
            return None
        return _refusal(RefusalReason.NAMESPACE, f"Namespace {target.namespace} is not one that may be changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """What was just done and did not help is not done again at once."""

    cooldown: timedelta

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Refuse while the same action was applied to the same target less than the cooldown ago."""
        recent = [past.applied_at for past in history if _same(plan, past) and now - past.applied_at < self.cooldown]
        if not recent:
            return None
        ago, wait = format_duration(_whole(now - max(recent))), format_duration(self.cooldown)
        summary = f"{plan.action} was applied to {plan.target} {ago} ago; it is left alone for {wait}."
        return _refusal(RefusalReason.COOLDOWN, summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The plan is the result."""

    dry_run: bool

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse to apply, with what would have been done."""
        return _refusal(RefusalReason.DRY_RUN, f"Dry run: {plan.summary}") if self.dry_run else None


def _same(plan: Plan, past: PastStep) -> bool:
    # The step itself is in the history when it is applied again after a crash; it must not stop itself.
    return past.action == plan.action and past.target == plan.target and past.step_id != plan.step_id


def _whole(duration: timedelta) -> timedelta:
    """Return whole seconds, never negative: another machine's clock may be ahead."""
    return timedelta(seconds=max(0, round(duration.total_seconds())))


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
