"""Whether a value rose that a change must not make rise: the comparison of Prometheus' answers from three moments.

The executor asks at each look. A comparison can only say that things are worse; what can't be compared changes no
verdict, and says so. Moments are Prometheus' own, since it and Firebrigade may not agree on the time.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from firebrigade.runbooks.contract import ActionError, Health, Json, Verdict
from firebrigade.runbooks.durations import format_duration
from firebrigade.runbooks.must_not_rise import ChangeAge, MustNotRise
from firebrigade.runbooks.prometheus import QueryResult

# Before the change's intent, whatever the answers take: the cluster is asked first, with its own time-outs.
MARGIN = timedelta(seconds=15)
# With this share of its rise before the change, a value was rising without it. A range that is filling up with trouble
# from before has risen by as large a share of the whole as the range is full by then, so this is a tenth of the range.
_RISING_SHARE = 0.1

Ask = Callable[[float | None], QueryResult]
Values = Mapping[frozenset[tuple[str, str]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it.

    Attributes:
        rose: by more than it may, and not before the change already.
        unknown: why nobody can say, or empty.
        lingers: how long one bad moment stays in what was looked at.
    """

    rose: bool = False
    unknown: str = ""
    lingers: timedelta = timedelta()
    evidence: Mapping[str, Json] = field(default_factory=dict)


def compare(ask: Ask, worse: MustNotRise, age: ChangeAge) -> Comparison | None:
    """Ask for now, for before the change and for a range earlier, and compare; None while it is too early.

    Args:
        ask: evaluates the query for a moment in seconds since 1970, None being now; raises ActionError.
        worse: what must not rise.
        age: how long ago the change was made.
    """
    if age.made < worse.looks_back:
        return None
    try:
        return _compared(ask, worse, age)
    except ActionError as error:
        return Comparison(unknown=str(error).rstrip("."))


def unless_risen(verdict: Verdict, comparison: Comparison) -> Verdict:
    """Return the verdict, or that it is worse; what can't be compared is added to its words."""
    evidence = {**verdict.evidence, "must_not_rise": dict(comparison.evidence)}
    if comparison.unknown:
        words = f"{verdict.summary} Whether what must not rise has risen is not known: {comparison.unknown}."
        return replace(verdict, summary=words, evidence={**evidence, "not_compared": comparison.unknown})
    if not comparison.rose:
        return replace(verdict, evidence=evidence)
    found = comparison.evidence
    words = f"It is worse than before: what must not rise is {found['now']:g}, and was {found['before']:g}"
    worse = replace(verdict, health=Health.WORSE, summary=f"{words}. {verdict.summary}", evidence=evidence)
    return replace(worse, lingers=comparison.lingers)


def _compared(ask: Ask, worse: MustNotRise, age: ChangeAge) -> Comparison:
    now = ask(None)
    if now.evaluated_at is None:
        return Comparison(unknown="Prometheus has no series for it now")
    before_at = now.evaluated_at - (age.begun + MARGIN).total_seconds()
    before = ask(before_at)
    if doubts := (*_doubts(now), *_doubts(before)):
        return Comparison(unknown=f"Prometheus warns: {doubts[0]}")
    now_values, before_values = _values(now), _values(before)
    both = now_values.keys() & before_values.keys()
    if not both:
        return Comparison(unknown="Prometheus has no value of before the change for the same series")
    rises = [_Rise(series=one, before=before_values[one], now=now_values[one]) for one in both]
    rises.sort(key=lambda rise: rise.now - rise.before, reverse=True)
    risen = [rise for rise in rises if rise.now - rise.before > worse.rises_by]
    if not risen:
        return Comparison(evidence=rises[0].evidence(worse))
    return _blamed(ask(before_at - worse.looks_back.total_seconds()), worse, risen)


def _blamed(earlier: QueryResult, worse: MustNotRise, risen: Sequence["_Rise"]) -> Comparison:
    """Blame the change for a rise, unless the value was rising before it: a range that fills up goes on rising."""
    values = {} if _doubts(earlier) else _values(earlier)
    for rise in risen:
        was = values.get(rise.series)
        if was is not None and rise.before - was < _RISING_SHARE * (rise.now - was):
            return Comparison(rose=True, lingers=worse.looks_back, evidence=rise.evidence(worse))
    first, was = risen[0], values.get(risen[0].series)
    words = f"it rose from {first.before:g} to {first.now:g}, and "
    if was is None:
        words += "what it was some time before the change, Prometheus does not say"
    else:
        span = format_duration(worse.looks_back)
        words += f"in the {span} before the change it rose already, from {was:g}"
    return Comparison(unknown=words, evidence=first.evidence(worse))


def _values(result: QueryResult) -> Values:
    """Return each series' value; what is not finite can't be compared."""
    return {frozenset(one.labels.items()): one.value for one in result.samples if math.isfinite(one.value)}


def _doubts(result: QueryResult) -> list[str]:
    """Return the warnings that an answer may not be whole; before 3.0, remarks on style came as warnings too."""
    return [" ".join(str(one).split())[:200] for one in result.warnings if not str(one).startswith("PromQL info")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rise:
    """One series' values before the change and now."""

    series: frozenset[tuple[str, str]]
    before: float
    now: float

    def evidence(self, worse: MustNotRise) -> dict[str, Json]:
        return {
            "query": worse.query,
            "series": dict(sorted(self.series)),
            "before": self.before,
            "now": self.now,
            "may_rise_by": worse.rises_by,
        }
