"""What a run says about its runbook, by where its steps stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firebrigade.responder.model import (
    Alert,
    AlertStatus,
    EscalationPolicy,
    Incident,
    IncidentAlert,
    IncidentStatus,
)
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.trust import TrustEvent
from firebrigade.responder.trust_outcomes import Aftermath, outcomes

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
POD = {"alertname": "PodCrashLooping", "pod": "checkout-1"}
PLANNED, VERIFIED, FAILED, *_ = TrustEvent


def ended(status: StepStatus, *, position: int = 0, environment: str = "production", **changes: Any) -> StepResult:
    applied = status in {StepStatus.VERIFIED, StepStatus.FAILED, StepStatus.UNDONE, StepStatus.APPLIED}
    values: dict[str, Any] = {
        "applied_at": NOW if applied else None,
        "after": {} if applied else None,
        "healthy_since": NOW if status is StepStatus.VERIFIED else None,
        "finished_at": NOW if applied else None,
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
        labels={**POD, "namespace": "shop"},
        **values,
    )


def alert(*, firing: bool = True, **labels: str) -> IncidentAlert:
    status = AlertStatus.FIRING if firing else AlertStatus.RESOLVED
    held = Alert(fingerprint="f", status=status, labels={**POD, **labels}, annotations={}, starts_at=NOW)
    return IncidentAlert(alert=held, last_seen_at=NOW)


def after(*alerts: IncidentAlert, minutes: int = 1, resolved_by: str = "", **changes: Any) -> Aftermath:
    """Return what became of the alerts, so long after the last step; resolved where somebody ended it."""
    incident = Incident(
        id=1,
        incident_key="fb-1",
        source="am",
        status=IncidentStatus.RESOLVED if resolved_by else IncidentStatus.TRIGGERED,
        service="",
        severity="critical",
        title="",
        summary="",
        labels={},
        annotations={},
        external_url="",
        level=1,
        opened_at=NOW,
        updated_at=NOW,
        resolved_by=resolved_by,
        resolved_at=NOW + timedelta(minutes=minutes) if resolved_by else None,
        **changes,
    )
    return Aftermath(incident=incident, alerts=alerts, now=NOW + timedelta(minutes=minutes))


ENDED = after(alert(firing=False), resolved_by="alertmanager")
TEN_MINUTES = EscalationPolicy(name="", steps=(), resolve_within=timedelta(minutes=10))


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
        pytest.param([ended(S.UNVERIFIED, after={})], {"production": FAILED}, id="only its alert resolved"),
        pytest.param([ended(S.UNSEEN, after={})], {}, id="its alert resolved, and nobody could look"),
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
    assert {environment: event for environment, (event, _) in outcomes(steps, ENDED).items()} == wanted


@pytest.mark.parametrize(
    ("aftermath", "wanted"),
    [
        pytest.param(after(alert()), None, id="it may still resolve"),
        pytest.param(after(alert(), minutes=14), None, id="so it may to the end"),
        pytest.param(after(alert(), minutes=15), FAILED, id="it has not in its time"),
        pytest.param(after(alert(), minutes=10, policy=TEN_MINUTES), FAILED, id="nor in the time that the policy says"),
        pytest.param(after(alert(), minutes=60, suppressed_by="work"), None, id="held back by maintenance"),
        pytest.param(after(alert(firing=False), minutes=60, incomplete=True), None, id="others may fire unseen"),
        pytest.param(
            after(alert(firing=False), alert(pod="checkout-2"), minutes=60), None, id="only another pod's alert fires"
        ),
        pytest.param(after(alert(firing=False), resolved_by="alertmanager"), VERIFIED, id="it resolved"),
        pytest.param(after(alert(firing=False), resolved_by="reconciler"), VERIFIED, id="it was found to be gone"),
        pytest.param(
            after(alert(firing=False), alert(pod="checkout-2", firing=False), resolved_by="alertmanager", minutes=16),
            None,
            id="another pod's resolved long after it, by somebody's doing",
        ),
        pytest.param(after(alert(firing=False), resolved_by="expiry"), None, id="given up, nobody knows"),
        pytest.param(after(alert(), resolved_by="bert"), None, id="a person ended the incident"),
        pytest.param(after(alert(), resolved_by="bert", minutes=60), None, id="however long ago"),
        pytest.param(after(alert(), resolved_by="alertmanager"), None, id="whatever that person is called"),
        pytest.param(
            after(alert(firing=False), resolved_by="bert", incomplete=True), None, id="a person, and more was left out"
        ),
    ],
)
def test_a_repair_that_was_verified_counts_by_what_its_alert_does(
    aftermath: Aftermath, wanted: TrustEvent | None
) -> None:
    found = outcomes([ended(S.VERIFIED)], aftermath)
    assert {environment: event for environment, (event, _) in found.items()} == (
        {"production": wanted} if wanted else {}
    )


def test_a_step_that_was_only_planned_says_nothing_beside_one_that_was_applied() -> None:
    run = [ended(S.REFUSED, refusal="dry_run"), ended(S.VERIFIED, position=1)]
    assert outcomes(run, after(alert())) == {}
    assert outcomes(run, after(alert(), minutes=15))["production"][0] is FAILED
    assert outcomes(run, ENDED)["production"][0] is VERIFIED


@pytest.mark.parametrize("aftermath", [after(alert()), after(alert(), resolved_by="bert"), ENDED])
def test_a_failure_and_a_plan_say_what_they_say_whatever_the_alert_does(aftermath: Aftermath) -> None:
    assert outcomes([ended(S.UNDONE)], aftermath)["production"][0] is FAILED
    assert outcomes([ended(S.REFUSED, refusal="dry_run")], aftermath)["production"][0] is PLANNED
