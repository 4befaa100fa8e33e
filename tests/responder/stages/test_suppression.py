"""Maintenance: recorded, quiet, and gone on with when it ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from firebrigade.responder.case import Suppression

HOUR = timedelta(hours=1)


def test_an_incident_in_maintenance_neither_pages_nor_acts_until_the_window_ends(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.suppression = Suppression(until=world.now + HOUR, reason="maintenance window upgrade")
    incident = world.fires()
    world.passes(HOUR - timedelta(minutes=1), tick=timedelta(minutes=5))
    assert world.told("pagerduty") == []
    assert world.executor.changes == []
    assert world.kinds() == ["opened", "alert_joined", "suppressed"]
    assert world.store.incident(incident.id).suppressed_by == "maintenance window upgrade"
    world.passes(timedelta(minutes=2))
    assert world.told("pagerduty") == ["triggered"]
    assert len(world.executor.changes) == 1
    assert "suppression_ended" in world.kinds()


def test_what_resolves_within_the_window_tells_nobody(world: Any) -> None:
    world.suppression = Suppression(until=world.now + HOUR, reason="maintenance window upgrade")
    world.fires()
    world.resolves()
    world.passes(2 * HOUR, tick=timedelta(minutes=10))
    assert all(not receiver.attempts for receiver in world.receivers.values())


def test_a_window_that_starts_later_stops_the_escalation_which_starts_anew_afterwards(world: Any) -> None:
    world.fires()
    world.passes(timedelta(minutes=4))
    world.suppression = Suppression(until=world.now + HOUR, reason="maintenance window upgrade")
    incident = world.resolves(world.alert(pod="ryot-2"))
    world.passes(HOUR - timedelta(minutes=1), tick=timedelta(minutes=5))
    assert world.told("l2") == []
    world.passes(timedelta(minutes=5))
    assert world.told("l2") == []
    world.passes(timedelta(minutes=2))
    assert world.told("l2") == ["escalated"]
    assert world.store.incident(incident.id).level == 2


def test_a_planned_step_is_not_applied_once_the_window_began(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.store.record(world.group(world.alert()), world.now)
    world.sweep.advance_due()
    step = world.store.claim_step(world.now, timedelta(minutes=5))
    world.sweep._runner.run(step)
    assert world.store.steps(1)[0].status == "planned"
    world.suppression = Suppression(until=world.now + HOUR, reason="maintenance window upgrade")
    world.fires(world.alert(pod="ryot-2"))
    assert world.executor.changes == []
    world.passes(HOUR + timedelta(minutes=1), tick=timedelta(minutes=5))
    assert len(world.executor.changes) == 1


def test_one_alert_outside_the_window_keeps_the_incident_awake(world: Any) -> None:
    only_a = Suppression(until=world.now + HOUR, reason="maintenance window upgrade")
    lookup = replace(world.lookup, suppression=lambda labels, now: only_a if labels["pod"] == "a" else None)
    sweep = world.sweep
    sweep._lookup = lookup
    world.store.record(world.group(world.alert(pod="a"), world.alert(pod="b")), world.now)
    sweep.drain()
    assert world.told("pagerduty") == ["triggered"]
