"""Who is put behind whom: only behind one that has waited longer, still looks, and could begin."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.turns import COMES_WITHIN, behind
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, Target
from firebrigade.runbooks.guards.history import Lock, StepsAtOnce

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE, THERE = (Target(kind="deployment", namespace="shop", name=name) for name in ("checkout", "cart"))


def plan(number: int, target: Target = HERE) -> Plan:
    return Plan(
        step_id=f"step-{number}",
        action="restart",
        target=target,
        params={},
        before={},
        desired={},
        precondition={},
        summary="Restart it.",
        planned_at=NOW,
    )


def waiter(number: int, target: Target = HERE, *, since: timedelta = SECOND, **changes: Any) -> StepResult:
    step = StepResult(
        id=number,
        step_id=f"step-{number}",
        incident_id=number,
        position=0,
        name="restart",
        action="restart",
        status=StepStatus.PENDING,
        created_at=NOW,
        next_attempt_at=NOW,
        plan=records.plan_to_json(plan(number, target)),
        locked_since=NOW - since,
    )
    return replace(step, **changes)


def asked(
    step: StepResult, target: Target, *waiting: StepResult, most: int = 9, history: Sequence[PastStep] = ()
) -> RefusalReason | None:
    guards = (Lock(), StepsAtOnce(most=most))

    def asks(_step: StepResult, one: Plan, begun: Sequence[PastStep]) -> Refusal | None:
        return next((no for guard in guards if (no := guard.allow(one, begun, NOW))), None)

    refusal = behind(step, plan(step.id, target), waiting, history, NOW, asks)
    return refusal.reason if refusal else None


def under_way(number: int, target: Target) -> PastStep:
    return PastStep(step_id=f"step-{number}", action="scale", target=target, applied_at=NOW, incident_id=number)


NEW = waiter(9, locked_since=None)


@pytest.mark.parametrize(
    ("step", "waiting", "wanted"),
    [
        pytest.param(NEW, waiter(1), RefusalReason.LOCKED, id="one that does not wait yet"),
        pytest.param(waiter(9, since=2 * SECOND), waiter(1), None, id="it has waited longer itself"),
        pytest.param(waiter(9), waiter(1), RefusalReason.LOCKED, id="as long, and the other came first"),
        pytest.param(waiter(1), waiter(9), None, id="as long, and it came first"),
        pytest.param(NEW, waiter(1, THERE), None, id="the other waits for something else"),
        pytest.param(NEW, waiter(9, since=SECOND), None, id="it is the one that waits"),
        pytest.param(NEW, waiter(1, attempts=2), None, id="the other's attempts fail"),
        pytest.param(NEW, waiter(1, next_attempt_at=NOW - COMES_WITHIN), RefusalReason.LOCKED, id="it is a bit late"),
        pytest.param(NEW, waiter(1, next_attempt_at=NOW - COMES_WITHIN - SECOND), None, id="nobody looks any more"),
        pytest.param(NEW, waiter(1, next_attempt_at=None), None, id="the other is parked"),
    ],
)
def test_a_step_takes_nobody_s_turn(step: StepResult, waiting: StepResult, wanted: RefusalReason | None) -> None:
    assert asked(step, HERE, waiting) is wanted


@pytest.mark.parametrize(
    ("most", "wanted"),
    [
        pytest.param(2, RefusalReason.TOO_MANY_AT_ONCE, id="as many wait as places are free"),
        pytest.param(3, None, id="a place is left"),
    ],
)
def test_the_free_places_are_for_those_who_wait(most: int, wanted: RefusalReason | None) -> None:
    elsewhere = Target(kind="deployment", namespace="shop", name="search")
    assert asked(NEW, elsewhere, waiter(1), waiter(2, THERE), most=most) is wanted


def test_who_could_not_begin_keeps_no_place() -> None:
    assert asked(NEW, THERE, waiter(1), most=2, history=[under_way(7, HERE)]) is None
