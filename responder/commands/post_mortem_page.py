"""The draft of a post-mortem in Markdown, made of an incident's record (``post_mortem.py``). Pure.

The same record always gives the same text: nothing in it depends on when or where it is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from firebrigade.responder.commands.incident_page import short
from firebrigade.responder.commands.markdown import Ready, escaped, link, table

Record = Mapping[str, Any]
_FIELD = ("", "")


def page(record: Record) -> str:
    """Return the draft, for people to go on with.

    Args:
        record: what `post_mortem` returns.
    """
    parts = (_summary, _impact, _timeline, _alerts, _actions, _notifications, _questions, _evidence)
    return "\n".join(line for part in parts for line in (*part(record), ""))


def duration(seconds: float | None) -> str:
    """Return a length of time in its two largest units, as in ``1 h 5 min``; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    units = ((whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    first = next((place for place, (number, _) in enumerate(units) if number), len(units) - 1)
    return " ".join(f"{number} {unit}" for number, unit in units[first : first + 2] if number) or "0 s"


def _summary(record: Record) -> Iterator[str]:
    incident = record["incident"]
    yield f"# Incident {incident['id']}: {escaped(incident['title'])}"
    yield from (
        "",
        "A draft made of what Firebrigade recorded. People answer the open questions.",
        "",
        "## Summary",
        "",
    )
    description = (incident["annotations"] or {}).get("description")
    yield from (f"- {name}: {escaped(text)}" for name, text in _said(incident, description) if text)
    yield f"- What the machine did: {_done(record['actions'])}"


def _said(incident: Record, description: Any) -> Sequence[tuple[str, Any]]:
    return (
        ("What was noticed", incident["summary"]),
        ("In detail", description),
        ("Where it stands", f"{incident['status']}, escalated to L{incident['level']}"),
    )


def _done(actions: Sequence[Record]) -> str:
    done = [f"{escaped(one['name'])} ({escaped(one['status'])})" for one in actions if one["status"] != "skipped"]
    return ", ".join(done) or "nothing"


def _impact(record: Record) -> Iterator[str]:
    impact = record["impact"]
    yield from ("## Impact", "")
    rows = [
        ("service", impact["service"]),
        ("severity", impact["severity"]),
        ("started", short(impact["started_at"])),
        ("noticed", short(impact["noticed_at"])),
        ("acknowledged", _by(impact, "acknowledged") or "by nobody"),
        ("ended", _by(impact, "ended") or "still open"),
        ("lasted", duration(impact["duration_seconds"]) or "still open"),
    ]
    yield from table(_FIELD, rows)


def _by(impact: Record, what: str) -> str:
    at = short(impact[f"{what}_at"])
    return f"{at} by {impact[f'{what}_by']}" if at else ""


def _timeline(record: Record) -> Iterator[str]:
    yield from ("## Timeline", "")
    rows = (
        (entry.get("sequence"), short(entry.get("at")), entry.get("kind"), entry.get("actor"), entry.get("detail"))
        for entry in record["timeline"]
    )
    yield from table(("entry", "time", "what", "who", "detail"), rows)


def _alerts(record: Record) -> Iterator[str]:
    yield from ("## Alerts", "")
    rows = (
        (one["status"], short(one["starts_at"]), short(one["ends_at"]), _listed(one["labels"]))
        for one in record["alerts"]
    )
    yield from table(("status", "from", "to", "labels"), rows)


def _listed(values: Any) -> str:
    """Return names and values in one line, each value as JSON, so that it is clear where it ends."""
    if not isinstance(values, Mapping):
        return escaped(values)
    return Ready(", ".join(f"{escaped(str(name))}={_value(values[name])}" for name in sorted(values)))


def _value(value: Any) -> str:
    return f'"{escaped(value)}"' if isinstance(value, str) else escaped(value)


def _actions(record: Record) -> Iterator[str]:
    yield from ("## Actions", "")
    if not record["actions"]:
        yield "None."
    for number, one in enumerate(record["actions"], start=1):
        yield from (*[""][: number - 1], f"### {number}. {escaped(one['name'])}: {escaped(one['status'])}", "")
        yield from table(_FIELD, [(name, value) for name, value in _action(one) if value not in ("", None)])


def _action(one: Record) -> Sequence[tuple[str, Any]]:
    shown = {name: one[name] for name in ("before", "desired", "after", "seen")}
    facts = {name: _listed(value) for name, value in shown.items() if value}
    return (
        ("action", one["action"]),
        ("target", one["target"]),
        ("plan", one["plan"]),
        ("planned", short(one["planned_at"])),
        ("before", facts.get("before")),
        ("to be", facts.get("desired")),
        ("answered by", one["answered_by"]),
        ("answered", short(one["answered_at"])),
        ("begun", short(one["applied_at"])),
        ("change", one["change"]),
        ("after", facts.get("after")),
        ("verdict", one["verdict"]),
        ("seen", facts.get("seen")),
        ("taken back", (one["taken_back"] or {}).get("summary")),
        ("finished", short(one["finished_at"])),
        ("entries", ", ".join(map(str, one["entries"]))),
    )


def _notifications(record: Record) -> Iterator[str]:
    yield from ("## Notifications", "")
    names = ("receiver", "reason", "level", "status", "attempts", "detail")
    rows = ((short(one["created_at"]), *(one[name] for name in names)) for one in record["notifications"])
    yield from table(("time", *names), rows)
    yield from ("", f"Acknowledged: {escaped(_by(record['impact'], 'acknowledged') or 'by nobody')}.")


def _questions(record: Record) -> Iterator[str]:
    yield from ("## Open questions", "")
    yield from (f"- [ ] {escaped(question)}" for question in record["open_questions"])


def _evidence(record: Record) -> Iterator[str]:
    incident, chain = record["incident"], record["chain"] or {}
    problems: Sequence[Record] = chain.get("problems") or []
    yield from ("## Record", "")
    yield f"- Entries of the timeline: {chain.get('entries')}"
    yield f"- Hash of the last, which bears on all of them: {escaped(chain.get('head'))}"
    yield f"- When this was made, the timeline was {'broken' if problems else 'as it was written'}."
    yield from (f"- Broken: {escaped(problem.get('summary'))}" for problem in problems)
    yield f"- To check it later: `firebrigade incident verify {incident['id']} --head HASH`"
    yield f"- Alertmanager: {link(incident['external_url'])}"
