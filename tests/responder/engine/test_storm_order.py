"""With hundreds of incidents due at once a storm's page comes before theirs, and looking for storms stops no page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from firebrigade.responder.case import Suppression
from firebrigade.responder.errors import StoreUnavailableError
from tests.responder.storms_at_hand import HOUR, MINUTE, SECOND, paged, record, storm_of, storms_of, trouble


def worked(sweep: Any) -> None:
    """Do everything that is due, as the engine does: advance first, and then send."""
    while sweep.advance_due():
        while (work := sweep.claim()) is not None:
            work()


def test_the_page_of_a_storm_goes_out_before_anything_else_is_looked_at(stormy: Any) -> None:
    for number in range(250):
        record(stormy, number)
    sweep, looked_at = stormy.sweep, []
    advance = sweep._advance

    def slowly(incident_id: int) -> None:
        looked_at.append(incident_id)
        stormy.clock.advance(timedelta(milliseconds=400))
        advance(incident_id)

    sweep._advance = slowly
    worked(sweep)
    storm = storm_of(stormy)
    assert looked_at[0] == storm.id
    assert next(one.created_at for one in stormy.store.deliveries(storm.id)) - storm.opened_at < SECOND
    assert paged(stormy) == [storm.id]


def test_the_page_of_a_storm_is_sent_before_those_that_wait(stormy: Any) -> None:
    early = [record(stormy, number) for number in range(3)]
    stormy.sweep.advance_due()
    stormy.clock.advance(SECOND)
    for number in range(10, 15):
        record(stormy, number)
    stormy.sweep.advance_due()
    claimed = stormy.store.claim_delivery(stormy.now, MINUTE)
    assert claimed.delivery.incident_id == storm_of(stormy).id
    assert stormy.store.deliveries(early[0])


def test_what_a_storm_says_moves_it_to_no_later_turn(stormy: Any) -> None:
    trouble(stormy, 5)
    storm = storm_of(stormy)
    stormy.clock.advance(31 * SECOND)
    stormy.store.make_due(stormy.now)
    due_at = stormy.store.incident(storm.id).next_due_at
    for number in range(10, 14):
        record(stormy, number)
    stormy.clock.advance(20 * SECOND)
    sweep = stormy.sweep
    sweep._storms.look(())
    assert stormy.store.incident(storm.id).news > storm.news
    assert stormy.store.incident(storm.id).next_due_at == due_at


def test_incidents_that_come_between_two_looks_are_counted_before_they_page(stormy: Any) -> None:
    sweep = stormy.sweep
    look = sweep._storms.look

    def late(due: Any) -> Any:
        found = look(due)
        for number in range(20 if not storms_of(stormy) and len(stormy.store.incidents()) == 1 else 0):
            record(stormy, 10 + number)
        return found

    sweep._storms.look = late
    first = record(stormy, 0)
    worked(sweep)
    assert paged(stormy) == [first, storm_of(stormy).id]


@pytest.mark.parametrize("count", [20, 90])
def test_looking_for_a_storm_asks_no_more_of_the_database_the_more_there_is(stormy: Any, count: int) -> None:
    for number in range(count):
        record(stormy, number)
    due, asked = stormy.store.due_incidents(stormy.now), []
    event.listen(stormy.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    stormy.sweep._storms.look(due)
    assert storm_of(stormy).open
    assert len(asked) < 40


def test_an_incident_that_can_not_be_looked_at_keeps_no_other_from_paging(stormy: Any) -> None:
    found = [record(stormy, number) for number in range(5)]
    sweep = stormy.sweep

    def broken(labels: Any, now: Any) -> Suppression | None:
        if labels["number"] == "2":
            raise OverflowError("odd")
        return None

    sweep._lookup = sweep._storms._lookup = replace(sweep._lookup, suppression=broken)
    sweep.drain()
    assert set(found) - set(paged(stormy)) == {found[2]}


def test_looking_for_a_storm_without_a_database_is_no_excuse(stormy: Any) -> None:
    record(stormy, 0)
    sweep = stormy.sweep

    def gone(_: Any) -> Any:
        raise StoreUnavailableError("gone")

    sweep._storms.look = gone
    with pytest.raises(StoreUnavailableError):
        sweep.drain()


def test_the_end_of_maintenance_pages_once_for_many(stormy: Any) -> None:
    stormy.suppression = Suppression(until=stormy.now + HOUR, reason="maintenance")
    found = trouble(stormy, 12)
    stormy.passes(HOUR - MINUTE, tick=MINUTE)
    assert storms_of(stormy) == []
    stormy.passes(3 * MINUTE)
    assert paged(stormy) == [storm_of(stormy).id]
    assert {stormy.store.incident(one.id).held_by for one in found} == {storm_of(stormy).id}


def test_the_end_of_maintenance_begins_no_storm_of_what_somebody_has_acknowledged(stormy: Any) -> None:
    stormy.suppression = Suppression(until=stormy.now + HOUR, reason="maintenance")
    for one in trouble(stormy, 12):
        stormy.store.acknowledge(one.id, "anna", stormy.now)
    stormy.passes(2 * HOUR, tick=MINUTE)
    assert storms_of(stormy) == []


def test_what_waited_for_an_engine_pages_once_for_many(stormy: Any) -> None:
    for number in range(12):
        record(stormy, number)
    stormy.clock.advance(HOUR)
    stormy.sweep.drain()
    assert paged(stormy) == [storm_of(stormy).id]
