"""Deliveries: claimed once, in order, behind a fence."""

from datetime import timedelta
from typing import Any

from firebrigade.receivers.contract import PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.responder.case import Suppression

LEASE = timedelta(minutes=2)


def _record(world: Any) -> None:
    world.store.record(world.group(world.alert()), world.now)
    world.sweep.advance_due()


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(world: Any) -> None:
    _record(world)
    claimed = [world.store.claim_delivery(world.now, LEASE) for _ in range(4)]
    assert {one.delivery.receiver for one in claimed[:3]} == {"pagerduty", "slack", "email"}
    assert claimed[3] is None
    world.clock.advance(LEASE)
    again = world.store.claim_delivery(world.now, LEASE)
    assert again.delivery.attempts == 2
    assert again.notification.outcome_unknown


def test_a_result_behind_the_fence_is_not_written(world: Any) -> None:
    _record(world)
    slow = world.store.claim_delivery(world.now, LEASE)
    world.clock.advance(LEASE)
    fast = world.store.claim_delivery(world.now, LEASE)
    assert fast.delivery.id == slow.delivery.id
    values = {"status": "delivered", "detail": ""}
    assert not world.store.finish_delivery(slow.delivery, values, world.now)
    assert world.store.finish_delivery(fast.delivery, values, world.now, reference={"ts": "1"})


def test_a_receiver_never_hears_of_the_end_before_the_beginning(world: Any) -> None:
    world.receivers["pagerduty"].fail = TemporaryDeliveryError("no answer", outcome_unknown=True)
    world.fires()
    world.resolves()
    assert world.told("pagerduty") == []
    world.receivers["pagerduty"].fail = None
    world.passes(timedelta(minutes=10))
    assert world.told("pagerduty") == ["triggered", "resolved"]


def test_what_surely_did_not_arrive_wakes_nobody_once_it_is_over(world: Any) -> None:
    world.receivers["pagerduty"].fail = TemporaryDeliveryError("not now")
    world.fires()
    world.resolves()
    world.receivers["pagerduty"].fail = None
    world.passes(timedelta(minutes=10))
    assert world.told("pagerduty") == []
    assert world.told("email") == ["triggered", "resolved"]


def test_a_page_that_may_have_rung_is_resolved_although_it_failed_for_good(world: Any) -> None:
    world.receivers["pagerduty"].fail = TemporaryDeliveryError("no answer", outcome_unknown=True)
    world.fires()
    world.receivers["pagerduty"].fail = PermanentDeliveryError("refused")
    world.passes(timedelta(minutes=1))
    world.receivers["pagerduty"].fail = None
    world.resolves()
    assert world.told("pagerduty") == ["resolved"]


def test_a_page_is_held_while_its_incident_is_suppressed(world: Any) -> None:
    world.receivers["pagerduty"].fail = TemporaryDeliveryError("not now")
    world.fires()
    world.suppression = Suppression(until=world.now + timedelta(hours=1), reason="maintenance window upgrade")
    world.fires(world.alert(pod="ryot-2"))
    world.receivers["pagerduty"].fail = None
    world.passes(timedelta(minutes=50), tick=timedelta(minutes=1))
    assert world.told("pagerduty") == []
    world.passes(timedelta(minutes=15), tick=timedelta(minutes=1))
    assert world.told("pagerduty") == ["triggered", "escalated"][:1]


def test_an_edit_that_is_refused_for_good_does_not_stop_the_escalation(world: Any) -> None:
    world.fires()
    world.receivers["slack"].fail = PermanentDeliveryError("msg_too_long")
    world.fires(world.alert(pod="ryot-2"))
    world.passes(timedelta(minutes=11))
    assert (world.told("l2"), world.told("l3")) == (["escalated"], ["escalated"])


def test_a_start_tries_everything_that_waits_at_once(world: Any) -> None:
    world.receivers["email"].fail = TemporaryDeliveryError("not now", retry_after_seconds=600)
    world.fires()
    world.receivers["email"].fail = None
    world.store.release_claims(world.now)
    world.sweep.drain()
    assert world.told("email") == ["triggered"]


def test_an_interrupted_delivery_is_repeated_with_the_same_id_and_told_that_it_may_have_arrived(world: Any) -> None:
    _record(world)
    first = world.store.claim_delivery(world.now, LEASE)
    world.store.release_claims(world.now)
    world.sweep.drain()
    told = world.receivers[first.delivery.receiver].attempts
    assert [one.delivery_id for one in told] == [first.notification.delivery_id]
    assert told[0].outcome_unknown
    others = [r for name, r in world.receivers.items() if r.attempts and name != first.delivery.receiver]
    assert not any(one.outcome_unknown for receiver in others for one in receiver.attempts)


def test_a_receipts_reference_comes_back_with_the_next_notification(world: Any) -> None:
    incident = world.fires()
    world.resolves()
    first, last = world.receivers["email"].attempts
    assert first.reference == {}
    assert last.reference == {"thread": incident.incident_key}


def test_a_delivery_that_fails_for_good_is_on_the_timeline_and_not_tried_again(world: Any) -> None:
    world.receivers["email"].fail = PermanentDeliveryError("no such mailbox")
    world.fires()
    world.passes(timedelta(hours=1), tick=timedelta(minutes=5))
    assert len(world.receivers["email"].attempts) == 1
    entry = next(entry for entry in world.store.timeline(1) if entry.kind == "delivery_failed")
    assert entry.detail == "triggered → email: no such mailbox"


def test_a_receivers_own_mistake_loses_no_page(world: Any) -> None:
    world.receivers["email"].fail = ZeroDivisionError("oops")
    world.fires()
    world.receivers["email"].fail = None
    world.passes(timedelta(minutes=1))
    assert world.told("email") == ["triggered"]
    assert world.receivers["email"].attempts[-1].outcome_unknown


def test_the_other_side_decides_how_long_to_wait(world: Any) -> None:
    world.receivers["slack"].fail = TemporaryDeliveryError("slow down", retry_after_seconds=120)
    world.fires()
    world.passes(timedelta(seconds=110))
    assert len(world.receivers["slack"].attempts) == 1
    world.passes(timedelta(seconds=20))
    assert len(world.receivers["slack"].attempts) == 2


def test_a_clock_that_went_back_holds_nothing(world: Any) -> None:
    world.receivers["email"].fail = TemporaryDeliveryError("not now", retry_after_seconds=3600)
    world.fires()
    world.receivers["email"].fail = None
    world.store.make_due(world.now)
    world.sweep.drain()
    assert world.told("email") == ["triggered"]
    assert world.told("l2") == []
