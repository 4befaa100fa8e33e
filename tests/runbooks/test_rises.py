"""A value that must not rise: blamed on a change only if it rose after it, and was not rising before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.runbooks.contract import Health, PermanentActionError, TemporaryActionError, Verdict
from firebrigade.runbooks.must_not_rise import ChangeAge, MustNotRise
from firebrigade.runbooks.prometheus import QueryResult, Sample
from firebrigade.runbooks.rises import MARGIN, Ask, Comparison, compare, unless_risen

RANGE = timedelta(minutes=1)
ERRORS = MustNotRise(query="errors", rises_by=0.1, looks_back=RANGE)
AGE = ChangeAge(begun=timedelta(seconds=62), made=RANGE)
NOW = 1_767_603_600.0
BEFORE = NOW - (AGE.begun + MARGIN).total_seconds()
EARLIER = BEFORE - RANGE.total_seconds()
HEALTHY = Verdict(health=Health.HEALTHY, summary="All are ready.", evidence={"ready": 3})

Values = Mapping[str, float]


def answer(values: Values, at: float | None = NOW, warnings: tuple[str, ...] = ()) -> QueryResult:
    samples = tuple(Sample(labels={"pod": pod}, value=value) for pod, value in values.items())
    return QueryResult(samples=samples, warnings=warnings, evaluated_at=at if samples else None)


def asking(now: Values, before: Values, earlier: Values, warnings: tuple[str, ...] = ()) -> Ask:
    """Return a Prometheus that knows three moments, and one of them with warnings."""

    def ask(at: float | None) -> QueryResult:
        known = {None: answer(now, warnings=warnings), BEFORE: answer(before), EARLIER: answer(earlier)}
        return known[at]

    return ask


def compared(ask: Ask, age: ChangeAge = AGE, worse: MustNotRise = ERRORS) -> Comparison:
    found = compare(ask, worse, age)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("now", "before", "earlier", "rose"),
    [
        pytest.param({"a": 0.3}, {"a": 0.1}, {"a": 0.1}, True, id="it rose"),
        pytest.param({"a": 0.2}, {"a": 0.1}, {"a": 0.1}, False, id="by no more than it may"),
        pytest.param({"a": 0.3}, {"a": 0.1}, {"a": 0.085}, True, id="it had risen by little of it before"),
        pytest.param({"a": 1}, {"a": 0.05}, {"a": 0.02}, True, id="it had risen before, and then it jumped"),
        pytest.param({"a": 0.3}, {"a": 0.1}, {"a": 0.5}, True, id="it had fallen before"),
        pytest.param({"a": 0.1}, {"a": 0.3}, {"a": 0.1}, False, id="it fell"),
        pytest.param({"a": 0.9, "b": 0.3}, {"a": 0.5, "b": 0.1}, {"a": 0.1, "b": 0.1}, True, id="another one rose"),
        pytest.param({"a": 0.1, "b": 0.9}, {"a": 0.1}, {"a": 0.1}, False, id="a new series has no before"),
    ],
)
def test_a_rise_after_the_change_is_told_from_what_was_there(
    now: Values, before: Values, earlier: Values, rose: bool
) -> None:
    found = compared(asking(now, before, earlier))
    assert (found.rose, found.unknown) == (rose, "")


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        pytest.param(asking({}, {"a": 1}, {"a": 1}), "no series for it now", id="nothing now"),
        pytest.param(asking({"a": 1}, {}, {}), "no value of before the change", id="nothing before"),
        pytest.param(asking({"a": 1}, {"b": 1}, {}), "for the same series", id="other series before"),
        pytest.param(asking({"a": 1}, {"a": float("nan")}, {}), "no value of before", id="no number before"),
        pytest.param(asking({"a": float("inf")}, {"a": 0}, {}), "no value of before", id="infinite now"),
        pytest.param(asking({"a": 0.9}, {"a": 0.1}, {}), "does not say", id="nothing earlier"),
        pytest.param(asking({"a": 0.9}, {"a": 0.5}, {"a": 0.1}), "it rose already, from 0.1", id="it was rising"),
        pytest.param(asking({"a": 0.3}, {"a": 0.1}, {"a": 0.07}), "it rose already, from 0.07", id="as much as it did"),
        pytest.param(asking({"a": 0.9}, {"a": 0.1}, {"a": 0.1}, ("a\nstore is away",)), "a store is away", id="warned"),
    ],
)
def test_what_nobody_can_tell_is_unknown_and_says_why(ask: Ask, why: str) -> None:
    found = compared(ask)
    assert not found.rose
    assert why in found.unknown


def test_a_remark_on_style_is_no_doubt() -> None:
    remark = "PromQL info: metric might not be a counter, name does not end in _total"
    assert compared(asking({"a": 0.9}, {"a": 0.1}, {"a": 0.1}, (remark,))).rose


@pytest.mark.parametrize("error", [TemporaryActionError("It is away."), PermanentActionError("It refuses the query.")])
def test_a_prometheus_that_does_not_answer_is_no_verdict(error: Exception) -> None:
    def ask(_at: float | None) -> QueryResult:
        raise error

    assert compared(ask).unknown == str(error).rstrip(".")


def test_nothing_is_asked_while_the_range_still_holds_what_was_before() -> None:
    def ask(_at: float | None) -> QueryResult:
        raise AssertionError("nobody should ask")

    assert compare(ask, ERRORS, ChangeAge(begun=timedelta(minutes=2), made=timedelta(seconds=59))) is None


def test_worse_replaces_what_the_cluster_says_and_keeps_its_words() -> None:
    judged = unless_risen(HEALTHY, compared(asking({"a": 0.3}, {"a": 0.1}, {"a": 0.1})))
    assert judged.health is Health.WORSE
    assert judged.summary == "It is worse than before: what must not rise is 0.3, and was 0.1. All are ready."
    values = {"query": "errors", "series": {"pod": "a"}, "before": 0.1, "now": 0.3, "may_rise_by": 0.1}
    assert judged.evidence == {"ready": 3, "must_not_rise": values}
    assert judged.lingers == RANGE


def test_what_could_not_be_compared_is_told_and_changes_nothing() -> None:
    judged = unless_risen(HEALTHY, compared(asking({}, {}, {})))
    assert judged.health is Health.HEALTHY
    assert "is not known: Prometheus has no series for it now." in judged.summary
    assert judged.evidence["not_compared"] == "Prometheus has no series for it now"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A share of errors that jumps at one moment, and what a query over a range makes of it."""

    jumps_at: float
    to: float

    def seen(self, at: float) -> float:
        """Return the mean over the range before a moment."""
        return self.to * min(1.0, max(0.0, (at - self.jumps_at) / RANGE.total_seconds()))

    def asked(self, clock: float) -> Callable[[float | None], QueryResult]:
        """Return a Prometheus whose clock shows something."""
        return lambda at: answer({"a": self.seen(clock if at is None else at)}, at=clock)


@given(st.floats(6, 3600), st.floats(0, 1), st.floats(0, 600), st.floats(0, 30))
def test_trouble_that_began_before_the_change_is_never_blamed_on_it(
    seconds: float, to: float, later: float, took: float
) -> None:
    """From a tenth of the range before it on, however much the range still fills up after the change."""
    age = ChangeAge(begun=RANGE + timedelta(seconds=later + took), made=RANGE + timedelta(seconds=later))
    changed_at = NOW - (age.begun + MARGIN).total_seconds()
    assert not compared(Trouble(changed_at - seconds - 0.001, to).asked(NOW), age).rose


@given(st.floats(0.11, 1), st.floats(60, 600), st.floats(0, 30))
def test_trouble_that_began_with_the_change_is_always_blamed_on_it(to: float, later: float, took: float) -> None:
    """Once the range is full of it."""
    age = ChangeAge(begun=timedelta(seconds=later + took), made=timedelta(seconds=later))
    assert compared(Trouble(NOW - later, to).asked(NOW), age).rose
