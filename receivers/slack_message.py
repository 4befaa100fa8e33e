"""What a Slack message says: blocks, the text for notifications, and the metadata that finds it again.

Called by ``slack.py``. Pure. Everything that came with the alert is escaped, and shown ``verbatim``, so that Slack
makes no mentions, channel links or web links out of it.
Sources: https://docs.slack.dev/messaging/formatting-message-text and https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from firebrigade.receivers.addresses import web_links
from firebrigade.receivers.contract import Notification, NotifiedAlert, Reason
from firebrigade.receivers.text import lines, one_line

EVENT_TYPE = "firebrigade_incident"

_HEADER_LIMIT = 150
# Slack takes 3000 characters in a section, but all blocks together no more than about 13,000 (msg_blocks_too_long).
_SECTION_LIMIT = 3000
_TIMELINE_LIMIT = 2500
_LINKS_LIMIT = 2500
_PLAN_LIMIT = 2500
_DIAGNOSTICS_LIMIT = 2500
_BLOCKS_LIMIT = 12_000
_MOST_ALERTS = 10
_MOST_TIMELINE = 8

_LOOKED_INTO = {Reason.ESCALATED, Reason.APPROVAL}
_SIGNS = {"resolved": "🟢", "acknowledged": "🟡"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message as the Web API takes it."""

    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]


def escape(text: str) -> str:
    """Escape Slack's three control characters, so that ``<!channel>`` and ``<@U1>`` are only text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shown(text: str, limit: int) -> str:
    """Return untrusted text on one line, escaped, with at most ``limit`` characters of what came in.

    Escaping makes one character of text up to five, so a section holds several of these.
    """
    # A backtick could close our own code span; the rest of mrkdwn can only make text bold.
    return escape(one_line(text, limit).replace("`", "'"))


def living_message(notification: Notification, mentions: Sequence[str]) -> Content:
    """Return the incident's message as it stands now; an edit rings nobody, so mentions only count when it is new."""
    headline = _headline(notification)
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(headline, _HEADER_LIMIT), "emoji": False}},
        _section(_facts(notification)),
        *_optional_sections(notification),
        *_mention_blocks(mentions),
        _context(f"Incident {notification.incident_id} · {shown(notification.incident_key, 64)}"),
    ]
    return Content(text=_with_mentions(headline, mentions), blocks=blocks, metadata=_metadata(notification))


def reply(notification: Notification, mentions: Sequence[str]) -> Content | None:
    """Return the reply in the thread, or None where the edit of the message is enough."""
    if notification.reason is Reason.ESCALATED:
        said = f"Escalated to level {notification.level}: {shown(notification.title, 200)}"
        called = mentions
    elif notification.reason is Reason.APPROVAL:
        said, called = f"A plan waits for approval: {shown(notification.title, 200)}", mentions
    elif notification.reason is Reason.SUGGESTED:
        said, called = f"A plan is left for you to carry out: {shown(notification.title, 200)}", mentions
    elif notification.reason is Reason.RESOLVED:
        said, called = f"Resolved: {shown(notification.title, 200)}", ()
    else:
        return None
    automation = shown(notification.automation, 400)
    plan = _approval(notification)
    found = _diagnostics(notification, _DIAGNOSTICS_LIMIT) if notification.reason in _LOOKED_INTO else ""
    blocks = [
        _section("\n".join(filter(None, [f"*{said}*", automation, *plan]))),
        *([_section(found)] if found else []),
        *_mention_blocks(called),
    ]
    return Content(text=_with_mentions(said, called), blocks=blocks, metadata=_metadata(notification))


def _headline(notification: Notification) -> str:
    sign = _SIGNS.get(notification.status, "🔴")
    level = f" L{notification.level}" if notification.level > 1 else ""
    severity = shown(notification.severity, 20) or "unknown"
    return f"{sign} {shown(notification.status, 20)}{level} [{severity}] {shown(notification.title, 300)}"


