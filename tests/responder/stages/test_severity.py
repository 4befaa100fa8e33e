"""Severity that gets worse: what people took on was something smaller, so they are told again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Route

MINUTE = timedelta(minutes=1)
WARNING = Route(matchers=(Matcher("severity", "=", "warning"),), receivers=("slack",))


def test_a_critical_alert_rings_those_who_acknowledged_a_warning(world: Any) -> None:
    incident = world.fires(world.alert(severity="warning"))
    world.store.acknowledge(incident.id, "alice", world.now)
    world.fires(world.alert(severity="critical", pod="b"))
    assert world.store.incident(incident.id).status == "triggered"
    assert world.told("pagerduty") == ["triggered", "acknowledged", "escalated"]
    world.passes(6 * MINUTE)
    assert world.told("l2") == ["escalated"]
    world.store.acknowledge(incident.id, "alice", world.now)
    world.passes(MINUTE)
    assert world.told("pagerduty")[-1] == "acknowledged"


def test_the_new_route_and_its_first_level_are_told_and_given_their_time(world: Any, policy: Any) -> None:
    world.routes.insert(0, WARNING)
    world.fires(world.alert(severity="warning"))
    world.passes(60 * MINUTE, tick=10 * MINUTE)
    world.fires(world.alert(severity="critical", pod="b"))
    assert world.told("pagerduty") == ["triggered"]
    assert world.told("l2") == []
    world.passes(6 * MINUTE)
    assert world.told("l2") == ["escalated"]


def test_a_round_has_deliveries_of_its_own(world: Any, policy: Any) -> None:
    world.policies["default"] = replace(policy, repeat=1)
    world.fires()
    world.passes(40 * MINUTE, tick=MINUTE)
    rounds = [(one.level, one.round) for one in world.receivers["pagerduty"].attempts]
    assert rounds == [(1, 0), (1, 1)]
