"""What a decision is shown, read in the transaction that writes what it decides. ``store.py`` calls it.

Whatever locks several rows does so in one order: steps, their incident, and then the ledger's turn.
"""

from datetime import datetime

from sqlalchemy import Connection

from firebrigade.responder.case import Case, Outcome, StepCase
from firebrigade.responder.conclusion import Conclusion
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.store import incidents, ledger, letters, outbox, recording, steps, storm_incident
from firebrigade.responder.trust import TrustSettings

TIMELINE_OF_A_CASE = 30


def whole(connection: Connection, incident_id: int, now: datetime) -> Case:
    """Read an incident, locked, with everything that was recorded about it; NotFoundError if there is none."""
    run = steps.of_incident(connection, incident_id, lock=True)
    return Case(
        incident=incidents.one(connection, incident_id, lock=True),
        alerts=tuple(incidents.alerts(connection, incident_id)),
        deliveries=tuple(outbox.of_incident(connection, incident_id)),
        steps=tuple(run),
        timeline=tuple(incidents.entries(connection, incident_id, TIMELINE_OF_A_CASE)),
        automation_on=letters.automation_on(connection),
        now=now,
        storm=storm_incident.still_open(connection),
    )


def of_step(
    connection: Connection, step: StepResult, now: datetime, since: datetime, trust: TrustSettings | None
) -> StepCase:
    """Read what decides whether a step's change is made now, with the steps begun since a moment.

    Two that are about to begin something read this one after the other: the second sees the intent of the first, and
    both see a demotion that was written before.
    """
    steps.locked(connection, step.incident_id, step.position)
    incident = incidents.one(connection, step.incident_id, lock=True)
    ledger.take_turn(connection)
    return StepCase(
        incident=incident,
        trust=ledger.standing_of(connection, trust, step) if trust else None,
        history=tuple(steps.begun_since(connection, since)),
        automation_on=letters.automation_on(connection),
        wanting=tuple(steps.wanted_since(connection, since)),
        waiting=tuple(steps.waiting(connection)),
        now=now,
    )


def write_conclusion(connection: Connection, incident_id: int, conclusion: Conclusion, now: datetime) -> None:
    """Write down all that a comparison with Alertmanager came to."""
    recording.see_alerts(connection, incident_id, conclusion.seen, now)
    recording.end_alerts(connection, incident_id, conclusion.ended, now)
    incidents.append(connection, incident_id, conclusion.entries)
    if conclusion.incident is not None:
        incidents.write(connection, conclusion.incident)


def write(connection: Connection, incident_id: int, outcome: Outcome, now: datetime) -> None:
    """Write down all that was decided about an incident."""
    incidents.append(connection, incident_id, outcome.entries)
    outbox.drop(connection, outcome.dropped, now)
    for delivery, notification in outcome.notifications:
        outbox.add(connection, incident_id, delivery, notification)
    for step in outcome.steps:
        steps.put(connection, incident_id, step)
    if outcome.incident is not None:
        incidents.write(connection, outcome.incident)
