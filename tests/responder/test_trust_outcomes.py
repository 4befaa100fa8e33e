"""What a run says about its runbook, by where its steps stand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.trust import TrustEvent
from firebrigade.responder.trust_outcomes import outcomes

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PLANNED, VERIFIED, FAILED, *_ = TrustEvent


def ended(status: StepStatus, *, position: int = 0, environment: str = "production", **changes: Any) -> StepResult:
    applied = status in {StepStatus.VERIFIED, StepStatus.FAILED, StepStatus.UNDONE, StepStatus.APPLIED}
    values: dict[str, Any] = {
        "applied_at": NOW if applied else None,
        "after": {} if applied else None,
        "healthy_since": NOW if status is StepStatus.VERIFIED else None,
        "verdict": "looks bad",
        **changes,
    }
    return StepResult(
        id=position + 1,
        step_id=f"fb-1-{position}",
        incident_id=1,
        position=position,
        name=f"step {position}",
        action="restart_pod",
        status=status,
        created_at=NOW,
        next_attempt_at=None,
        environment=environment,
        **values,
    )


S = StepStatus


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        pytest.param([], {}, id="no steps"),
        pytest.param([ended(S.VERIFIED)], {"production": VERIFIED}, id="it helped"),
        pytest.param(
            [ended(S.VERIFIED), ended(S.PENDING, position=1, environment="")], {"production": VERIFIED}, id="at once"
        ),
        pytest.param(
            [ended(S.VERIFIED, healthy_since=None)], {}, id="its alert resolved, and no look found it healthy"
        ),
        pytest.param([ended(S.VERIFIED, worse_since=NOW)], {"production": FAILED}, id="resolved while it was worse"),
        pytest.param([ended(S.UNDOING, after={})], {"production": FAILED}, id="it is being taken back"),
        pytest.param([ended(S.APPLIED, worse_since=NOW)], {}, id="one look was worse"),
        pytest.param([ended(S.FAILED)], {"production": FAILED}, id="it did not"),
        pytest.param([ended(S.UNDONE)], {"production": FAILED}, id="and was taken back"),
        pytest.param(
            [ended(S.FAILED), ended(S.PROPOSED, position=1)], {"production": FAILED}, id="the next step waits"
        ),
        pytest.param(
            [ended(S.FAILED), ended(S.VERIFIED, position=1)], {"production": FAILED}, id="only the next step helped"
        ),
        pytest.param([ended(S.DONE), ended(S.APPLIED, position=1)], {}, id="not over yet"),
        pytest.param(
            [ended(S.UNDONE, worse_since=NOW), ended(S.PENDING, position=1, environment="")],
            {"production": FAILED},
            id="it made things worse, which ends the run",
        ),
        pytest.param(
            [ended(S.FAILED), ended(S.SKIPPED, position=1, environment="")],
            {"production": FAILED},
            id="the incident ended after a failure",
        ),
        pytest.param([ended(S.FAILED, applied_at=None, after=None)], {}, id="it could not be planned"),
        pytest.param([ended(S.FAILED, after=None)], {}, id="nobody knows whether it changed anything"),
        pytest.param([ended(S.REFUSED, refusal="cooldown")], {}, id="another guard refused it"),
        pytest.param([ended(S.REFUSED, refusal="dry_run")], {"production": PLANNED}, id="planned in a dry run"),
        pytest.param(
            [ended(S.REFUSED, refusal="suggested"), ended(S.PENDING, position=1, environment="")],
            {"production": PLANNED},
            id="left for a person",
        ),
        pytest.param([ended(S.REFUSED, refusal="dry_run", environment="")], {}, id="in no environment"),
        pytest.param([ended(S.REJECTED)], {}, id="a person wants none of it"),
        pytest.param([ended(S.EXPIRED)], {}, id="nobody answered"),
        pytest.param(
            [ended(S.DONE, applied_at=NOW), ended(S.VERIFIED, position=1)], {"production": VERIFIED}, id="led up to"
        ),
        pytest.param([ended(S.DONE, applied_at=NOW)], {}, id="it only made way"),
        pytest.param(
            [ended(S.FAILED, environment="agents"), ended(S.VERIFIED, position=1)],
            {"agents": FAILED, "production": VERIFIED},
            id="each environment for itself",
        ),
    ],
)
def test_what_a_run_says_about_its_runbook(steps: list[StepResult], wanted: dict[str, TrustEvent]) -> None:
    assert {environment: event for environment, (event, _) in outcomes(steps).items()} == wanted
