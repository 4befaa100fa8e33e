"""Hold: an incident of a storm pages nobody by itself while the storm's own incident is heard.

It comes after routing, when it is known whether the incident pages at all; notify and escalate go by what it decides.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome
from firebrigade.responder.model import Incident, IncidentStatus, TimelineEntry
from firebrigade.responder.storms import StormIncident, heard, part_of


def hold(case: Case, lookup: Lookup) -> Outcome:
    """Hold an incident's pages back, or let them go: then the time to acknowledge counts from now."""
    incident = case.incident
    until = _until(case, lookup)
    if until is None:
        return _let_go(case, lookup) if incident.held_by else Outcome()
    if case.storm is None or incident.held_by == case.storm.incident.id:
        return Outcome(until=until)
    storm = case.storm.incident.id
    changed = replace(incident, held_by=storm, held_since=incident.held_since or case.now)
    words = f"part of storm, incident {storm}: its own pages wait, until {until:%H:%M:%S} UTC at the latest"
    return Outcome(until=until, incident=changed, entries=(_entry(case, "held", words),))


def _until(case: Case, lookup: Lookup) -> datetime | None:
    """Return until when the incident is held at the latest; None: it is not."""
    storms, storm = lookup.storms, case.storm
    if storm is None or not part_of(storms, storm, case.incident) or not heard(storm, lookup.reach, case.now):
        return None
    since = case.incident.held_since or case.now
    # Once and no longer, however many storms there are; and never by a clock that went back to before it was held.
    return since + storms.holds_pages_for if timedelta() <= case.now - since < storms.holds_pages_for else None


def _let_go(case: Case, lookup: Lookup) -> Outcome:
    incident = case.incident
    since = case.now if incident.level_since is not None else None
    changed = replace(incident, held_by=0, level_since=since)
    if not incident.open:
        return Outcome(incident=changed)
    return Outcome(incident=changed, entries=(_entry(case, "let_go", _why(case.storm, incident, lookup, case.now)),))


def _why(storm: StormIncident | None, incident: Incident, lookup: Lookup, now: datetime) -> str:
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return f"it is acknowledged by {incident.acknowledged_by}"
    if storm is None or storm.incident.id != incident.held_by:
        return f"the storm, incident {incident.held_by}, is over"
    if not heard(storm, lookup.reach, now):
        return f"nobody has surely heard of the storm, incident {incident.held_by}"
    return "no incident is held any longer than that"


def _entry(case: Case, kind: str, words: str) -> TimelineEntry:
    return TimelineEntry(at=case.now, kind=kind, actor=RESPONDER, detail=words)
