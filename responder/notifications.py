"""Turns an incident into what its receivers are told. Pure; the notify and escalate stages call it."""

from urllib.parse import urlencode

from firebrigade.receivers.contract import ApprovalRequest, Notification, NotifiedAlert, Reason
from firebrigade.responder import automation
from firebrigade.responder.case import Case, Lookup
from firebrigade.responder.model import Delivery, DeliveryStatus, IncidentAlert, IncidentStatus, TimelineEntry
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.proposal import proposal_of
from firebrigade.responder.redaction import Redactor
from firebrigade.runbooks.shell_commands import fillable, placeholders

ALERTS_SHOWN = 20
ENTRIES_SHOWN = 8
DIAGNOSTICS_SHOWN = 40  # lines
_REDACTOR = Redactor()
UNTOLD = {"notified", "opened", "applying"}  # said elsewhere in a message, or by the entry before
LINK_ANNOTATIONS = {"runbook_url": "runbook", "dashboard_url": "dashboard"}


def notification(
    case: Case, lookup: Lookup, receiver: str, reason: Reason, *, turn: str = ""
) -> tuple[Delivery, Notification]:
    """Make a delivery to one receiver, as of the case's moment.

    Args:
        case: the incident as it will be when the delivery is written down.
        lookup: the configuration.
        receiver: the receiver's name.
        reason: why it is told.
        turn: tells deliveries of the same reason apart, such as ``L2.0``; the delivery's id is made of it, so that the
            same delivery can't be written down twice.
    """
    incident = case.incident
    delivery_id = ".".join(part for part in (incident.incident_key, receiver, reason.value, turn) if part)
    delivery = Delivery(
        id=0,
        delivery_id=delivery_id,
        incident_id=incident.id,
        receiver=receiver,
        reason=reason,
        status=DeliveryStatus.PENDING,
        attempts=0,
        created_at=case.now,
        next_attempt_at=case.now,
        level=incident.level,
        news=incident.news,
    )
    return delivery, _content(case, lookup, delivery)


def _content(case: Case, lookup: Lookup, delivery: Delivery) -> Notification:
    incident = case.incident
    return Notification(
        delivery_id=delivery.delivery_id,
        incident_id=incident.id,
        incident_key=incident.incident_key,
        reason=delivery.reason,
        status=incident.status.value,
        severity=incident.severity,
        level=incident.level,
        round=incident.round,
        service=incident.service,
        title=incident.title,
        summary=incident.summary,
        automation=automation.sentence(case, lookup) if incident.open else _ending(case),
        approval=_approval(case),
        acknowledge_with=f"firebrigade incident ack {incident.id}" if _to_take_on(case) else "",
        opened_at=incident.opened_at,
        at=case.now,
        alerts=tuple(_alert(held) for held in _worst_first(case.alerts)[:ALERTS_SHOWN]),
        timeline=_lines(case.timeline),
        diagnostics=_diagnostics(case),
        links=_links(case, lookup),
    )


def _approval(case: Case) -> ApprovalRequest | None:
    found = proposal_of(case.incident, case.steps)
    if found is None:
        return None
    details = (
        f"where: {found.target}",
        f"why: {found.why}",
        f"verified: {found.verified_by}",
        f"undone: {found.undone_by}",
        f"waits until: {found.expires_at:%H:%M:%S}Z",
        *([found.asked_by] if found.asked_by else []),
    )
    return ApprovalRequest(
        step=found.number,
        plan=found.plan,
        summary=found.summary,
        details=details,
        approve_with=f"firebrigade incident approve {found.incident_id} {found.short}",
        reject_with=f"firebrigade incident reject {found.incident_id} {found.short}",
    )


def _to_take_on(case: Case) -> bool:
    return case.incident.status is IncidentStatus.TRIGGERED


def _ending(case: Case) -> str:
    """Say who ended it, what the machine had done by then, and what still fires."""
    parts = [f"Resolved by {case.incident.resolved_by}."]
    firing = sum(held.firing for held in case.alerts)
    if firing:
        parts.append(f"{firing} of its alerts still fire: a new incident opens when Alertmanager repeats them.")
    helped = [step.name for step in case.steps if step.status is StepStatus.VERIFIED]
    tried = [step.name for step in case.steps if step.status is StepStatus.APPLIED]
    if helped:
        parts.append(f"Runbook {case.incident.runbook}: {', '.join(helped)} helped.")
    elif left := next((step for step in case.steps if step.left), None):
        parts.append(f"Runbook {case.incident.runbook}: {left.name} was not verified ({left.verdict}).")
    elif tried:
        parts.append(f"Runbook {case.incident.runbook}: {', '.join(tried)} was applied, and is still being verified.")
    return " ".join(parts)


def _worst_first(alerts: tuple[IncidentAlert, ...]) -> list[IncidentAlert]:
    return sorted(alerts, key=lambda held: not held.firing)


def _alert(held: IncidentAlert) -> NotifiedAlert:
    return NotifiedAlert(
        fingerprint=held.alert.fingerprint,
        firing=held.firing,
        labels=dict(held.alert.labels),
        annotations=dict(held.alert.annotations),
        starts_at=held.alert.starts_at,
        generator_url=held.alert.generator_url,
    )


def _lines(timeline: tuple[TimelineEntry, ...]) -> tuple[str, ...]:
    """Return the latest entries in words; who else was told is on the incident, not in everybody's message."""
    lines: dict[tuple[str, str], list[TimelineEntry]] = {}
    for entry in timeline:
        if entry.kind not in UNTOLD:
            lines.setdefault((entry.kind, entry.detail), []).append(entry)
    return tuple(_line(same) for same in lines.values())[-ENTRIES_SHOWN:]


def _line(same: list[TimelineEntry]) -> str:
    """Return what happened in words, once however often it did; times are UTC."""
    often = f" ({len(same)} times)" if len(same) > 1 else ""
    return f"{same[-1].at:%H:%M:%S}Z {same[-1].kind.replace('_', ' ')}: {same[-1].detail}{often}"


def _diagnostics(case: Case) -> tuple[str, ...]:
    """Return what the steps that only read have found, of an incident that somebody may have to look into."""
    found = (step.after or {} for step in case.steps if step.status is StepStatus.DONE and case.incident.open)
    lines = (str(line) for after in found for line in after.get("lines", ()))
    return tuple(_REDACTOR.text(line) for line in lines)[:DIAGNOSTICS_SHOWN]


def _links(case: Case, lookup: Lookup) -> dict[str, str]:
    # One annotation at a time: thousands of alerts may each bring hundreds of others.
    sources = [case.incident.annotations, *(held.alert.annotations for held in case.alerts)]
    found = {name: next(filter(None, (one.get(key) for one in sources)), "") for key, name in LINK_ANNOTATIONS.items()}
    links = {name: address for name, address in found.items() if address}
    if lookup.public_url and case.incident.runbook:
        # Ours, where people reach us: the rule's own link may have been written for another place.
        address = f"{lookup.public_url.rstrip('/')}/runbooks/{case.incident.runbook}"
        links["runbook"] = "?".join(filter(None, [address, _labels_for_commands(case, lookup)]))
    return links


def _labels_for_commands(case: Case, lookup: Lookup) -> str:
    """Return the labels that the runbook's commands want, for its address: the page keeps no incident."""
    runbook = lookup.runbook(case.incident.runbook, "")
    wanted = placeholders(runbook.body) if runbook else frozenset()
    found = fillable({name: value for name, value in case.alert_labels.items() if name in wanted})
    return urlencode(sorted(found.items()))
