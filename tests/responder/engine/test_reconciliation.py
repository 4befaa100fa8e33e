"""What the reconciler makes of a comparison: ends, silences, and nothing where nothing is known."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.conclusion import conclude
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.reconcile import Reconciliation, Standing

HOUR = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
SILENCED = "it still fires, and is silenced by bob: upgrade"


def _reconcile(world: Any, standings: dict[str, Standing], **more: Any) -> None:
    def decide(case: Any) -> Any:
        found = [
            Reconciliation(
                fingerprint=held.alert.fingerprint,
                standing=standings[held.alert.labels["pod"]],
                **{"reason": "because", **more},
            )
            for held in case.alerts
            if held.firing
        ]
        return conclude(case, found, AGAIN, 24 * HOUR)

    world.store.reconcile(1, world.now, decide)
    world.sweep.drain()


def test_an_alert_that_is_gone_ends_its_incident_and_the_timeline_says_who_ended_it(world: Any) -> None:
    world.fires()
    world.clock.advance(HOUR)
    _reconcile(world, {"ryot-1": Standing.RESOLVED})
    incident = world.store.incident(1)
    assert (incident.status, incident.resolved_by) == ("resolved", "reconciler")
    assert world.told("pagerduty")[-1] == "resolved"
    assert [entry.actor for entry in world.store.timeline(1) if entry.kind == "resolved"] == ["reconciler"]
    assert world.store.alerts(1)[0].alert.status is AlertStatus.RESOLVED


def test_an_alert_that_nobody_heard_of_for_too_long_is_given_up(world: Any) -> None:
    world.fires()
    _reconcile(world, {"ryot-1": Standing.EXPIRED})
    assert world.store.incident(1).resolved_by == "expiry"


@pytest.mark.parametrize(
    ("standings", "open_"),
    [
        pytest.param({"a": Standing.RESOLVED, "b": Standing.ACTIVE}, True, id="one still fires"),
        pytest.param({"a": Standing.RESOLVED, "b": Standing.UNKNOWN}, True, id="nothing is known of one"),
        pytest.param({"a": Standing.RESOLVED, "b": Standing.SUPPRESSED}, True, id="one is silenced"),
        pytest.param({"a": Standing.RESOLVED, "b": Standing.RESOLVED}, False, id="all are gone"),
    ],
)
def test_an_incident_ends_only_with_its_last_alert(world: Any, standings: dict[str, Standing], open_: bool) -> None:
    world.fires(world.alert(pod="a"), world.alert(pod="b"))
    _reconcile(world, standings)
    assert world.store.incident(1).open is open_


def test_a_silence_quiets_an_incident_until_it_ends(world: Any) -> None:
    world.fires()
    until = world.now + HOUR
    _reconcile(world, {"ryot-1": Standing.SUPPRESSED}, reason=SILENCED, suppressed_until=until)
    assert world.store.incident(1).suppressed_by == "silenced by bob: upgrade"
    world.passes(HOUR - AGAIN, tick=timedelta(minutes=5))
    assert world.told("l2") == []
    world.passes(timedelta(minutes=7))
    assert world.told("l2") == ["escalated"]


def test_a_silence_that_a_person_ends_early_is_noticed(world: Any) -> None:
    world.fires()
    until = world.now + HOUR
    _reconcile(world, {"ryot-1": Standing.SUPPRESSED}, suppressed_by="silence 1", suppressed_until=until)
    _reconcile(world, {"ryot-1": Standing.ACTIVE})
    assert world.store.incident(1).suppressed_by == ""
    assert "suppression_ended" in world.kinds()


def test_an_inhibition_holds_only_as_long_as_the_reconciler_sees_it(world: Any) -> None:
    world.fires()
    _reconcile(world, {"ryot-1": Standing.SUPPRESSED}, suppressed_by="inhibition by 2")
    assert world.store.incident(1).silenced_until == world.now + AGAIN
    world.passes(2 * AGAIN)
    assert world.store.incident(1).suppressed_by == ""


def test_what_a_truncated_group_left_out_is_added_and_only_then_may_the_incident_end(world: Any) -> None:
    a = world.alert(pod="a")
    world.fires(a, truncated_alerts=1)
    world.fires(world.alert(AlertStatus.RESOLVED, pod="a"), truncated_alerts=1)
    assert world.store.incident(1).open
    (group,) = world.store.groups(1)
    assert (group.receiver, group.group_labels, group.truncated_alerts) == (
        "firebrigade",
        {"alertname": "ServiceDown"},
        1,
    )
    world.store.complete(1, [world.alert(pod="b")], world.now)
    assert not world.store.incident(1).incomplete
    _reconcile(world, {"b": Standing.RESOLVED})
    assert not world.store.incident(1).open


def test_seeing_an_alert_is_noted_and_no_news(world: Any) -> None:
    world.fires()
    kinds = world.kinds()
    world.clock.advance(AGAIN)
    _reconcile(world, {"ryot-1": Standing.ACTIVE})
    assert world.store.alerts(1)[0].last_seen_at == world.now
    assert world.kinds() == kinds


def test_an_alert_that_was_ended_too_early_fires_again_with_the_same_bytes(world: Any) -> None:
    group = world.group(world.alert(pod="a"), world.alert(pod="b"))
    world.store.record(group, world.now, "the same bytes")
    _reconcile(world, {"a": Standing.RESOLVED, "b": Standing.ACTIVE})
    world.store.record(group, world.now, "the same bytes")
    assert all(held.firing for held in world.store.alerts(1))
    assert "alert_fired_again" in world.kinds()


def test_a_cut_group_that_turns_out_to_be_over_ends_its_incident(world: Any) -> None:
    world.fires(world.alert(pod="a"), truncated_alerts=7)
    world.fires(world.alert(AlertStatus.RESOLVED, pod="a"), truncated_alerts=1)
    world.store.complete(1, [], world.now)
    _reconcile(world, {})
    incident = world.store.incident(1)
    assert (incident.open, incident.resolved_by) == (False, "reconciler")


def test_a_cut_group_that_is_never_completed_is_given_up(world: Any) -> None:
    world.fires(world.alert(pod="a"), truncated_alerts=7)
    _reconcile(world, {"a": Standing.EXPIRED})
    assert world.store.incident(1).open
    world.clock.advance(25 * HOUR)
    _reconcile(world, {})
    assert world.store.incident(1).resolved_by == "expiry"


def test_an_alert_that_joins_proves_that_no_silence_covers_it(world: Any) -> None:
    world.fires()
    until = world.now + 20 * HOUR
    _reconcile(world, {"ryot-1": Standing.SUPPRESSED}, reason=SILENCED, suppressed_until=until)
    world.fires(world.alert(pod="ryot-2"))
    assert world.store.incident(1).suppressed_by == ""
    world.passes(6 * timedelta(minutes=1))
    assert world.told("l2") == ["escalated"]
