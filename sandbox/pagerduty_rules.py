"""What makes an event invalid for PagerDuty's Events API v2. Pure; ``pagerduty.py`` answers 400 with these sentences.

Source: https://developer.pagerduty.com/docs/send-alert-event and .../send-change-events
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "warning", "error", "info")


def problems_of_event(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an alert event; empty when it is valid."""
    return [
        *_problems_of_key(event),
        *_problems_of_action(event),
        *(_problems_of_payload(event, alert=True) if event.get("event_action") == "trigger" else ()),
        *_problems_of_context(event),
    ]


def problems_of_change(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with a change event; empty when it is valid."""
    return [*_problems_of_key(event), *_problems_of_payload(event, alert=False), *_problems_of_context(event)]


def _problems_of_key(event: dict[str, Any]) -> Iterator[str]:
    key = event.get("routing_key")
    if not isinstance(key, str) or not key:
        yield "'routing_key' is missing or blank"
    elif len(key) != 32:
        yield "Length of 'routing_key' is incorrect (should be 32 characters)"


def _problems_of_action(event: dict[str, Any]) -> Iterator[str]:
    action, dedup_key = event.get("event_action"), event.get("dedup_key")
    if not action:
        yield "'event_action' is missing or blank"
    elif action not in _ACTIONS:
        yield "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
    if action in {"acknowledge", "resolve"} and not dedup_key:
        yield "'dedup_key' is missing or blank"
    if dedup_key is not None and (not isinstance(dedup_key, str) or len(dedup_key) > 255):
        yield "'dedup_key' is invalid (must be a string of at most 255 characters)"


def _problems_of_payload(event: dict[str, Any], *, alert: bool) -> Iterator[str]:
    payload = event.get("payload")
    if not isinstance(payload, dict):
        yield "'payload' is missing or is not an object"
        return
    for name in ("summary", "source") if alert else ("summary",):
        if not isinstance(payload.get(name), str) or not payload[name].strip():
            yield f"'payload.{name}' is missing or blank"
    if len(str(payload.get("summary", ""))) > 1024:
        yield "'payload.summary' is too long (maximum is 1024 characters)"
    if alert and payload.get("severity") not in _SEVERITIES:
        choice = "'critical', 'warning', 'error' or 'info'"
        yield f"'payload.severity' is invalid (must be one of the following: {choice})"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "'payload.custom_details' is not an object"
    yield from _problems_of_time(payload.get("timestamp"))


def _problems_of_time(timestamp: Any) -> Iterator[str]:
    if timestamp is None:
        return
    try:
        datetime.fromisoformat(timestamp)
    except (ValueError, TypeError):
        yield "'payload.timestamp' is not an ISO 8601 time"


def _problems_of_context(event: dict[str, Any]) -> Iterator[str]:
    for position, link in enumerate(event.get("links") or []):
        if not isinstance(link, dict) or not str(link.get("href", "")).startswith(("http://", "https://")):
            yield f"'links[{position}].href' is missing or is not an address"
    for position, image in enumerate(event.get("images") or []):
        if not isinstance(image, dict) or not str(image.get("src", "")).startswith("https://"):
            yield f"'images[{position}].src' is missing or is not served by HTTPS"
