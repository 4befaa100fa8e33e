"""The promtool cases that every SLO needs, made from burns.yaml and checked in like all others.

Four files each: what its windows record (``windowcases.py``), what its tiers make of that (``tiercases.py``), when it
is told that nothing is recorded (``nodatacases.py``), and here what comes of events in the end.

``python -m firebrigade.rules.testing.burncases`` writes them into rules/tests, and a test compares. What an alert must
be is written down a second time in burnexpected.py and not taken from ``burnalerts.py``, so that a mistake there is
noticed; only an SLO's own words and numbers come from its spec.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from firebrigade.rules import document, library
from firebrigade.rules.formats import own as spec
from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.testing import burnexpected, nodatacases, tiercases, windowcases
from firebrigade.rules.testing.burnexpected import PAGES, TICKETS, look
from firebrigade.rules.testing.burnseries import EVENTS, Counting, Stretch, series

_Written = Mapping[str, Any]
_GRID = 5  # minutes between two evaluations
_UP, _GONE = "1+0x{}", "stale _x{}"


class Burn(BaseModel):
    """One SLO's events; ``thorough`` adds cases of days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slo: str
    noun: str
    series: tuple[Counting, ...]
    thorough: bool = False


class Burns(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    burns: tuple[Burn, ...]


def texts() -> Mapping[str, str]:
    """Return the test files by name.

    Raises:
        RulesError: burns.yaml or a spec is wrong.
        KeyError: burns.yaml names an SLO that there is not.
    """
    burns = document.read(library.folder() / "burns.yaml").parse(Burns).burns
    paths = library.folder().glob("slos/*.yaml")
    files = {path.stem: spec.objectives(document.read(path), library.surroundings()) for path in paths}
    beside = {objective.id: (name, file) for name, file in files.items() for objective in file}
    return {name: text for burn in burns for name, text in _texts(burn, *beside[burn.slo])}


def _texts(burn: Burn, name: str, file: Sequence[Objective]) -> Iterator[tuple[str, str]]:
    objective = next(one for one in file if one.id == burn.slo)
    made = {
        "burn": (f"{_GRID}m", _Cases(burn, objective).all()),
        "nodata": (nodatacases.GRID, nodatacases.cases(objective)),
        "tiers": (f"{tiercases.GRID_MINUTES}m", tiercases.cases(objective)),
        "windows": (windowcases.GRID, windowcases.cases(objective, burn.series)),
    }
    for kind, (interval, tests) in made.items():
        yield f"{kind}-{burn.slo}.yaml", _text(name, file, interval, list(tests))


def _text(name: str, file: Sequence[Objective], interval: str, tests: Sequence[_Written]) -> str:
    made = {
        "rule_files": [f"../generated/slo-{name}.yaml"],
        "evaluation_interval": interval,
        "group_eval_order": [group for one in file for group in (f"slo-{one.id}", f"slo-{one.id}-budget")],
        "tests": tests,
    }
    text = yaml.dump(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return f"# Made by `python -m firebrigade.rules.testing.burncases` from burns.yaml: edit that, not this.\n{text}"


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of one SLO."""

    burn: Burn
    objective: Objective

    def all(self) -> Iterator[_Written]:
        yield from self._pages()
        if self.burn.thorough:
            yield from self._tickets()
        yield self._start_and_end()
        yield self._restart()
        yield self._gone()
        if isinstance(self.objective.sli, Events):
            yield self._idle()
        if self.objective.minimum_events:
            yield from self._guards()

    def _pages(self) -> Iterator[_Written]:
        """Yield a case just over and one just under each page's limit."""
        for tier in reversed(self._those_of(PAGES)):
            for factor in (Decimal("0.97"), Decimal("1.03")):
                bad = 2 * int(self._limit(tier) * factor * EVENTS / 2)
                share = Decimal(bad) / EVENTS
                told = [one for one in self._those_of(PAGES) if share > self._limit(one)]
                case = self._case(f"{self._share(share)}, and {_those(told)}", {20: told}, Stretch(minutes=20, bad=bad))
                yield case if told else {**case, "alert_rule_test": [look(20, self.objective.alerting.name)]}

    def _tickets(self) -> Iterator[_Written]:
        """Yield steady burns from the first sample on: a ticket comes when its part of the budget is gone."""
        paces = {"3.09": TICKETS, "2.91": TICKETS[1:], "1.03": TICKETS[1:], "0.97": ()}
        for pace, told in ((Decimal(pace), told) for pace, told in paces.items()):
            bad = round(self._limit("ticket-slow") * pace * EVENTS)
            when = self._minutes_to("ticket-slow", pace)
            early, late = _GRID * int(when * Decimal("0.97") / _GRID), _GRID * math.ceil(when * Decimal("1.03") / _GRID)
            looks = {early: (), late: told}
            name = f"{self._share(Decimal(bad) / EVENTS)} from the start, and after {early} minutes {_those(told)}"
            case = self._case(name, looks, Stretch(minutes=late, bad=bad), up=[_UP.format(late)])
            yield {**case, "alert_rule_test": [look(late, name) for name in self._no_data()]}

    def _no_data(self) -> Iterator[str]:
        """Yield the alerts that say nothing while there are events."""
        yield "SloDataMissing"
        if isinstance(self.objective.sli, Events):
            yield "SloIdle"
        if self.objective.minimum_events:
            yield "SloTrafficLow"

    def _start_and_end(self) -> _Written:
        """Return the case of a burn that starts and ends: all labels and texts, and when each tier is quiet again."""
        share = min(self._limit(self._those_of(PAGES)[0]) * Decimal("1.2"), Decimal(1))
        pace = share / self._limit("ticket-slow")
        last = _GRID * math.ceil(self._minutes_to("ticket-slow", pace) * Decimal("1.05") / _GRID)
        tiers = self._those_of(PAGES + TICKETS)
        looks = {last + after: told for after, told in burnexpected.STILL.items()}
        case = self._case(
            f"{self._share(share)} for {last} minutes, and each tier ends when its short window is clean",
            {last: tiers, **looks},
            Stretch(minutes=last, bad=int(share * EVENTS)),
            Stretch(minutes=max(burnexpected.STILL)),
        )
        exact = [burnexpected.alert(self.objective, tier, _percent(share)) for tier in tiers]
        name, end = self.objective.alerting.name, last + max(burnexpected.STILL)
        # Counters have no rate yet at their first sample; a gauge's first sample says all.
        start = [look(0, name)] if isinstance(self.objective.sli, Events) else []
        return {**case, "alert_rule_test": [*start, look(last, name, *exact), look(end, name)]}

    def _restart(self) -> _Written:
        """Return the case of counters that begin at 0 again, which looks like a huge step to a difference."""
        bad = 2 * int(self._limit("page-slow") * Decimal("0.97") * EVENTS / 2)
        name = "everything restarts and counts from zero again, and nobody is told"
        before, after = Stretch(minutes=12, bad=bad), Stretch(minutes=13, bad=bad, restarted=True)
        return self._case(name, {10: (), 15: (), 20: (), 25: ()}, before, after)

    def _gone(self) -> _Written:
        """Return the case of a service that dies in a burn: its page stays until SloDataMissing has fired."""
        bad = int(min(self._limit(self._those_of(PAGES)[0]) * Decimal("1.2"), Decimal(1)) * EVENTS)
        pages = self._those_of(PAGES)
        # The last evaluation that records anything: a rate needs two samples, and a mean one, whether a range holds its
        # first moment (before Prometheus 3) or not.
        dies = 25 if isinstance(self.objective.sli, Events) else 22
        case = self._case(
            "the service dies while it burns, and it is never quiet",
            {20: pages, 30: pages, 35: pages, 80: ()},
            Stretch(minutes=dies, bad=bad),
            Stretch(minutes=55 - dies, gone=True),
            Stretch(minutes=25, restarted=True),
            up=[_UP.format(dies), _GONE.format(54 - dies), _UP.format(24)],
        )
        missing = burnexpected.data_missing(self.objective)
        looks = {30: (), 35: (missing,), 55: (missing,), 80: ()}
        return {**case, "alert_rule_test": [look(at, "SloDataMissing", *told) for at, told in looks.items()]}

    def _idle(self) -> _Written:
        """Return the case of a service that is up and unused: that is worth a line, and wakes nobody."""
        case = self._case(
            "nothing happens for an hour, and nobody is woken",
            {60: ()},
            Stretch(minutes=75, total=0),
            Stretch(minutes=20),
            up=[_UP.format(95)],
        )
        idle = burnexpected.idle(self.objective)
        looks = {55: (), 65: (idle,), 90: ()}
        alerts = [look(at, "SloIdle", *told) for at, told in looks.items()]
        alerts += [look(at, name) for at in (60, 90) for name in ("SloDataMissing", "SloTrafficLow")]
        return {**case, "alert_rule_test": alerts}

    def _guards(self) -> Iterator[_Written]:
        """Yield a case with enough events for a page, and one with too few, of which somebody is told a day later."""
        enough = self.objective.minimum_events
        yield self._all_bad(2 * math.ceil((enough + 1) / 20), "enough", self._those_of(PAGES))
        if not self.burn.thorough:
            return
        a_minute = 2 * ((enough - 1) // 20)
        rest = (Stretch(minutes=1370, total=0), Stretch(minutes=10, total=enough))
        case = self._all_bad(a_minute, "too few", (), *rest)
        low = burnexpected.traffic_low(self.objective, a_minute * 10)
        looks = {1300: (), 1375: (low,), 1390: ()}
        yield {**case, "alert_rule_test": [look(at, "SloTrafficLow", *told) for at, told in looks.items()]}

    def _all_bad(self, a_minute: int, word: str, told: Sequence[str], *rest: Stretch) -> dict[str, Any]:
        limit = self.objective.minimum_events
        name = f"all are bad, but {a_minute * 10} events are {word} to say so (the limit is {limit})"
        minutes = 10 + sum(stretch.minutes for stretch in rest)
        first = Stretch(minutes=10, total=a_minute, bad=a_minute)
        return self._case(name, {10: told}, first, *rest, up=[_UP.format(minutes)])

    def _case(
        self, name: str, looks: Mapping[int, Sequence[str]], *stretches: Stretch, up: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return a case that says which tiers fire at which minutes."""
        counted = series(self.burn.series, stretches)
        counted += [{"series": burnexpected.up(self.objective), "values": " ".join(up)}] if up else []
        firing = [burnexpected.firing(self.objective, minute, told) for minute, told in looks.items()]
        return {"name": name, "interval": "1m", "input_series": counted, "promql_expr_test": firing}

    def _minutes_to(self, tier: str, pace: Decimal) -> Decimal:
        """Return when a tier fires at a steady multiple of the even pace (RULES.md: factor × long / burn)."""
        return burnexpected.FACTORS[tier] * burnexpected.LONG_MINUTES[tier] / pace

    def _those_of(self, tiers: Sequence[str]) -> tuple[str, ...]:
        wanted = {tier.tier for tier in self.objective.tiers}
        return tuple(tier for tier in tiers if tier in wanted)

    def _limit(self, tier: str) -> Decimal:
        return burnexpected.FACTORS[tier] * (100 - self.objective.percent) / 100

    def _share(self, share: Decimal) -> str:
        return f"{_percent(share)} {self.burn.noun}"


def _percent(share: Decimal) -> str:
    return f"{float(share * 100):.4g}%"


def _those(tiers: Sequence[str]) -> str:
    return " and ".join(tiers) + (" tell" if len(tiers) > 1 else " tells") if tiers else "nobody is told"


class _Dumper(yaml.SafeDumper):
    """Writes everything out: not every promtool follows anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (yaml calls it)
        return True


def main(folder: Path | None = None) -> None:
    """Write the test files."""
    for name, text in texts().items():
        ((folder or library.folder() / "tests") / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
