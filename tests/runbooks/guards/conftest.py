"""What guards are asked about: plans and earlier steps on the workload ``shop/checkout``, at nine o'clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firebrigade.runbooks.contract import PastStep, Plan, RefusalReason, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TARGET = Target(kind="deployment", namespace="shop", name="checkout")
CALM = {"ready": 3, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}


def _plan(target: Target = TARGET, *, action: str = "restart_pod", step_id: str = "step-1", **before: Any) -> Plan:
    return Plan(
        step_id=step_id,
        action=action,
        target=target,
        params={},
        before={**CALM, **before},
        desired={},
        precondition={},
        summary="Evict pod checkout-1.",
        planned_at=NOW,
    )


def _past(ago: timedelta, target: Target = TARGET, **changes: Any) -> PastStep:
    """Return a step that was applied so long ago, and at once over without helping unless told otherwise."""
    values = {
        "step_id": "step-0",
        "action": "restart_pod",
        "incident_id": 7,
        "finished_at": NOW - ago,
        "verified": False,
    }
    return PastStep(target=target, applied_at=NOW - ago, **{**values, **changes})


def _asked(planned: Plan, *history: PastStep, **settings: Any) -> RefusalReason | None:
    """Return the reason of the executor's refusal, with the cooldown out of the way."""
    chosen = {"namespaces": frozenset({"shop"}), "cooldown": timedelta(), **settings}
    refusal = RunbookExecutor({}, guards_for(GuardSettings(**chosen)), None).allow(planned, history, NOW)
    return refusal.reason if refusal else None


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    return _plan


@pytest.fixture(scope="session")
def past() -> Callable[..., PastStep]:
    return _past


@pytest.fixture(scope="session")
def asked() -> Callable[..., RefusalReason | None]:
    return _asked
