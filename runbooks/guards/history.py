"""What was done before, and is being done: lock, steps at once, cooldown, flapping, runs per hour. Pure.

The step itself is in the history when it is applied again after a crash; it must never stop itself. A time in the
future, by another machine's clock that is ahead, counts as now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, Target
from firebrigade.runbooks.durations import format_duration

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One change at a time to one thing, whichever incidents want more."""

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse while another step on the same thing is being applied, verified or taken back."""
        unfinished = [past for past in _others(plan, history) if past.finished_at is None]
        under_way = [past for past in unfinished if _meets(plan, past) or _both_nodes(plan, past)]
        if not under_way:
            return None
        other = under_way[0]
        text = f"{other.action} of incident {other.incident_id} is still under way on {other.target}."
        return Refusal(reason=RefusalReason.LOCKED, summary=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsAtOnce:
    """So many changes at a time and no more: what they do together, nobody has planned."""

    most: int

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse while as many other steps are being applied, verified or taken back, on whatever.

        One that maintenance holds back for hours keeps its target to itself, and nobody else waiting.
        """
        under_way = sum(past.finished_at is None and not past.parked for past in _others(plan, history))
        if under_way < self.most:
            return None
        text = f"Other steps are under way, {under_way} of the {self.most} that may be at once."
        return Refusal(reason=RefusalReason.TOO_MANY_AT_ONCE, summary=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """What was just done and did not help is not done again at once."""

    cooldown: timedelta

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Refuse while the same action was applied to the same target less than the cooldown ago."""
        same = [past for past in _others(plan, history) if (past.action, past.target) == (plan.action, plan.target)]
        recent = [past.applied_at for past in _within(self.cooldown, same, now)]
        if not recent:
            return None
        ago, wait = format_duration(_whole(now - max(recent))), format_duration(self.cooldown)
        summary = f"{plan.action} was applied to {plan.target} {ago} ago; it is left alone for {wait}."
        return Refusal(reason=RefusalReason.COOLDOWN, summary=summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flapping:
    """What is repaired again and again has a cause that no repair removes: people have to look for it."""

    repairs_per_day: int

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Refuse when the same thing was repaired so often within 24 hours, by whichever actions."""
        met = [past for past in _within(_DAY, _others(plan, history), now) if _meets(plan, past) and past.verified]
        if len(met) < self.repairs_per_day:
            return None
        text = f"{plan.target} was repaired {_times(len(met))} within 24 hours and fails again: find the cause."
        return Refusal(reason=RefusalReason.FLAPPING, summary=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPerHour:
    """How often the machine acts, on one thing and altogether; a machine that is wrong is wrong often."""

    on_one_target: int
    altogether: int

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Refuse when an hour's runs are used up."""
        recent = _within(_HOUR, _others(plan, history), now)
        met = sum(_meets(plan, past) for past in recent)
        if met >= self.on_one_target:
            text = f"{plan.target} was acted on {_times(met)} within an hour; {self.on_one_target} are allowed."
        elif len(recent) >= self.altogether:
            text = f"{len(recent)} steps were applied within an hour; {self.altogether} are allowed altogether."
        else:
            return None
        return Refusal(reason=RefusalReason.TOO_MANY_RUNS, summary=text)


def same_thing(one: Target, other: Target) -> bool:
    """Return whether what is done to one target can be felt by the other.

    An agent runs in the deployment that has its name. Which namespace that is in, a recovery does not know, so that an
    agent meets every workload of its name.
    """
    return one == other or (one.name == other.name and "agent" in (one.kind, other.kind))


def _meets(plan: Plan, past: PastStep) -> bool:
    return same_thing(plan.target, past.target)


def _both_nodes(plan: Plan, past: PastStep) -> bool:
    """Return whether both are about nodes: each of them counts on the room that the others have left."""
    return plan.target.kind == past.target.kind == "node"


def _others(plan: Plan, history: Sequence[PastStep]) -> list[PastStep]:
    return [past for past in history if past.step_id != plan.step_id]


def _within(period: timedelta, history: Sequence[PastStep], now: datetime) -> list[PastStep]:
    return [past for past in history if now - past.applied_at < period]


def _whole(duration: timedelta) -> timedelta:
    """Return whole seconds, never negative."""
    return timedelta(seconds=max(0, round(duration.total_seconds())))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
