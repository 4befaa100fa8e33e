"""What ``incident list`` and ``incident show`` print, made of the API's answers. Pure; ``incidents.py`` prints it.

When the next level is called follows the rules of ``stages/escalate.py`` as far as an answer tells; a page of a moment,
no promise.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from firebrigade.responder.commands.output import format_time

Record = Mapping[str, Any]

COLUMNS = ("id", "status", "level", "severity", "age", "firing", "acknowledged by", "suppressed", "title")
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Alerts": ("alerts", ("status", "starts_at", "labels")),
    "Timeline": ("timeline", ("at", "kind", "actor", "detail")),
    "Deliveries": ("deliveries", ("receiver", "reason", "status", "attempts", "next attempt", "detail")),
    "Runbook steps": ("steps", ("number", "name", "action", "status", "attempts", "verdict")),
}
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def row(record: Record, now: datetime) -> list[Any]:
    """Return an incident's cells below `COLUMNS`."""
    made = {
        **record,
        "level": f"L{record.get('level')}",
        "age": age(record.get("opened_at"), record.get("resolved_at"), now),
        "firing": record.get("alerts_firing"),
        "acknowledged by": record.get("acknowledged_by"),
        "suppressed": _quiet(record),
    }
    return [made.get(column) for column in COLUMNS]


def _quiet(record: Record) -> str:
    if record.get("suppressed_by") or record.get("silenced_by"):
        return "yes"
    return f"by storm {record['held_by']}" if record.get("held_by") else ""


def age(opened: Any, resolved: Any, now: datetime) -> str:
    """Return how long an incident has been, or was, open, in its largest unit."""
    start = moment(opened)
    if start is None:
        return ""
    seconds = max(int(((moment(resolved) or now) - start).total_seconds()), 0)
    return next((f"{seconds // size} {unit}" for unit, size in _UNITS if seconds >= size), f"{seconds} s")


def fields(answer: Record, url: str) -> list[tuple[str, object]]:
    """Return the names and values above the tables.

    Args:
        answer: what the API says about the incident.
        url: where it was asked, for the link to the runbook.
    """
    record: Record = answer.get("incident", {})
    people = {name: record.get(f"{name}_at") for name in ("acknowledged", "resolved")}
    runbook = record.get("runbook")
    policy: Record = record.get("policy") or {}
    return [
        ("incident", f"{record.get('id')}: {record.get('title')}"),
        ("status", f"{record.get('status')}, L{record.get('level')}"),
        ("severity", record.get("severity")),
        ("service", record.get("service")),
        ("summary", record.get("summary")),
        ("description", _annotation(answer, "description")),
        ("opened", short(record.get("opened_at"))),
        *((name, f"{short(at)} by {record.get(f'{name}_by')}") for name, at in people.items() if at),
        ("receivers", record.get("receivers")),
        ("policy", policy.get("name")),
        ("next level", next_level(answer)),
        ("runbook", runbook),
        ("runbook link", f"{url}/runbooks/{runbook}" if runbook else _annotation(answer, "runbook_url")),
        ("suppressed by", record.get("suppressed_by") or record.get("silenced_by")),
        ("held by", f"storm, incident {record['held_by']}" if record.get("held_by") else ""),
    ]


def next_level(answer: Record) -> str:
    """Return who is called next and when, if nobody acknowledges and nothing changes; empty when nobody is."""
    record: Record = answer.get("incident", {})
    policy: Record = record.get("policy") or {}
    steps: Sequence[Record] = policy.get("steps") or []
    if not steps or record.get("status") != "triggered" or record.get("suppressed_by"):
        return ""
    if record.get("held_by"):
        return f"after the storm, incident {record['held_by']}: see there who is called"
    if not record.get("level"):
        at = moment(record.get("next_due_at"))
        return f"L1 ({_who(steps[0], record)}) at {format_time(at)} unless the runbook has helped" if at else ""
    step = next((step for step in steps if step.get("level") == record.get("level")), None)
    since = moment(record.get("level_since"))
    if step is None or since is None:
        return "none: the last level was called and its time is over"
    due = since + timedelta(seconds=step.get("acknowledge_within_seconds", 0))
    return _called(record, steps, policy, max(due, _patience(answer, policy) or due))


def _called(record: Record, steps: Sequence[Record], policy: Record, due: datetime) -> str:
    later = [step for step in steps if step.get("level", 0) > record["level"]]
    again = record.get("round", 0) < policy.get("repeat", 0)
    if not later and not again:
        return f"none after L{record['level']}, which is the last"
    step = later[0] if later else steps[0]
    return f"L{step.get('level')} ({_who(step, record)}) at {format_time(due)} unless acknowledged"


def _patience(answer: Record, policy: Record) -> datetime | None:
    """Return until when a verified repair is given time to make the alert resolve."""
    steps: Sequence[Record] = answer.get("steps") or []
    if not any(step.get("status") == "verified" for step in steps):
        return None
    ended = [at for step in steps if (at := moment(step.get("finished_at")))]
    return max(ended) + timedelta(seconds=policy.get("resolve_within_seconds", 0)) if ended else None


def _who(step: Record, record: Record) -> str:
    return ", ".join(step.get("targets") or record.get("receivers") or ["nobody"])


def _annotation(answer: Record, name: str) -> str:
    """Return an annotation of the incident, or else of the first alert that has it."""
    held = [answer.get("incident", {}), *answer.get("alerts", [])]
    return next((text for one in held if (text := (one.get("annotations") or {}).get(name))), "")


def cells(record: Record, columns: Sequence[str]) -> list[str]:
    """Return one record's cells."""
    return [_cell(record, column) for column in columns]


def _cell(record: Record, column: str) -> str:
    value = record.get(column)
    if column == "next attempt":
        return short(record.get("next_attempt_at")) if record.get("status") in {"pending", "sending"} else ""
    if column == "at" or column.endswith("_at"):
        return short(value)
    if isinstance(value, dict):
        return " ".join(f"{name}={json.dumps(text, ensure_ascii=False)}" for name, text in sorted(value.items()))
    return "" if value is None else str(value)


def short(text: Any) -> str:
    """Return an RFC 3339 time to the second."""
    return str(text or "").split(".")[0].removesuffix("Z").replace("T", " ") + ("Z" if text else "")


def moment(text: Any) -> datetime | None:
    """Return an RFC 3339 time, or None where there is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
