"""A person who has it in hand is believed, whenever they say so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from firebrigade.responder.case import Suppression
from firebrigade.responder.model import Automation
from firebrigade.runbooks.contract import Health

MINUTE = timedelta(minutes=1)


def test_nobody_is_paged_for_what_was_acknowledged_before_the_first_page(world: Any, runbook: Any, policy: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    world.executor.healths = [Health.WAITING] * 999
    incident = world.fires()
    world.store.acknowledge(incident.id, "anna", world.now)
    world.passes(30 * MINUTE)
    assert world.told("pagerduty") == []


def test_those_who_were_paged_hear_of_an_acknowledgement_in_maintenance(world: Any) -> None:
    incident = world.fires()
    world.suppression = Suppression(until=world.now + 60 * MINUTE, reason="maintenance window upgrade")
    world.fires(world.alert(pod="ryot-2"))
    world.store.acknowledge(incident.id, "anna", world.now)
    world.passes(MINUTE)
    assert world.told("pagerduty") == ["triggered", "acknowledged"]


def test_the_machines_first_try_begins_when_maintenance_ends(world: Any, runbook: Any, policy: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    world.suppression = Suppression(until=world.now + 10 * MINUTE, reason="maintenance window upgrade")
    world.fires()
    world.passes(12 * MINUTE)
    assert world.executor.changes
    assert world.told("pagerduty") == []
