"""What the page of an incident says about it: age, who is called next, and where its runbook is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firebrigade.receivers.contract import Reason
from firebrigade.responder.commands.incident_page import PARTS, age, cells, fields, next_level
from firebrigade.responder.model import (
    Delivery,
    DeliveryStatus,
    EscalationPolicy,
    EscalationStep,
    Incident,
    IncidentStatus,
)
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.representation import represent

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
STEPS = tuple(
    EscalationStep(level=level, acknowledge_within=timedelta(minutes=5 * level), targets=targets)
    for level, targets in enumerate([(), ("pagerduty", "slack"), ("management",)], start=1)
)
POLICY = EscalationPolicy(name="default", steps=STEPS, repeat=1)


def answer(*, steps: tuple[StepResult, ...] = (), alerts: list[dict[str, Any]] | None = None, **more: Any) -> Any:
    values: dict[str, Any] = {
        "id": 1,
        "incident_key": "fb-1",
        "source": "alertmanager",
        "status": IncidentStatus.TRIGGERED,
        "service": "ryot",
        "severity": "critical",
        "title": "ServiceDown: ryot",
        "summary": "ryot is down",
        "labels": {},
        "annotations": {},
        "external_url": "",
        "level": 1,
        "opened_at": NOW,
        "updated_at": NOW,
        "level_since": NOW,
        "receivers": ("email",),
        "policy": POLICY,
    }
    incident = Incident(**values | more)
    return {"incident": represent(incident), "steps": [represent(step) for step in steps], "alerts": alerts or []}


def step(status: StepStatus, finished_at: datetime | None) -> StepResult:
    return StepResult(
        id=1,
        step_id="s",
        incident_id=1,
        position=1,
        name="Restart",
        action="restart_pod",
        status=status,
        created_at=NOW,
        next_attempt_at=None,
        finished_at=finished_at,
    )


VERIFIED = step(StepStatus.VERIFIED, NOW + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "L2 (pagerduty, slack) at 2026-01-05 09:05:00Z unless acknowledged", id="the next level"),
        pytest.param({"level": 3}, "L1 (email) at 2026-01-05 09:15:00Z unless acknowledged", id="from the first again"),
        pytest.param({"level": 3, "round": 1}, "none after L3, which is the last", id="nobody after the last"),
        pytest.param({"level": 3, "level_since": None}, "none: the last level was called", id="the end is reached"),
        pytest.param({"status": IncidentStatus.ACKNOWLEDGED}, "", id="somebody has it"),
        pytest.param({"suppressed_by": "maintenance"}, "", id="it is held back"),
        pytest.param({"held_by": 7}, "after the storm, incident 7: see there who is called", id="a storm holds it"),
        pytest.param({"policy": None}, "", id="no policy"),
        pytest.param(
            {"steps": (VERIFIED,)},
            "L2 (pagerduty, slack) at 2026-01-05 09:17:00Z unless acknowledged",
            id="a verified repair is given time",
        ),
        pytest.param(
            {"steps": (step(StepStatus.FAILED, NOW),)},
            "L2 (pagerduty, slack) at 2026-01-05 09:05",
            id="a failed is not",
        ),
        pytest.param(
            {"level": 0, "level_since": None, "next_due_at": NOW + timedelta(minutes=4)},
            "L1 (email) at 2026-01-05 09:04:00Z unless the runbook has helped",
            id="the machine has the first try",
        ),
    ],
)
def test_the_next_level_is_named_with_its_time(more: dict[str, Any], said: str) -> None:
    found = next_level(answer(**more))
    assert found.startswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_200, "2 h"), (86_400 * 3, "3 d")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, said: str) -> None:
    assert age("2026-01-05T09:00:00Z", None, NOW + timedelta(seconds=seconds)) == said


def test_what_is_over_grows_no_older() -> None:
    assert age("2026-01-05T09:00:00Z", "2026-01-05T09:10:00.25Z", NOW + timedelta(days=1)) == "10 min"


def test_policy_description_and_runbook_are_shown() -> None:
    alert = {"annotations": {"description": "from the alert", "runbook_url": "https://wiki/x"}}
    shown = dict(fields(answer(runbook="service-down", alerts=[alert]), "http://here"))
    assert (shown["policy"], shown["description"]) == ("default", "from the alert")
    assert shown["runbook link"] == "http://here/runbooks/service-down"
    own = {"description": "its own"}
    assert dict(fields(answer(annotations=own, alerts=[alert]), "http://here"))["description"] == "its own"
    assert dict(fields(answer(alerts=[alert]), "http://here"))["runbook link"] == "https://wiki/x"


@pytest.mark.parametrize(("status", "said"), [("pending", "2026-01-05 09:01:00Z"), ("delivered", ""), ("failed", "")])
def test_the_next_attempt_of_what_is_not_delivered_yet_is_shown(status: str, said: str) -> None:
    delivery = Delivery(
        id=1,
        delivery_id="d",
        incident_id=1,
        receiver="slack",
        reason=Reason.TRIGGERED,
        status=DeliveryStatus(status),
        attempts=1,
        created_at=NOW,
        next_attempt_at=NOW + timedelta(minutes=1),
    )
    columns = PARTS["Deliveries"][1]
    assert dict(zip(columns, cells(represent(delivery), columns), strict=True))["next attempt"] == said
