"""A heartbeat that stays away is the one alert that nobody else can send."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.engine.heartbeat_watch import HeartbeatWatch

MINUTE = timedelta(minutes=1)
NAME = '{alertname="Watchdog"}'


@pytest.fixture
def watch(world: Any) -> HeartbeatWatch:
    return HeartbeatWatch(world.store, world.clock)


def _beat(world: Any) -> None:
    world.store.record_heartbeat(NAME, {"alertname": "Watchdog"}, world.now)


def _tick(world: Any, watch: HeartbeatWatch, after: timedelta) -> None:
    world.clock.advance(after)
    watch.tick()
    world.sweep.drain()


def test_a_heartbeat_that_stays_away_pages_once_and_resolves_when_it_is_back(world: Any, watch: HeartbeatWatch) -> None:
    _beat(world)
    _tick(world, watch, 10 * MINUTE)
    assert world.store.incidents() == []
    _tick(world, watch, MINUTE)
    _tick(world, watch, MINUTE)
    (incident,) = world.store.incidents()
    assert incident.title == "HeartbeatMissing: firebrigade"
    assert NAME in incident.summary
    assert world.told("pagerduty") == ["triggered"]
    _beat(world)
    _tick(world, watch, MINUTE)
    assert not world.store.incident(incident.id).open
    assert world.told("pagerduty") == ["triggered", "resolved"]


def test_missing_again_is_another_incident(world: Any, watch: HeartbeatWatch) -> None:
    for _ in range(2):
        _beat(world)
        _tick(world, watch, 11 * MINUTE)
        _beat(world)
        _tick(world, watch, MINUTE)
    assert [incident.open for incident in world.store.incidents()] == [False, False]


def test_nobody_is_asked_for_a_heartbeat_that_never_came(world: Any, watch: HeartbeatWatch) -> None:
    _tick(world, watch, 1000 * MINUTE)
    assert world.store.incidents() == []


def test_the_time_before_the_start_does_not_count(world: Any) -> None:
    _beat(world)
    world.clock.advance(60 * MINUTE)
    watch = HeartbeatWatch(world.store, world.clock)
    _tick(world, watch, 9 * MINUTE)
    assert world.store.incidents() == []
    _tick(world, watch, 2 * MINUTE)
    assert len(world.store.incidents()) == 1


def test_a_restart_while_one_is_missing_changes_nothing(world: Any, watch: HeartbeatWatch) -> None:
    _beat(world)
    _tick(world, watch, 11 * MINUTE)
    _tick(world, HeartbeatWatch(world.store, world.clock), MINUTE)
    assert [incident.open for incident in world.store.incidents()] == [True]
