"""A storm of incidents pages one person; what it holds back is never lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.receivers.contract import PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.responder.case import Suppression
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import Route
from tests.responder.storms_at_hand import (
    HOUR,
    MINUTE,
    SECOND,
    over,
    paged,
    storm_of,
    storms_of,
    trouble,
)


def test_many_incidents_at_once_page_once(stormy: Any) -> None:
    found = trouble(stormy, 12)
    storm = storm_of(stormy)
    assert paged(stormy) == [storm.id]
    assert storm.severity == "critical"
    assert storm.summary == "12 incidents opened within 10m: ServiceDown 12"
    assert {stormy.store.incident(one.id).held_by for one in found} == {storm.id}
    assert [stormy.kinds(one.id).count("held") for one in found] == [1] * 12


def test_so_many_as_are_allowed_are_no_storm(stormy: Any) -> None:
    found = trouble(stormy, 3)
    assert storms_of(stormy) == []
    assert paged(stormy) == [one.id for one in found]


def test_incidents_that_come_one_by_one_page_until_there_are_too_many(stormy: Any) -> None:
    found = [trouble(stormy, 1, first=number)[0] for number in range(6)]
    assert paged(stormy) == [*(one.id for one in found[:3]), storm_of(stormy).id]
    assert {stormy.store.incident(one.id).held_by for one in found} == {storm_of(stormy).id}
    stormy.passes(MINUTE)
    assert storm_of(stormy).summary.startswith("6 incidents")


def test_what_has_paged_already_is_not_escalated_while_the_storm_is(stormy: Any) -> None:
    for number in range(4):
        trouble(stormy, 1, first=number)
    stormy.passes(6 * MINUTE)
    assert paged(stormy, "l2") == [storm_of(stormy).id]


def test_incidents_that_are_long_apart_are_no_storm(stormy: Any) -> None:
    for number in range(6):
        trouble(stormy, 1, first=number)
        stormy.passes(5 * MINUTE)
    assert storms_of(stormy) == []


def test_whoever_resolves_the_storm_lets_its_incidents_page(stormy: Any) -> None:
    found = trouble(stormy, 5)
    over(stormy, storm_of(stormy))
    stormy.passes(MINUTE)
    assert paged(stormy) == [storm_of(stormy).id, *(one.id for one in found)]


def test_after_a_storm_only_what_is_new_makes_another(stormy: Any) -> None:
    trouble(stormy, 5)
    over(stormy, storm_of(stormy))
    stormy.passes(MINUTE)
    trouble(stormy, 3, first=10)
    assert len(storms_of(stormy)) == 1
    trouble(stormy, 1, first=20)
    assert len(storms_of(stormy)) == 2


@pytest.mark.parametrize(
    ("error", "within"),
    [
        pytest.param(PermanentDeliveryError("the key is wrong"), SECOND, id="for good"),
        pytest.param(TemporaryDeliveryError("busy"), MINUTE + 10 * SECOND, id="for now"),
    ],
)
def test_a_storm_whose_page_fails_holds_nobody(stormy: Any, error: Exception, within: timedelta) -> None:
    stormy.receivers["pagerduty"].fail = error
    found = trouble(stormy, 5)
    stormy.passes(within)
    assert {one.id for one in found} <= {one.incident_id for one in stormy.receivers["pagerduty"].attempts}
    assert [stormy.kinds(one.id).count("let_go") for one in found] == [1] * 5


def test_a_storm_that_nobody_is_rung_for_holds_nobody(stormy: Any) -> None:
    mine = Route(matchers=parse_matchers('alertname="IncidentStorm"'), receivers=(), policy="")
    stormy.routes.insert(0, mine)
    found = trouble(stormy, 5)
    stormy.passes(10 * SECOND)
    assert paged(stormy) == [one.id for one in found]


def test_a_storm_to_which_nobody_came_holds_nobody_any_longer(stormy: Any, policy: Any) -> None:
    stormy.policies["default"] = replace(policy, steps=policy.steps[:1])
    found = trouble(stormy, 5)
    stormy.passes(4 * MINUTE)
    assert paged(stormy) == [storm_of(stormy).id]
    stormy.passes(MINUTE + 10 * SECOND)
    assert paged(stormy)[1:] == [one.id for one in found]


def test_a_held_incident_that_is_resolved_pages_nobody(stormy: Any) -> None:
    found = trouble(stormy, 5)
    over(stormy, *found)
    stormy.passes(HOUR, tick=MINUTE)
    assert paged(stormy, "pagerduty")[1:] == []
    assert not storm_of(stormy).open


def test_a_held_incident_that_somebody_acknowledges_is_not_held(stormy: Any) -> None:
    found = trouble(stormy, 5)
    stormy.store.acknowledge(found[0].id, "anna", stormy.now)
    stormy.passes(HOUR, tick=MINUTE)
    assert stormy.store.incident(found[0].id).held_by == 0
    assert found[0].id not in paged(stormy)


def test_what_maintenance_keeps_quiet_makes_no_storm(stormy: Any) -> None:
    stormy.suppression = Suppression(until=stormy.now + HOUR, reason="maintenance")
    trouble(stormy, 12)
    assert storms_of(stormy) == []


def test_what_pages_nobody_makes_no_storm_and_is_not_held(stormy: Any) -> None:
    quiet = Route(matchers=parse_matchers('severity="info"'), receivers=("slack",), policy="")
    stormy.routes.insert(0, quiet)
    trouble(stormy, 12, severity="info")
    assert storms_of(stormy) == []
    assert len(paged(stormy, "slack")) == 12


def test_an_incident_of_long_ago_goes_its_own_way(stormy: Any) -> None:
    (old,) = trouble(stormy, 1, first=90)
    stormy.passes(3 * MINUTE)
    stormy.clock.advance(8 * MINUTE)
    trouble(stormy, 5)
    assert old.id in paged(stormy, "l2")


@pytest.mark.parametrize("on", [True, False], ids=["automation on", "automation off"])
def test_a_storm_of_pages_is_one_whatever_the_machine_may_do(stormy: Any, on: bool) -> None:
    stormy.store.switch_automation(on, "anna", stormy.now)
    trouble(stormy, 5)
    assert paged(stormy) == [storm_of(stormy).id]


def test_with_holding_off_every_incident_pages_by_itself(stormy: Any) -> None:
    stormy.storms = replace(stormy.storms, holds_pages_for=timedelta())
    found = trouble(stormy, 12)
    assert storms_of(stormy) == []
    assert paged(stormy) == [one.id for one in found]


def test_holding_that_is_switched_off_in_a_storm_lets_everything_go(stormy: Any) -> None:
    found = trouble(stormy, 5)
    storm = storm_of(stormy)
    stormy.storms = replace(stormy.storms, holds_pages_for=timedelta())
    stormy.passes(10 * SECOND)
    assert paged(stormy)[1:] == [one.id for one in found]
    assert not stormy.store.incident(storm.id).open


@pytest.mark.parametrize("by", [HOUR, 24 * HOUR], ids=["an hour", "a day"])
def test_a_clock_that_goes_back_loses_no_page(stormy: Any, by: timedelta) -> None:
    found = trouble(stormy, 5)
    stormy.clock = ManualClock(stormy.now - by)
    stormy.store.make_due(stormy.now)
    stormy.passes(20 * MINUTE, tick=MINUTE)
    assert set(paged(stormy)) >= {one.id for one in found}
    assert not storm_of(stormy).open