def _facts(notification: Notification) -> str:
    parts = [
        f"*Service* {shown(notification.service, 100) or 'unknown'}",
        shown(notification.summary, 400),
        f"*Automation* {shown(notification.automation, 300)}" if notification.automation else "",
        f"*Take it on* `{shown(notification.acknowledge_with, 100)}`" if notification.acknowledge_with else "",
    ]
    return _fit(parts, "\n", _SECTION_LIMIT)


def _optional_sections(notification: Notification) -> list[dict[str, Any]]:
    links = web_links(notification.links, count=8)
    plan = _approval(notification)
    timeline = lines(notification.timeline[-_MOST_TIMELINE:], limit=150)
    parts = [
        _fit(["*A plan waits for approval*", *plan], "\n", _PLAN_LIMIT) if plan else "",
        _fit(_alerts(notification.alerts), "\n", _SECTION_LIMIT),
        _fit([f"• {shown(line, 150)}" for line in timeline], "\n", _TIMELINE_LIMIT),
        _fit([f"<{escape(address)}|{_link_name(name)}>" for name, address in links.items()], " · ", _LINKS_LIMIT),
    ]
    taken = sum(map(len, parts))
    parts.append(_diagnostics(notification, min(_DIAGNOSTICS_LIMIT, _BLOCKS_LIMIT - _SECTION_LIMIT - taken)))
    return [_section(part) for part in parts if part]


def _diagnostics(notification: Notification, limit: int) -> str:
    """Return what was found of the target as code, as much as there is room for."""
    title, fence = "*Diagnostics*\n", "```"
    found = [shown(line, 200) for line in notification.diagnostics]
    fits = _fit(found, "\n", limit - len(title) - 2 * len(fence))
    return f"{title}{fence}{fits}{fence}" if fits else ""


def _approval(notification: Notification) -> list[str]:
    """Return the plan that waits for a person, a line each, the commands as code; empty without one."""
    asked = notification.approval
    if asked is None:
        return []
    commands = [("Approve", asked.approve_with), ("Reject", asked.reject_with)]
    return [
        shown(asked.summary, 300),
        *(shown(line, 200) for line in asked.details),
        *(f"*{name}* `{shown(command, 120)}`" for name, command in commands),
    ]


def _link_name(name: str) -> str:
    return shown(name, 40).replace("|", "/")


def _alerts(alerts: Sequence[NotifiedAlert]) -> list[str]:
    more = len(alerts) - _MOST_ALERTS
    return [*([f"{len(alerts)} alerts, of which:"] if more > 0 else []), *map(_alert, alerts[:_MOST_ALERTS])]


def _fit(parts: Sequence[str], separator: str, limit: int) -> str:
    """Join the parts that fit: a part that was cut could end within an entity or a link."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text}{separator}{part}" if text else part
        if len(longer) <= limit:
            text = longer
    return text


def _alert(alert: NotifiedAlert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
    name = shown(alert.labels.get("alertname", ""), 60) or "alert"
    return f"{'firing' if alert.firing else 'resolved'} *{name}* `{shown(labels, 150) or '-'}`"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _cut(text: str, limit: int) -> str:
    """Cut escaped text, never through the middle of an entity: what is left of ``&lt;`` would be shown as it is."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    start = kept.rfind("&", len(kept) - 5)
    if start >= 0 and ";" not in kept[start:]:
        kept = kept[:start]
    return kept + "…"


def _mention_blocks(mentions: Sequence[str]) -> list[dict[str, Any]]:
    text = _mentioned(mentions)
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}] if text else []


def _with_mentions(text: str, mentions: Sequence[str]) -> str:
    return " ".join(filter(None, [_mentioned(mentions), text]))


def _mentioned(mentions: Sequence[str]) -> str:
    return " ".join(_mention(who) for who in mentions)


def _mention(who: str) -> str:
    if who in {"here", "channel"}:
        return f"<!{who}>"
    return f"<!subteam^{who}>" if who.startswith("S") else f"<@{who}>"


def _metadata(notification: Notification) -> dict[str, Any]:
    payload = {"incident_key": notification.incident_key, "delivery_id": notification.delivery_id}
    return {"event_type": EVENT_TYPE, "event_payload": payload}
