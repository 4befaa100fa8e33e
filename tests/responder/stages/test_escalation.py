"""Escalation: L1 → L2 → L3, in time, once each, and stopped by a person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebrigade.receivers.contract import PermanentDeliveryError
from firebrigade.responder.model import Automation
from firebrigade.runbooks.contract import Health

MINUTE = timedelta(minutes=1)


def test_an_incident_that_nobody_acknowledges_goes_through_the_levels(world: Any) -> None:
    world.fires()
    seen: dict[str, int] = {}
    for minute in range(1, 21):
        world.passes(MINUTE)
        for level in ("l2", "l3"):
            if world.told(level):
                seen.setdefault(level, minute)
    assert seen == {"l2": 5, "l3": 10}
    assert world.told("l2") == world.told("l3") == ["escalated"]
    assert world.kinds().count("escalated") == 2
    assert world.kinds()[-1] == "escalation_ended"


def test_acknowledging_stops_the_escalation_and_tells_everybody_who_was_told(world: Any) -> None:
    incident = world.fires()
    world.passes(4 * MINUTE)
    world.store.acknowledge(incident.id, "alice", world.now)
    world.passes(60 * MINUTE, tick=MINUTE)
    assert world.told("l2") == []
    assert world.told("pagerduty") == ["triggered", "acknowledged"]
    assert world.store.incident(incident.id).acknowledged_by == "alice"


@pytest.mark.parametrize("by", ["alert", "person"])
def test_resolving_stops_the_escalation(world: Any, by: str) -> None:
    incident = world.fires()
    if by == "alert":
        world.resolves()
    else:
        world.store.resolve(incident.id, "alice", world.now)
    world.passes(30 * MINUTE, tick=MINUTE)
    assert world.told("l2") == []
    assert world.told("pagerduty") == ["triggered", "resolved"]


def test_a_level_that_nobody_can_be_reached_at_is_left_at_once(world: Any) -> None:
    for name in ("pagerduty", "slack", "email"):
        world.receivers[name].fail = PermanentDeliveryError("key refused")
    world.fires()
    assert world.told("l2") == ["escalated"]
    assert world.told("l3") == []
    entry = next(entry for entry in world.store.timeline(1) if entry.kind == "escalated")
    assert entry.detail == "to L2: nobody at L1 could be reached"


def test_a_policy_may_start_over_after_its_last_level(world: Any, policy: Any) -> None:
    world.policies["default"] = replace(policy, repeat=1)
    world.fires()
    world.passes(40 * MINUTE, tick=MINUTE)
    assert world.told("l3") == ["escalated", "escalated"]
    assert world.told("pagerduty") == ["triggered", "escalated"]


def test_an_edited_policy_does_not_change_a_running_escalation(world: Any) -> None:
    world.fires()
    world.policies.clear()
    world.passes(6 * MINUTE)
    assert world.told("l2") == ["escalated"]


def test_a_runbook_that_did_not_help_escalates_at_once(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.healths = [Health.WAITING] * 2 + [Health.FAILED]
    world.fires()
    world.passes(timedelta(seconds=20), tick=timedelta(seconds=1))
    assert world.told("l2") == ["escalated"]
    assert world.told("l3") == []


def test_a_verified_repair_holds_the_escalation_for_the_alert_to_resolve(world: Any, runbook: Any, policy: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.policies["default"] = replace(policy, resolve_within=timedelta(minutes=12))
    world.fires()
    world.passes(11 * MINUTE)
    assert world.told("l2") == []
    world.passes(2 * MINUTE)
    assert world.told("l2") == ["escalated"]


def test_automation_first_pages_nobody_for_what_the_runbook_repaired(world: Any, runbook: Any, policy: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    world.fires()
    world.passes(2 * MINUTE)
    world.resolves()
    world.passes(30 * MINUTE, tick=MINUTE)
    assert world.told("pagerduty") == world.told("slack") == []
    assert "verified" in world.kinds()


@pytest.mark.parametrize(
    ("healths", "minutes"),
    [
        pytest.param([Health.FAILED], 0, id="a runbook that failed pages at once"),
        pytest.param([Health.WAITING] * 999, 5, id="a runbook that takes too long pages in time"),
    ],
)
def test_automation_first_pages_when_the_runbook_does_not_help(
    world: Any, runbook: Any, policy: Any, healths: list[Health], minutes: int
) -> None:
    made = runbook("restart")
    world.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], verify_within=timedelta(hours=1)),))
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    world.executor.healths = healths
    world.fires()
    if minutes:
        world.passes(minutes * MINUTE - timedelta(seconds=10))
        assert world.told("pagerduty") == []
    world.passes(timedelta(seconds=11), tick=timedelta(seconds=1))
    assert world.told("pagerduty")[0] == "triggered"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ticks=st.lists(st.integers(min_value=1, max_value=900), min_size=1, max_size=12))
def test_no_level_is_skipped_or_told_twice_however_the_ticks_fall(
    tmp_path_factory: Any, policy: Any, world: Any, ticks: list[int]
) -> None:
    fresh = type(world)(
        path=tmp_path_factory.mktemp("world") / "db.sqlite",
        receivers={name: type(receiver)() for name, receiver in world.receivers.items()},
        routes=world.routes,
        policies={"default": policy},
    )
    fresh.fires()
    for seconds in ticks:
        fresh.clock.advance(timedelta(seconds=seconds))
        fresh.sweep.drain()
        fresh.sweep.drain()
    levels = [entry.detail.split(":")[0] for entry in fresh.store.timeline(1) if entry.kind == "escalated"]
    assert levels == ["to L2", "to L3"][: len(levels)]
    assert len(fresh.told("l2")) == ("to L2" in levels)
    assert len(fresh.told("l3")) == ("to L3" in levels)
    fresh.store.close()
