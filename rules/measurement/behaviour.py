"""How fast a burn-rate alert comes and goes: the law, and what promtool measures.

``commands/reporting.py`` asks for both. Measured is with the rules as they are built, fed with events of a known burn
rate; an objective's own queries are tested by its promtool cases. The law is that of the SRE workbook
(https://sre.google/workbook/alerting-on-slos/, chapter 5): a long window is above its limit after factor × long / burn,
and a short one is clean again after short × (1 − factor / burn).
"""

import dataclasses
import math
from dataclasses import dataclass
from decimal import Decimal

from firebrigade.rules.rulefile import Group, Rule
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Events, Objective, Query
from firebrigade.rules.slo.recordings import LONG_SECONDS, late_seconds
from firebrigade.rules.testing import oracle
from firebrigade.rules.testing.oracle import Question, Simulation
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.windows import Tier

_EVENTS = 10_000_000  # a minute, so that a share of a share of 99.99 % is a whole number
_FIRST, _LAST = "simulation:first_firing:timestamp", "simulation:last_firing:timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """When an alert comes and goes, in minutes; None means never.

    Attributes:
        detect: from the first bad event to firing.
        reset: from the last bad event to quiet.
    """

    detect: float | None
    reset: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One alert at one burn rate.

    Attributes:
        objective: one of those that share percent and windows.
        burn: multiples of the even pace.
        evaluate_minutes: between two evaluations of the simulation, within which nobody can tell.
    """

    objective: Objective
    tier: Tier
    burn: Decimal
    law: Behaviour
    measured: Behaviour
    evaluate_minutes: int

    @property
    def budget_spent(self) -> float | None:
        """The share of the period's budget that is gone when the alert fires."""
        if self.measured.detect is None:
            return None
        return float(self.burn) * self.measured.detect * 60 / self.objective.windows.period.seconds

    @property
    def holds(self) -> bool:
        """Whether the law holds to one evaluation."""
        return _near(self.law.detect, self.measured.detect, self.evaluate_minutes) and _near(
            self.law.reset, self.measured.reset, self.evaluate_minutes
        )


def law(objective: Objective, tier: Tier, burn: Decimal, evaluate_seconds: int) -> Behaviour:
    """Return what must be: never, where the burn is no faster than the tier's factor."""
    factor = tier.factor(objective.windows.period)
    if burn <= factor:
        return Behaviour(detect=None, reset=None)
    late = late_seconds(evaluate_seconds) if tier.long.seconds >= LONG_SECONDS else 0
    detect = factor * tier.long.seconds / burn + tier.hold.seconds + late
    return Behaviour(detect=float(detect / 60), reset=float(tier.short.seconds * (1 - factor / burn) / 60))


def measure(promtool: Promtool, objective: Objective, tier: Tier, burn: Decimal) -> Row:
    """Return what promtool makes of a burn that begins after a full long window without errors.

    Args:
        promtool: which one to use.
        objective: its percent, windows and alerts; its queries are replaced by two counters.
        tier: one of its tiers.
        burn: multiples of the even pace, at most as many as fail when all events do.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    step = 1 if tier.is_page else 5  # three days by the minute would take promtool a quarter of a minute
    expected = law(objective, tier, burn, 60 * step)
    before = _rounded(tier.long.seconds / 60 + 10, step)
    burning = _rounded((expected.detect or tier.long.seconds / 60) + 2 * step, step)
    after = _rounded(tier.short.seconds / 60 + 4 * step, step)
    bad = round(burn * objective.error_budget * _EVENTS)
    end = before + burning + after
    simulation = Simulation(
        groups=_groups(objective, tier),
        series={"bad": _values((before, 0), (burning, bad), (after, 0)), "all": _values((end, _EVENTS))},
        evaluate_seconds=60 * step,
    )
    first, last = oracle.ask(promtool, simulation, [Question(expr=name, minute=end) for name in (_FIRST, _LAST)])
    measured = Behaviour(
        detect=_minutes(first, since=before),
        # The last evaluation at which it fired is the one before that at which it was quiet.
        reset=None if (still := _minutes(last, since=before + burning)) is None else max(still, 0) + step,
    )
    return Row(objective=objective, tier=tier, burn=burn, law=expected, measured=measured, evaluate_minutes=step)


def _groups(objective: Objective, tier: Tier) -> tuple[Group, ...]:
    """Return the objective's own groups about two counters, and one that remembers when its alert fired."""
    counted = Events(error=Query(text="sum(rate(bad[{{.window}}]))"), total=Query(text="sum(rate(all[{{.window}}]))"))
    alone = dataclasses.replace(objective, sli=counted, tiers=(tier,), minimum_events=0, up="")
    burning, _ = burnrate.groups(alone)
    firing = f'timestamp(ALERTS{{alertname="{objective.alerting.name}", alertstate="firing"}})'
    remembering = Group(
        name="simulation",
        rules=(
            Rule(record=_FIRST, expr=f"last_over_time({_FIRST}[20m]) or ignoring (__name__) {firing}"),
            Rule(record=_LAST, expr=f"{firing} == time() or ignoring (__name__) last_over_time({_LAST}[20m])"),
        ),
    )
    return burning, remembering


def _values(*stretches: tuple[int, int]) -> str:
    value, written = 0, ["0"]
    for minutes, step in stretches:
        written.append(f"{value + step}+{step}x{minutes - 1}")
        value += step * minutes
    return " ".join(written)


def _minutes(answer: oracle.Answer, since: int) -> float | None:
    return next((value / 60 - since for value in answer.values()), None)


def _rounded(minutes: float, step: int) -> int:
    return step * math.ceil(minutes / step)


def _near(expected: float | None, measured: float | None, step: int) -> bool:
    if expected is None or measured is None:
        return expected is measured
    return abs(measured - expected) <= step
