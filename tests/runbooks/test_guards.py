"""Reasons not to act."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TARGET = Target(kind="deployment", namespace="shop", name="checkout")
OPEN: dict[str, Any] = {"namespaces": frozenset({"shop"})}


def plan(target: Target = TARGET, action: str = "restart_pod", step_id: str = "step-1") -> Plan:
    return Plan(
        step_id=step_id,
        action=action,
        target=target,
        params={},
        before={},
        desired={},
        precondition={},
        summary="Evict pod checkout-1.",
        planned_at=NOW,
    )


def past(ago: timedelta, target: Target = TARGET, action: str = "restart_pod", step_id: str = "step-0") -> PastStep:
    return PastStep(step_id=step_id, action=action, target=target, applied_at=NOW - ago)


def asked(settings: GuardSettings, planned: Plan, *history: PastStep) -> Refusal | None:
    return RunbookExecutor({}, guards_for(settings), None).allow(planned, history, NOW)


def reason(refusal: Refusal | None) -> RefusalReason | None:
    return refusal.reason if refusal else None


def test_no_namespace_is_allowed_unless_it_is_named() -> None:
    assert reason(asked(GuardSettings(), plan())) is RefusalReason.NAMESPACE
    assert asked(GuardSettings(**OPEN), plan()) is None


def test_an_allowed_namespace_allows_no_other_that_begins_like_it() -> None:
    other = Target(kind="deployment", namespace="shop-2", name="checkout")
    assert reason(asked(GuardSettings(**OPEN), plan(other))) is RefusalReason.NAMESPACE


def test_an_agent_needs_no_namespace() -> None:
    assert asked(GuardSettings(), plan(Target(kind="agent", namespace="", name="agent-07"))) is None


def test_switched_off_wins_over_every_other_reason() -> None:
    settings = GuardSettings(automation=False, dry_run=True)
    assert reason(asked(settings, plan(), past(timedelta()))) is RefusalReason.OFF


def test_a_dry_run_says_what_would_be_done_and_what_else_would_refuse() -> None:
    refusal = asked(GuardSettings(dry_run=True, **OPEN), plan())
    assert refusal == Refusal(reason=RefusalReason.DRY_RUN, summary="Dry run: Evict pod checkout-1.")
    assert reason(asked(GuardSettings(dry_run=True), plan())) is RefusalReason.NAMESPACE


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        pytest.param(past(timedelta(minutes=14, seconds=59)), RefusalReason.COOLDOWN, id="just within"),
        pytest.param(past(timedelta(minutes=15)), None, id="just over"),
        pytest.param(past(-timedelta(minutes=1)), RefusalReason.COOLDOWN, id="by a clock that is ahead"),
        pytest.param(past(timedelta(), action="rollback_deployment"), None, id="another action"),
        pytest.param(past(timedelta(), step_id="step-1"), None, id="the step itself, after a crash"),
        pytest.param(
            past(timedelta(), Target(kind="deployment", namespace="other", name="checkout")), None, id="another target"
        ),
    ],
)
def test_cooldown(before: PastStep, wanted: RefusalReason | None) -> None:
    refusal = asked(GuardSettings(**OPEN), plan(), before)
    assert reason(refusal) is wanted


def test_the_cooldown_says_how_long_ago_and_for_how_long() -> None:
    refusal = asked(GuardSettings(**OPEN), plan(), past(timedelta(minutes=4)), past(timedelta(minutes=9)))
    assert refusal is not None
    assert "deployment/shop/checkout 4m ago" in refusal.summary
    assert "15m" in refusal.summary


@settings(deadline=None)
@given(st.lists(st.integers(0, 7200), max_size=8), st.integers(0, 3600))
def test_the_same_is_never_done_twice_within_the_cooldown(ages: list[int], cooldown_seconds: int) -> None:
    cooled = GuardSettings(cooldown=timedelta(seconds=cooldown_seconds), **OPEN)
    refusal = asked(cooled, plan(), *(past(timedelta(seconds=age)) for age in ages))
    assert (refusal is not None) == any(age < cooldown_seconds for age in ages)
