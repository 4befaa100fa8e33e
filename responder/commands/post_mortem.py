"""An incident as a record to be kept: what ``incident export --format json`` prints, made of the API's answer. Pure.

``post_mortem_page.py`` makes Markdown of it. Keys are stable: a change of their meaning raises ``VERSION``. What stands
in the timeline stays as it was written, so that its hashes can be checked; from the rest, secrets are taken out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from firebrigade.responder.commands.incident_page import moment
from firebrigade.responder.commands.open_questions import open_questions
from firebrigade.responder.redaction import Redactor
from firebrigade.responder.timestamps import format_rfc3339

FORMAT, VERSION = "firebrigade-incident", 1
Record = Mapping[str, Any]

_INCIDENT = (
    *("id", "incident_key", "title", "summary", "status", "severity", "service", "level", "source", "runbook"),
    *("labels", "annotations", "external_url", "receivers"),
)
_DELIVERY = ("receiver", "reason", "level", "status", "attempts", "created_at", "detail")
_ALERT = ("fingerprint", "status", "starts_at", "ends_at", "labels", "annotations", "generator_url")
_PLAN = ("params", "before", "desired", "precondition")


def post_mortem(answer: Record, redactor: Redactor) -> dict[str, Any]:
    """Return the record of an incident.

    Args:
        answer: what the API says about the incident.
        redactor: takes secrets out.
    """
    incident: Record = answer.get("incident", {})
    timeline: Sequence[Record] = answer.get("timeline", [])
    parts = {
        "incident": {name: incident.get(name) for name in _INCIDENT},
        "impact": _impact(incident, answer.get("alerts", [])),
        "alerts": [{name: alert.get(name) for name in _ALERT} for alert in answer.get("alerts", [])],
        "actions": [_action(step, timeline) for step in answer.get("steps", [])],
        "notifications": [{name: one.get(name) for name in _DELIVERY} for one in answer.get("deliveries", [])],
        "open_questions": open_questions(answer),
    }
    clean = {name: _without_secrets(part, redactor) for name, part in parts.items()}
    return {"format": FORMAT, "version": VERSION, **clean, "timeline": list(timeline), "chain": answer.get("chain")}


def _without_secrets(part: Any, redactor: Redactor) -> Any:
    if isinstance(part, list):
        return [redactor.value(item) for item in part]
    return redactor.value(part)


def _impact(incident: Record, alerts: Sequence[Record]) -> dict[str, Any]:
    """Return when it was, for how long, and who was on it; no end and no duration while it is open."""
    told = [incident.get("opened_at"), *(alert.get("starts_at") for alert in alerts)]
    started, started_at = min(((at, text) for text in told if (at := moment(text))), default=(None, None))
    ended = moment(incident.get("resolved_at"))
    return {
        "severity": incident.get("severity"),
        "service": incident.get("service"),
        "started_at": started_at,
        "noticed_at": incident.get("opened_at"),
        "acknowledged_at": incident.get("acknowledged_at"),
        "acknowledged_by": incident.get("acknowledged_by"),
        "ended_at": incident.get("resolved_at"),
        "ended_by": incident.get("resolved_by"),
        "duration_seconds": max((ended - started).total_seconds(), 0.0) if ended and started else None,
    }


def _action(step: Record, timeline: Sequence[Record]) -> dict[str, Any]:
    """Return a step with its plan, and with where the timeline tells of it."""
    entries = [entry for entry in timeline if (entry.get("data") or {}).get("step_id") == step.get("step_id")]
    plan: Record = step.get("plan") or {}
    after: Record = step.get("after") or {}
    return {
        **{name: step.get(name) for name in ("name", "action", "target", "status", "step_id")},
        "plan": plan.get("summary"),
        **{name: plan.get(name) for name in _PLAN},
        "planned_at": format_rfc3339(planned) if (planned := moment(plan.get("planned_at"))) else None,
        "answered_by": step.get("answered_by") or None,
        "answered_at": step.get("answered_at"),
        "applied_at": step.get("applied_at"),
        "change": after.get("summary"),
        "after": after.get("after"),
        "verdict": step.get("verdict"),
        "seen": _last(entries, "seen"),
        "taken_back": _last([entry for entry in entries if entry.get("kind") == "undone"], "changed"),
        "finished_at": step.get("finished_at"),
        "entries": [entry.get("sequence") for entry in entries],
    }


def _last(entries: Sequence[Record], name: str) -> Any:
    return next((entry["data"][name] for entry in reversed(entries) if name in entry["data"]), None)
