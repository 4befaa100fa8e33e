"""What PagerDuty is told: the dedup keys and the body of a trigger event, within the vendor's limits.

Called by ``pagerduty.py``. Pure.
Source: https://developer.pagerduty.com/docs/send-alert-event
"""

import json
from typing import Any

from firebrigade.receivers.addresses import web_links
from firebrigade.receivers.contract import Notification, NotifiedAlert
from firebrigade.receivers.text import lines, one_line, pairs

_SUMMARY_LIMIT = 1024
_EVENT_LIMIT_BYTES = 512 * 1024
_DETAILS_LIMIT_BYTES = _EVENT_LIMIT_BYTES - 64 * 1024  # what is left holds summary, links and the envelope
_MOST_ALERTS = 50
_MOST_LINKS = 10

_LEVELS = 3  # how far an earlier round may have come

# Any other severity becomes "error": a page must not get quieter because a label is unusual.
_SEVERITIES = {"critical": "critical", "error": "error", "warning": "warning", "info": "info", "page": "critical"}


def dedup_key(notification: Notification) -> str:
    """Return the key of this level's alert: the incident's key, later with the level and the round behind it."""
    return _key(notification.incident_key, notification.level, notification.round)


def dedup_keys(notification: Notification) -> tuple[str, ...]:
    """Return the keys of all alerts that this incident may have in PagerDuty.

    Those of the reference and those of every level up to now: a trigger that never got its answer is in no reference,
    but its alert may ring. Acknowledging or resolving a key that was never triggered does nothing.
    """
    key, level = notification.incident_key, max(notification.level, 1)
    known = notification.reference.get("dedup_keys", "").split()
    earlier = [_key(key, each, round_) for round_ in range(notification.round) for each in range(1, _LEVELS + 1)]
    present = [_key(key, each, notification.round) for each in range(1, level + 1)]
    return tuple(dict.fromkeys([*known, *earlier, *present]))


def _key(incident_key: str, level: int, round_: int) -> str:
    if round_:
        return f"{incident_key}:L{max(level, 1)}.{round_}"
    return incident_key if level <= 1 else f"{incident_key}:L{level}"


def trigger_event(notification: Notification, client: str) -> dict[str, Any]:
    """Return the event's properties apart from routing key, action and dedup key."""
    links = web_links(notification.links, count=_MOST_LINKS)
    event: dict[str, Any] = {"payload": _payload(notification), "client": client}
    if links:
        event["links"] = [{"href": address, "text": name} for name, address in links.items()]
    if "incident" in links:
        event["client_url"] = links["incident"]
    return event


def _payload(notification: Notification) -> dict[str, Any]:
    level = f"[L{notification.level}] " if notification.level > 1 else ""
    title = notification.title or notification.summary or notification.service or notification.incident_key
    return {
        "summary": one_line(f"{level}{title}", _SUMMARY_LIMIT) or notification.incident_key,
        "source": one_line(notification.service, 255) or "unknown",
        "severity": _SEVERITIES.get(notification.severity.lower(), "error"),
        # The client would otherwise make one of its own that ends in "+00:00Z".
        "timestamp": notification.opened_at.isoformat(),
        "component": one_line(notification.service, 255),
        "custom_details": _details(notification),
    }


def _details(notification: Notification) -> dict[str, Any]:
    details: dict[str, Any] = {
        "incident": notification.incident_id,
        "summary": one_line(notification.summary, 2000),
        "severity": one_line(notification.severity, 100),
        "level": notification.level,
        "status": one_line(notification.status, 100),
        "automation": one_line(notification.automation, 1000),
        "acknowledge with": one_line(notification.acknowledge_with, 200),
        "timeline": lines(notification.timeline[-20:], limit=500),
    }
    if notification.approval is not None:
        details["a plan waits for approval"] = lines(notification.approval.lines, limit=500)
    if notification.diagnostics:
        details["diagnostics"] = lines(notification.diagnostics[:40], limit=500)
    return details | _alerts_within(_DETAILS_LIMIT_BYTES - _size(details), notification.alerts)


def _alerts_within(limit_bytes: int, alerts: tuple[NotifiedAlert, ...]) -> dict[str, Any]:
    shown: list[dict[str, Any]] = []
    left_bytes = limit_bytes
    for alert in map(_alert, alerts[:_MOST_ALERTS]):
        left_bytes -= _size(alert) + len(", ")
        if left_bytes < 0:
            break
        shown.append(alert)
    left_out = len(alerts) - len(shown)
    return {"alerts": shown} | ({"alerts_left_out": left_out} if left_out else {})


def _alert(alert: NotifiedAlert) -> dict[str, Any]:
    return {
        "firing": alert.firing,
        "since": alert.starts_at.isoformat(),
        "labels": pairs(alert.labels, count=40, limit=300),
        "annotations": pairs(alert.annotations, count=20, limit=1000),
    }


def _size(value: object) -> int:
    # Escaped as ASCII, which is never shorter than what is sent.
    return len(json.dumps(value).encode())
