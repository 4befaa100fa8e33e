"""Runs that are over, as the store would have them: what people see and change trust by, without an engine."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from firebrigade.responder.case import Outcome
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustSettings
from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.records import step_to_json


def run_of(
    database: Database, settings: TrustSettings, name: str, now: datetime, status: StepStatus = StepStatus.VERIFIED
) -> int:
    """Write a run of a bundled runbook that ended so, in production, with its alert; return its incident."""
    store = Store(database, settings)
    number = len(store.incidents(limit=500)) + 1
    (incident_id,) = store.record(group(number, now), now)
    runbook = RunbookLibrary.load().get(name)
    assert runbook is not None
    definitions = [step_to_json(step) for step in runbook.steps]
    steps = tuple(_step(incident_id, place, one, status, now) for place, one in enumerate(definitions))

    def decide(case: Any) -> Outcome:
        return Outcome(incident=replace(case.incident, runbook=name), steps=steps)

    store.decide(incident_id, now, decide)
    store.record(group(number, now, AlertStatus.RESOLVED), now)
    return incident_id


def _step(incident_id: int, place: int, definition: dict[str, Any], status: StepStatus, now: datetime) -> StepResult:
    return StepResult(
        id=0,
        step_id=f"fb-{incident_id}-{place}",
        incident_id=incident_id,
        position=place,
        name=definition["name"],
        action=definition["action"],
        status=status,
        created_at=now,
        next_attempt_at=None,
        definition=definition,
        environment="production",
        applied_at=now,
        after={},
        healthy_since=now if status is StepStatus.VERIFIED else None,
        finished_at=now,
    )


def group(number: int, now: datetime, status: AlertStatus = AlertStatus.FIRING) -> AlertGroup:
    """Return a group of one alert, another for each number."""
    labels = {"alertname": "PodCrashLooping", "pod": f"checkout-{number}"}
    ended = None if status is AlertStatus.FIRING else now
    alert = Alert(fingerprint=f"f{number}", status=status, labels=labels, annotations={}, starts_at=now, ends_at=ended)
    return AlertGroup(
        source="am",
        receiver="firebrigade",
        status=status,
        group_key=f"key-{number}",
        group_labels=labels,
        common_labels=labels,
        common_annotations={},
        external_url="",
        alerts=(alert,),
    )
