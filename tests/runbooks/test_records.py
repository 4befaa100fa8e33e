"""Records survive the database."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks import records
from firebrigade.runbooks.contract import Plan, RunbookStep, Target
from firebrigade.runbooks.must_not_rise import MustNotRise

TEXTS = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=3)
TARGETS = st.builds(Target, kind=TEXTS, namespace=TEXTS, name=TEXTS)
MOMENTS = st.datetimes(timezones=st.just(UTC))
PLANS = st.builds(
    Plan,
    step_id=TEXTS,
    action=TEXTS,
    target=TARGETS,
    params=OBJECTS,
    before=OBJECTS,
    desired=OBJECTS,
    precondition=OBJECTS,
    summary=TEXTS,
    planned_at=MOMENTS,
    seen=OBJECTS,
)
SPANS = st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds))
STEPS = st.builds(
    RunbookStep,
    name=TEXTS,
    action=TEXTS,
    target=OBJECTS,
    params=OBJECTS,
    verify_query=TEXTS,
    undo=st.booleans(),
    verify_within=SPANS,
    healthy_for=SPANS,
    worse=st.none() | st.builds(MustNotRise, query=TEXTS, rises_by=st.floats(0, 1), looks_back=SPANS),
)


@settings(deadline=None)
@given(
    st.one_of(
        st.tuples(st.just("plan"), PLANS),
        st.tuples(st.just("step"), STEPS),
        st.tuples(st.just("target"), TARGETS),
    )
)
def test_every_record_comes_back_as_it_was(named: tuple[str, Any]) -> None:
    kind, record = named
    text = json.dumps(getattr(records, f"{kind}_to_json")(record))
    assert getattr(records, f"{kind}_from_json")(json.loads(text)) == record


def test_a_time_without_a_zone_is_refused() -> None:
    plan = Plan(
        step_id="s",
        action="a",
        target=Target(kind="pod", namespace="n", name="p"),
        params={},
        before={},
        desired={},
        precondition={},
        summary="",
        planned_at=datetime(2026, 1, 5, tzinfo=UTC),
    )
    written = {**records.plan_to_json(plan), "planned_at": "2026-01-05T00:00:00"}
    with pytest.raises(ValueError, match="time zone"):
        records.plan_from_json(written)


@settings(deadline=None)
@given(PLANS, PLANS)
def test_a_plan_s_hash_is_that_of_what_it_does_and_not_of_when_it_was_made(one: Plan, other: Plan) -> None:
    later = replace(one, planned_at=other.planned_at, seen=other.seen)
    assert plan_hash(one) == plan_hash(later)
    assert (plan_hash(one) == plan_hash(other)) is (one == replace(other, planned_at=one.planned_at, seen=one.seen))


def plan_hash(plan: Plan) -> str:
    """Return the hash of a plan as it comes back from the database."""
    return records.plan_hash(json.loads(json.dumps(records.plan_to_json(plan))))


def test_a_plan_of_an_earlier_version_comes_back() -> None:
    moment = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    target = Target(kind="pod", namespace="shop", name="checkout-1")
    plan = Plan(
        step_id="s",
        action="restart_pod",
        target=target,
        params={},
        before={},
        desired={},
        precondition={},
        summary="",
        planned_at=moment,
    )
    kept = records.plan_to_json(plan)
    del kept["seen"]
    assert records.plan_from_json(kept) == plan


def test_a_step_of_an_earlier_version_comes_back() -> None:
    step = RunbookStep(name="Restart", action="restart_pod", target={})
    kept = records.step_to_json(step)
    assert "worse" not in kept  # what a step does not have is not in the words that trust knows it by
    for later in ("healthy_for_seconds", "when"):
        del kept[later]
    assert records.step_from_json(kept) == step
