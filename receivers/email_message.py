"""What a mail says: headers that keep an incident in one thread, plain text, and the same in HTML.

Called by ``email.py``. Pure. Sources: RFC 5322 (headers), RFC 3834 (Auto-Submitted).
"""

import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Annotated

from pydantic import StringConstraints

from firebrigade.receivers.addresses import web_links
from firebrigade.receivers.contract import Notification, NotifiedAlert, Reason
from firebrigade.receivers.text import lines, one_line, pairs

MailAddress = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$", max_length=254)
]
"""A bare ASCII address. Quoted local parts and names in front are not supported."""

_SUBJECT_LIMIT = 200
_MOST_ALERTS = 30
_MOST_TIMELINE = 30
_MOST_DIAGNOSTICS = 40
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")

Section = tuple[str, list[str]]


def compose(notification: Notification, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """Return the message. Composing it twice gives the same headers, so a repeat can be recognised."""
    domain = sender.rpartition("@")[2]
    root = _message_id(notification.incident_key, domain)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = subject(notification)
    message["Date"] = format_datetime(notification.at)
    message["Message-ID"] = _message_id(notification.delivery_id, domain)
    # A root that no message has: every notification answers it, whichever of them arrived.
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_as_text(notification))
    message.add_alternative(_as_html(notification), subtype="html")
    return message


def subject(notification: Notification) -> str:
    """Return the subject: the same for the incident's whole life, because some programs thread by it."""
    title = one_line(notification.title, _SUBJECT_LIMIT) or one_line(notification.service, _SUBJECT_LIMIT)
    answer = "" if notification.reason is Reason.TRIGGERED else "Re: "
    return f"{answer}[INC-{notification.incident_id}] {title or 'incident'}"


def _message_id(key: str, domain: str) -> str:
    plain = key if _PLAIN_ID.fullmatch(key) else sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"<{plain}@{domain}>"


def _headline(notification: Notification) -> str:
    severity = one_line(notification.severity, 30) or "unknown"
    at = notification.at.isoformat(sep=" ", timespec="seconds")
    return f"{notification.reason.value.upper()}: {severity}, level {notification.level}, at {at}"


def _sections(notification: Notification) -> list[Section]:
    sections = [
        ("Service", [one_line(notification.service, 200)]),
        ("Summary", [one_line(notification.summary, 2000)]),
        ("Automation", [one_line(notification.automation, 1000)]),
        ("A plan waits for approval", lines(notification.approval.lines if notification.approval else (), limit=500)),
        ("Take it on", [one_line(notification.acknowledge_with, 200)]),
        ("Alerts", _alerts(notification.alerts)),
        ("Timeline", lines(notification.timeline[-_MOST_TIMELINE:], limit=500)),
        ("Diagnostics", lines(notification.diagnostics[:_MOST_DIAGNOSTICS], limit=500)),
    ]
    return [(name, entries) for name, entries in sections if any(entries)]


def _alerts(alerts: Sequence[NotifiedAlert]) -> list[str]:
    left_out = len(alerts) - _MOST_ALERTS
    shown = [_alert(alert) for alert in alerts[:_MOST_ALERTS]]
    return [*shown, *([f"and {left_out} more"] if left_out > 0 else [])]


def _alert(alert: NotifiedAlert) -> str:
    labels = pairs(alert.labels, count=30, limit=200)
    listed = ", ".join(f"{name}={value}" for name, value in labels.items())
    return f"{'firing' if alert.firing else 'resolved'} since {alert.starts_at.isoformat(timespec='seconds')}: {listed}"


def _as_text(notification: Notification) -> str:
    parts = [_headline(notification)]
    for name, entries in _sections(notification):
        parts += ["", name, *(f"  {entry}" for entry in entries)]
    links = web_links(notification.links, count=10)
    parts += ["", *(f"{name}: {address}" for name, address in links.items())] if links else []
    return "\n".join(parts) + "\n"


def _as_html(notification: Notification) -> str:
    parts = [f"<p><b>{escape(_headline(notification))}</b></p>"]
    for name, entries in _sections(notification):
        items = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
        parts.append(f"<p>{escape(name)}</p><ul>{items}</ul>")
    links = web_links(notification.links, count=10)
    anchors = (f'<a href="{escape(address)}">{escape(name)}</a>' for name, address in links.items())
    parts += [f"<p>{' · '.join(anchors)}</p>"] if links else []
    title = escape(subject(notification))
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{''.join(parts)}</body></html>\n"
