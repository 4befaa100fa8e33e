"""Route: the incident's labels choose its receivers, its escalation policy and its runbook, once."""

from dataclasses import replace

from firebrigade.responder.case import RESPONDER, Case, Lookup, Outcome
from firebrigade.responder.model import Incident, IncidentStatus, TimelineEntry
from firebrigade.responder.rounds import begun_anew


def route(case: Case, lookup: Lookup) -> Outcome:
    """Route an open incident that is new, or whose severity got worse: then its levels begin anew."""
    incident = case.incident
    if not incident.open or incident.routed_at is not None:
        return Outcome()
    found = lookup.route({**incident.labels, "severity": incident.severity})
    if found is None:
        changed = replace(incident, routed_at=case.now)
        return _routed(case, changed, "no route matches: nobody is told")
    if incident.level:
        incident = begun_anew(incident)  # what people took on was something smaller
    runbook = lookup.runbook(found.runbook, incident.labels.get("alertname", ""))
    changed = replace(
        incident,
        routed_at=case.now,
        pages_since=case.now if incident.status is IncidentStatus.TRIGGERED else incident.pages_since,
        receivers=tuple(dict.fromkeys((*incident.receivers, *found.receivers))),
        policy=lookup.policies.get(found.policy) or incident.policy,
        runbook=incident.runbook or (runbook.name if runbook else ""),
    )
    return _routed(case, changed, _detail(changed))


def _detail(incident: Incident) -> str:
    receivers = ", ".join(incident.receivers) or "no receiver"
    policy = f"policy {incident.policy.name}" if incident.policy else "no escalation"
    return f"{receivers}; {policy}; {f'runbook {incident.runbook}' if incident.runbook else 'no runbook'}"


def _routed(case: Case, changed: Incident, detail: str) -> Outcome:
    data = {"receivers": list(changed.receivers), "runbook": changed.runbook}
    entry = TimelineEntry(at=case.now, kind="routed", actor=RESPONDER, detail=detail, data=data)
    return Outcome(incident=changed, entries=(entry,))
