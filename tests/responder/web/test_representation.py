"""Records as JSON: every public field under its name, times and durations readable, nothing of the engine's own."""

import json
from datetime import UTC, datetime, timedelta

from firebrigade.receivers.contract import Reason
from firebrigade.responder.model import Delivery, DeliveryStatus, EscalationPolicy, EscalationStep
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.representation import represent

NOW = datetime(2026, 1, 5, 9, 0, 0, 250000, UTC)


def test_a_delivery_keeps_its_lease_to_itself() -> None:
    delivery = Delivery(
        id=1,
        delivery_id="d-1",
        incident_id=2,
        receiver="slack",
        reason=Reason.TRIGGERED,
        status=DeliveryStatus.PENDING,
        attempts=0,
        created_at=NOW,
        next_attempt_at=NOW,
        fence=7,
        lease_until=NOW,
    )
    shown = represent(delivery)
    assert {"fence", "lease_until"}.isdisjoint(shown)
    assert (shown["status"], shown["created_at"]) == ("pending", "2026-01-05T09:00:00.250000Z")


def test_a_steps_plan_is_json() -> None:
    step = StepResult(
        id=1,
        step_id="s-1",
        incident_id=2,
        position=0,
        name="restart",
        action="restart_pod",
        status=StepStatus.VERIFIED,
        created_at=NOW,
        next_attempt_at=NOW,
        plan={"before": {"replicas": 2}, "planned_at": NOW},
    )
    assert json.loads(json.dumps(represent(step)))["plan"] == {
        "before": {"replicas": 2},
        "planned_at": "2026-01-05T09:00:00.250000Z",
    }


def test_a_duration_says_that_it_is_in_seconds() -> None:
    policy = EscalationPolicy(name="default", steps=(EscalationStep(level=1, acknowledge_within=timedelta(minutes=5)),))
    shown = represent(policy)
    assert shown["steps"] == [{"level": 1, "acknowledge_within_seconds": 300.0, "targets": []}]
    assert shown["page_after_seconds"] == 300.0
