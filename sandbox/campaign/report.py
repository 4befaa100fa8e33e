"""The table of a campaign, and whether it held. Pure; ``__main__.py`` prints it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sandbox.campaign.scenario import Kind
from sandbox.campaign.trial import Outcome, Result

REPAIRED_PERCENT = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind's results, or all together."""

    name: str
    scenarios: int
    repairable: int
    missed: int
    repaired: int
    by_itself: int
    escalated: int
    harmed: int
    minutes: float | None

    def cells(self) -> tuple[str, ...]:
        """Return what the table shows."""
        took = "" if self.minutes is None else f"{self.minutes:.1f}"
        counts = (self.scenarios, self.repairable, self.repaired, self.by_itself, self.escalated, self.harmed)
        return (self.name, *map(str, counts), took)


def rows(results: Sequence[Result]) -> list[Row]:
    """Return a row for each kind that there is, and the sum."""
    kinds = [kind for kind in Kind if any(one.scenario.kind is kind for one in results)]
    of_kinds = [_row(kind.value, [one for one in results if one.scenario.kind is kind]) for kind in kinds]
    return [*of_kinds, _row("all", results)]


def _row(name: str, results: Sequence[Result]) -> Row:
    outcomes = [one.outcome for one in results]
    took = [one.minutes for one in results if one.minutes is not None]
    return Row(
        name=name,
        scenarios=len(results),
        repairable=sum(one.scenario.repairable for one in results),
        missed=sum(one.missed for one in results),
        repaired=outcomes.count(Outcome.REPAIRED),
        by_itself=outcomes.count(Outcome.BY_ITSELF),
        escalated=outcomes.count(Outcome.ESCALATED),
        harmed=outcomes.count(Outcome.HARMED),
        minutes=median(took) if took else None,
    )


def failures(results: Sequence[Result]) -> list[str]:
    """Return what a campaign promises and did not hold, a sentence each."""
    everything = _row("all", results)
    found = []
    if everything.harmed:
        found.append(f"{everything.harmed} of {everything.scenarios} scenarios did harm; there must be none.")
    if everything.missed * 100 > (100 - REPAIRED_PERCENT) * everything.repairable:
        repaired = everything.repairable - everything.missed
        found.append(
            f"{repaired} of {everything.repairable} scenarios that a runbook can repair were repaired; "
            f"{REPAIRED_PERCENT} % must be."
        )
    return found
