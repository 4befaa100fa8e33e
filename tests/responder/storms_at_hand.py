"""What the tests of storms make of a world and ask it: trouble in numbers, the storm's own incident, who was rung."""

from datetime import timedelta
from typing import Any

from firebrigade.responder.model import Incident

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def trouble(world: Any, count: int, first: int = 0, **labels: str) -> list[Incident]:
    """Return so many incidents that come within one tick, with everything done that is due."""
    ids = [record(world, number, **labels) for number in range(first, first + count)]
    world.sweep.drain()
    return [world.store.incident(incident_id) for incident_id in ids]


def record(world: Any, number: int, **labels: str) -> int:
    alert = world.alert(number=str(number), starts_at=world.now, **labels)
    (incident_id,) = world.store.record(world.group(alert, group_key=f"trouble {number}"), world.now)
    return int(incident_id)


def storms_of(world: Any) -> list[Incident]:
    return [one for one in world.store.incidents(limit=500) if one.labels["alertname"] == "IncidentStorm"]


def storm_of(world: Any) -> Incident:
    (storm,) = storms_of(world)
    return storm


def paged(world: Any, receiver: str = "pagerduty") -> list[int]:
    """Return the incidents that a receiver was rung for, in the order of the pages."""
    told = world.receivers[receiver].told.values()
    return [one.incident_id for one in told if one.reason in {"triggered", "escalated"}]


def details(world: Any, incident: Incident) -> list[str]:
    return [entry.detail for entry in world.store.timeline(incident.id)]


def over(world: Any, *incidents: Incident) -> None:
    for incident in incidents:
        world.store.resolve(incident.id, "alertmanager", world.now)
    world.sweep.drain()
