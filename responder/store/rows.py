"""Rows to records and back. Pure: one function for each record and direction."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from firebrigade.receivers.contract import ApprovalRequest, Notification, NotifiedAlert, Reason
from firebrigade.responder.chain import Link
from firebrigade.responder.model import (
    Alert,
    AlertStatus,
    Automation,
    Delivery,
    DeliveryStatus,
    EscalationPolicy,
    EscalationStep,
    Incident,
    IncidentAlert,
    IncidentStatus,
    TimelineEntry,
)
from firebrigade.responder.model_steps import StepResult, StepStatus

Row = RowMapping


def incident_row(incident: Incident) -> dict[str, Any]:
    """Return the columns of an incident, without its id."""
    row = {name: getattr(incident, name) for name in Incident.__dataclass_fields__ if name != "id"}
    return row | {
        "status": incident.status.value,
        "labels": dict(incident.labels),
        "annotations": dict(incident.annotations),
        "receivers": list(incident.receivers),
        "policy": policy_json(incident.policy) if incident.policy else None,
    }


def incident(row: Row) -> Incident:
    """Return the incident of a row."""
    values = {name: row[name] for name in Incident.__dataclass_fields__}
    return Incident(
        **values
        | {
            "status": IncidentStatus(row["status"]),
            "receivers": tuple(row["receivers"]),
            "policy": policy(row["policy"]) if row["policy"] else None,
        }
    )


def policy_json(policy: EscalationPolicy) -> dict[str, Any]:
    """Return a policy as JSON, durations in seconds."""
    return {
        "name": policy.name,
        "repeat": policy.repeat,
        "automation": policy.automation.value,
        "resolve_within_seconds": policy.resolve_within.total_seconds(),
        "page_after_seconds": policy.page_after.total_seconds(),
        "steps": [
            {
                "level": step.level,
                "acknowledge_within_seconds": step.acknowledge_within.total_seconds(),
                "targets": list(step.targets),
            }
            for step in policy.steps
        ],
    }


def policy(value: Mapping[str, Any]) -> EscalationPolicy:
    """Return the policy of ``policy_json``."""
    return EscalationPolicy(
        name=value["name"],
        repeat=value["repeat"],
        automation=Automation(value["automation"]),
        resolve_within=timedelta(seconds=value["resolve_within_seconds"]),
        page_after=timedelta(seconds=value["page_after_seconds"]),
        steps=tuple(
            EscalationStep(
                level=step["level"],
                acknowledge_within=timedelta(seconds=step["acknowledge_within_seconds"]),
                targets=tuple(step["targets"]),
            )
            for step in value["steps"]
        ),
    )


def alert_row(alert: Alert) -> dict[str, Any]:
    """Return the columns that come with an alert."""
    return {
        "fingerprint": alert.fingerprint,
        "status": alert.status.value,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "generator_url": alert.generator_url,
    }


def incident_alert(row: Row) -> IncidentAlert:
    """Return the alert of a row, as last heard of."""
    values = {name: row[name] for name in Alert.__dataclass_fields__}
    return IncidentAlert(
        alert=Alert(**values | {"status": AlertStatus(row["status"])}), last_seen_at=row["last_seen_at"]
    )


def timeline_entry(row: Row) -> TimelineEntry:
    """Return the timeline entry of a row."""
    return TimelineEntry(
        at=row["at"], kind=row["kind"], actor=row["actor"], detail=row["detail"], data=dict(row["data"])
    )


def link(row: Row) -> Link:
    """Return the timeline entry of a row in its place."""
    return Link(entry=timeline_entry(row), sequence=row["sequence"], previous=row["previous"], hash=row["hash"])


def link_row(incident_id: int, link: Link) -> dict[str, Any]:
    """Return the columns of an entry of an incident's timeline."""
    entry = link.entry
    return {
        "incident_id": incident_id,
        "at": entry.at,
        "kind": entry.kind,
        "actor": entry.actor,
        "detail": entry.detail,
        "data": dict(entry.data),
        "sequence": link.sequence,
        "previous": link.previous,
        "hash": link.hash,
    }


def delivery(row: Row) -> Delivery:
    """Return the delivery of a row."""
    values = {name: row[name] for name in Delivery.__dataclass_fields__}
    return Delivery(**values | {"reason": Reason(row["reason"]), "status": DeliveryStatus(row["status"])})


def notification_json(notification: Notification) -> dict[str, Any]:
    """Return what a delivery says, as JSON; its reference and earlier outcome are columns of their own."""
    value = asdict(notification)
    del value["reference"], value["outcome_unknown"]
    value["timeline"], value["diagnostics"] = list(notification.timeline), list(notification.diagnostics)
    value["alerts"] = [alert | {"starts_at": alert["starts_at"].isoformat()} for alert in value["alerts"]]
    return value | {"opened_at": notification.opened_at.isoformat(), "at": notification.at.isoformat()}


def notification(value: Mapping[str, Any], *, reference: Mapping[str, str], outcome_unknown: bool) -> Notification:
    """Return the notification of ``notification_json``, ready for its next attempt."""
    alerts = tuple(
        NotifiedAlert(**alert | {"starts_at": datetime.fromisoformat(alert["starts_at"])}) for alert in value["alerts"]
    )
    return Notification(
        **dict(value)
        | {
            "reason": Reason(value["reason"]),
            "timeline": tuple(value["timeline"]),
            "diagnostics": tuple(value.get("diagnostics", ())),  # an earlier version wrote none
            "approval": _approval(value.get("approval")),
            "alerts": alerts,
            "opened_at": datetime.fromisoformat(value["opened_at"]),
            "at": datetime.fromisoformat(value["at"]),
            "reference": reference,
            "outcome_unknown": outcome_unknown,
        }
    )


def _approval(value: Mapping[str, Any] | None) -> ApprovalRequest | None:
    return ApprovalRequest(**{**value, "details": tuple(value["details"])}) if value else None


def step_row(step: StepResult) -> dict[str, Any]:
    """Return the columns of a step that stages and the engine change; fence and lease are the claim's."""
    names = set(StepResult.__dataclass_fields__) - {"id", "fence", "lease_until"}
    row = {name: getattr(step, name) for name in names}
    return row | {
        "status": step.status.value,
        "labels": dict(step.labels),
        "definition": dict(step.definition),
        "plan": dict(step.plan) if step.plan is not None else None,
        "after": dict(step.after) if step.after is not None else None,
    }


def step(row: Row) -> StepResult:
    """Return the step of a row."""
    values = {name: row[name] for name in StepResult.__dataclass_fields__}
    return StepResult(**values | {"status": StepStatus(row["status"])})
