"""Hold: an incident of a storm pages nobody by itself while the storm's own incident is heard.

It comes after routing, when it is known whether the incident pages at all; notify and escalate go by what it decides.
"""

from dataclasses import replace
from datetime import datetime

from firebrigade.receivers.contract import Reach
from firebrigade.responder.automation import Progress, progress
from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome
from firebrigade.responder.model import Incident, IncidentStatus, TimelineEntry
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.pages import all_failed
from firebrigade.responder.storms import HEARD_WITHIN, StormIncident, heard, held_until, loudness

_NEEDS_A_PERSON = {
    Progress.AWAITING,
    Progress.SUGGESTED,
    Progress.FAILED,
    # After a question: it has been asked about already, and nothing that follows is kept back again.
    Progress.EXPIRED,
    Progress.REJECTED,
}


def hold(case: Case, lookup: Lookup) -> Outcome:
    """Hold an incident's pages back, or let them go: then the time to acknowledge counts from now."""
    incident = case.incident
    if case.storm is not None and case.storm.incident.id == incident.id:
        # The watch looks again, with this incident, at what is held for no better reason than the storm's youth.
        certain_at = incident.opened_at + HEARD_WITHIN
        return Outcome(until=certain_at if incident.open and case.now < certain_at else None)
    until = _until(case, lookup)
    if until is None:
        return _let_go(case, lookup) if incident.held_by else Outcome()
    if case.storm is None or incident.held_by == case.storm.incident.id:
        return Outcome(until=until)
    storm = case.storm.incident.id
    changed = replace(incident, held_by=storm, held_since=incident.held_since or case.now)
    words = f"part of storm, incident {storm}: its own pages wait, until {until:%H:%M:%S} UTC unless it is taken on"
    return Outcome(until=until, incident=changed, entries=(_entry(case, "held", words),))


def _until(case: Case, lookup: Lookup) -> datetime | None:
    """Return until when the incident is held at the latest; None: it is not."""
    if case.storm is None or _own_trouble(case):
        return None
    return held_until(lookup.storms, case.storm, case.incident, lookup.reach, case.now)


def _own_trouble(case: Case) -> str:
    """Say why the incident has something to say that the storm's one cause does not explain; empty: it has not."""
    came_to = progress(case.steps)
    failed = came_to is not Progress.VERIFIED and any(step.status is StepStatus.FAILED for step in case.steps)
    if came_to in _NEEDS_A_PERSON or failed or any(step.harmed for step in case.steps):
        return "what the machine did about it needs a person"
    return "its own pages have all failed" if all_failed(case.incident, case.deliveries) else ""


def _let_go(case: Case, lookup: Lookup) -> Outcome:
    incident = case.incident
    changed = replace(incident, held_by=0)
    # Whom nobody could reach has no time to wait for.
    if incident.level_since is not None and not all_failed(incident, case.deliveries):
        changed = replace(changed, level_since=case.now)
    if not incident.open:
        return Outcome(incident=changed)
    return Outcome(incident=changed, entries=(_entry(case, "let_go", _why(case, lookup)),))


def _why(case: Case, lookup: Lookup) -> str:
    incident, storm = case.incident, case.storm
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return f"it is acknowledged by {incident.acknowledged_by}"
    if storm is None or storm.incident.id != incident.held_by:
        return f"the storm, incident {incident.held_by}, is over"
    return _own_trouble(case) or _about_storm(storm, incident, lookup, case.now)


def _about_storm(storm: StormIncident, incident: Incident, lookup: Lookup, now: datetime) -> str:
    number = incident.held_by
    told = heard(storm, lookup.reach, now)
    if told is Reach.NOBODY:
        return f"nobody has surely heard of the storm, incident {number}"
    if told < loudness(incident.receivers, incident.policy, lookup.reach):
        return f"the storm, incident {number}, was heard less loudly than this one is told"
    if storm.incident.asked_again_at is not None and storm.incident.acknowledged_at is None:
        return f"nobody acknowledged the storm, incident {number}, once more"
    return "no incident is held any longer than that"


def _entry(case: Case, kind: str, words: str) -> TimelineEntry:
    return TimelineEntry(at=case.now, kind=kind, actor=RESPONDER, detail=words)
