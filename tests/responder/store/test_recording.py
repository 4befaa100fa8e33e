"""Recording alert groups: at least once, out of order, truncated, from two Alertmanagers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.model import AlertStatus, IncidentStatus

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED
LATER = timedelta(minutes=1)


def test_a_firing_group_opens_one_incident_with_its_alerts(world: Any) -> None:
    ids = world.store.record(world.group(world.alert(pod="a"), world.alert(pod="b")), world.now)
    incident = world.store.incident(ids[0])
    assert incident.status is IncidentStatus.TRIGGERED
    assert (incident.service, incident.severity, incident.title) == ("ryot", "critical", "ServiceDown: ryot")
    assert "pod" not in incident.labels
    assert {held.alert.labels["pod"] for held in world.store.alerts(ids[0])} == {"a", "b"}


def test_the_same_group_again_changes_nothing_but_when_it_was_seen(world: Any) -> None:
    group = world.group(world.alert())
    first = world.store.record(group, world.now, "hash")
    before = world.store.incident(first[0]), world.kinds()
    world.clock.advance(LATER)
    assert world.store.record(group, world.now, "hash") == first
    assert (world.store.incident(first[0]), world.kinds()) == before
    assert world.store.alerts(first[0])[0].last_seen_at == world.now


@pytest.mark.parametrize("body_hash", ["", "another"])
def test_a_repeat_with_other_bytes_changes_nothing_either(world: Any, body_hash: str) -> None:
    group = world.group(world.alert())
    first = world.store.record(group, world.now, "one")
    kinds = world.kinds()
    world.clock.advance(LATER)
    assert world.store.record(group, world.now, body_hash) == first
    assert world.kinds() == kinds


def test_alerts_resolve_one_by_one_and_the_last_resolves_the_incident(world: Any) -> None:
    a, b = world.alert(pod="a"), world.alert(pod="b")
    (incident_id,) = world.store.record(world.group(a, b), world.now)
    world.store.record(world.group(world.alert(RESOLVED, pod="a"), b), world.now)
    assert world.store.incident(incident_id).open
    # Alertmanager's last payload lists only what was still open.
    world.store.record(world.group(world.alert(RESOLVED, pod="b")), world.now)
    incident = world.store.incident(incident_id)
    assert (incident.status, incident.resolved_by) == (IncidentStatus.RESOLVED, "alertmanager")
    assert world.kinds() == ["opened", *["alert_joined"] * 2, *["alert_resolved"] * 2, "resolved"]


def test_an_end_without_a_beginning_opens_nothing(world: Any) -> None:
    assert world.store.record(world.group(world.alert(RESOLVED)), world.now) == ()
    assert world.store.incidents() == []


def test_firing_again_after_the_end_opens_a_new_incident(world: Any) -> None:
    (first,) = world.store.record(world.group(world.alert()), world.now)
    world.store.record(world.group(world.alert(RESOLVED)), world.now)
    (second,) = world.store.record(world.group(world.alert(starts_at=world.now)), world.now)
    assert second != first
    assert not world.store.incident(first).open


def test_an_edited_route_continues_the_incident_of_the_same_alert(world: Any) -> None:
    (first,) = world.store.record(world.group(world.alert()), world.now)
    assert world.store.record(world.group(world.alert(), group_key="{}/{new}:{}"), world.now) == (first,)
    world.store.record(world.group(world.alert(RESOLVED), group_key="{}/{new}:{}"), world.now)
    assert not world.store.incident(first).open


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({"external_url": "http://peer.test"}, True, id="an HA peer's duplicate is the same incident"),
        pytest.param({"source": "other"}, False, id="another source is another incident"),
    ],
)
def test_sources_tell_alertmanagers_apart(world: Any, changes: dict[str, Any], same: bool) -> None:
    (first,) = world.store.record(world.group(world.alert()), world.now)
    (second,) = world.store.record(world.group(world.alert(), **changes), world.now)
    assert (first == second) is same


def test_late_word_of_an_earlier_firing_does_not_touch_the_present_one(world: Any) -> None:
    (incident_id,) = world.store.record(world.group(world.alert(starts_at=world.now)), world.now)
    late = replace(world.alert(RESOLVED, starts_at=world.now - 2 * LATER), ends_at=world.now - LATER)
    world.store.record(world.group(late), world.now)
    assert world.store.incident(incident_id).open


def test_a_start_that_alertmanager_moved_back_is_still_the_same_firing(world: Any) -> None:
    (incident_id,) = world.store.record(world.group(world.alert(starts_at=world.now)), world.now)
    earlier = world.now - LATER
    world.clock.advance(LATER)
    assert world.store.record(world.group(world.alert(starts_at=earlier)), world.now) == (incident_id,)
    world.store.record(world.group(world.alert(RESOLVED, starts_at=earlier)), world.now)
    assert not world.store.incident(incident_id).open


def test_a_group_that_is_whole_says_nothing_of_another_that_was_cut(world: Any) -> None:
    alert = world.alert()
    (incident_id,) = world.store.record(world.group(alert, truncated_alerts=7), world.now)
    world.store.record(world.group(alert, group_key="{}/{other}"), world.now)
    world.store.record(world.group(world.alert(RESOLVED), group_key="{}/{other}"), world.now)
    assert world.store.incident(incident_id).open
    assert world.store.incident(incident_id).incomplete


def test_a_truncated_group_is_never_concluded_from_what_it_shows(world: Any) -> None:
    (incident_id,) = world.store.record(world.group(world.alert(), truncated_alerts=7), world.now)
    world.store.record(world.group(world.alert(RESOLVED), truncated_alerts=1), world.now)
    incident = world.store.incident(incident_id)
    assert incident.open
    assert incident.incomplete
    assert world.kinds().count("incomplete") == 1


def test_a_worse_severity_routes_the_incident_again_and_a_better_one_does_not(world: Any) -> None:
    incident = world.fires(world.alert(severity="warning"))
    assert incident.routed_at is not None
    world.store.record(world.group(world.alert(severity="critical", pod="b")), world.now)
    assert world.store.incident(incident.id).severity == "critical"
    assert world.store.incident(incident.id).routed_at is None
    world.sweep.drain()
    world.store.record(world.group(world.alert(severity="info", pod="c")), world.now)
    assert world.store.incident(incident.id).severity == "critical"
    assert world.store.incident(incident.id).routed_at is not None


def test_nothing_is_written_when_recording_fails_half_way(world: Any) -> None:
    broken = world.alert(pod="b")
    object.__setattr__(broken, "starts_at", broken.starts_at.replace(tzinfo=None))
    with pytest.raises(Exception, match="naive"):
        world.store.record(world.group(world.alert(pod="a"), broken), world.now)
    assert world.store.incidents() == []
