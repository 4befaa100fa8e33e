"""A storm lasts as long as its cause, and asks now and then whether somebody is at work."""

from dataclasses import replace
from typing import Any

from tests.responder.storms_at_hand import (
    HOUR,
    MINUTE,
    SECOND,
    details,
    over,
    paged,
    record,
    storm_of,
    trouble,
)


def test_when_the_storm_is_over_whatever_is_open_pages(stormy: Any) -> None:
    found = trouble(stormy, 5)
    stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
    over(stormy, *found[:4])
    stormy.passes(4 * MINUTE)
    assert paged(stormy) == [storm_of(stormy).id]
    stormy.passes(MINUTE + 10 * SECOND)
    assert not storm_of(stormy).open
    assert paged(stormy)[1:] == [found[4].id]
    assert stormy.kinds(found[4].id).count("let_go") == 1
    stormy.passes(4 * MINUTE)
    assert paged(stormy, "l2") == []  # the time to acknowledge counts from the page
    stormy.passes(2 * MINUTE)
    assert paged(stormy, "l2") == [found[4].id]


def test_a_storm_whose_one_cause_lasts_lasts_as_long(stormy: Any) -> None:
    trouble(stormy, 12)
    stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
    stormy.passes(29 * MINUTE)
    assert storm_of(stormy).open
    assert paged(stormy) == [storm_of(stormy).id]


def test_a_storm_that_comes_and_goes_rings_once(stormy: Any) -> None:
    for minute in range(0, 28, 2):
        found = trouble(stormy, 5, first=10 * minute)
        stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
        stormy.passes(MINUTE, tick=MINUTE)
        over(stormy, *found)
        stormy.passes(MINUTE, tick=MINUTE)
    assert paged(stormy) == [storm_of(stormy).id]


def test_a_storm_that_lasts_asks_whether_somebody_is_at_work_before_anything_is_let_go(stormy: Any) -> None:
    found = trouble(stormy, 5)
    storm = storm_of(stormy).id
    for rings in (1, 2, 3):
        assert paged(stormy) == [storm] * rings
        stormy.store.acknowledge(storm, "anna", stormy.now)
        stormy.passes(30 * MINUTE)
    assert stormy.kinds(storm).count("asked_again") == 3
    assert paged(stormy) == [storm] * 4
    stormy.passes(5 * MINUTE - 10 * SECOND)
    assert paged(stormy) == [storm] * 4
    stormy.passes(20 * SECOND)
    assert paged(stormy)[4:] == [one.id for one in found]
    assert paged(stormy, "l2") == [storm]
    assert f"nobody acknowledged the storm, incident {storm}, once more" in details(stormy, found[0])


def test_whoever_answers_late_has_what_has_rung_held_again(stormy: Any) -> None:
    trouble(stormy, 5)
    storm = storm_of(stormy).id
    stormy.store.acknowledge(storm, "anna", stormy.now)
    stormy.passes(36 * MINUTE)
    stormy.store.acknowledge(storm, "mara", stormy.now)
    stormy.passes(25 * MINUTE)
    assert paged(stormy, "l2") == [storm]


def test_a_storm_that_holds_nothing_does_not_ask_again(stormy: Any) -> None:
    over(stormy, *trouble(stormy, 5))
    stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
    for number in range(40):
        stormy.store.acknowledge(record(stormy, 10 + number), "anna", stormy.now)
        stormy.passes(MINUTE, tick=MINUTE)
    assert storm_of(stormy).open
    assert paged(stormy) == [storm_of(stormy).id]


def test_what_nobody_has_acknowledged_is_held_for_its_own_time_alone(stormy: Any, policy: Any) -> None:
    slow = tuple(replace(step, acknowledge_within=HOUR) for step in policy.steps)
    stormy.policies["default"] = replace(policy, steps=slow)
    (first, *_) = trouble(stormy, 5)
    for number in range(29):
        stormy.passes(MINUTE)
        trouble(stormy, 1, first=10 + number)
    assert paged(stormy) == [storm_of(stormy).id]
    stormy.passes(MINUTE)
    assert first.id in paged(stormy)
    assert len(paged(stormy)) == 1 + 5


def test_a_shorter_time_to_hold_counts_for_what_is_held_already(stormy: Any, policy: Any) -> None:
    slow = tuple(replace(step, acknowledge_within=HOUR) for step in policy.steps)
    stormy.policies["default"] = replace(policy, steps=slow)
    found = trouble(stormy, 5)
    stormy.passes(2 * MINUTE)
    stormy.storms = replace(stormy.storms, holds_pages_for=5 * MINUTE)
    stormy.passes(4 * MINUTE)
    assert paged(stormy)[1:] == [one.id for one in found]


def test_the_text_of_a_storm_names_what_it_holds_first(stormy: Any) -> None:
    found = trouble(stormy, 8)
    stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
    stormy.passes(9 * MINUTE)
    for number in range(6):
        record(stormy, 50 + number, alertname=f"Other{number}", severity="info")
    stormy.passes(2 * MINUTE)
    storm = storm_of(stormy)
    assert storm.summary.startswith("14 incidents, 14 of them held: ServiceDown 8, Other0 1")
    assert f"Incidents {', '.join(str(one.id) for one in found)}, " in storm.annotations["description"]


def test_the_text_of_a_storm_is_bounded(stormy: Any) -> None:
    for number in range(60):
        record(stormy, number, alertname=f"{'Long' * 99}{number}")
    stormy.sweep.drain()
    stormy.passes(MINUTE)
    storm = storm_of(stormy)
    assert storm.summary.startswith("60 incidents, 60 of them held: LongLong")
    assert storm.summary.endswith(", and 55 more") or "Long" in storm.summary
    assert len(storm.summary) < 500
    assert ", and 40 more." in storm.annotations["description"]
