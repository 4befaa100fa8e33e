"""Steps that only read: they never fail a run, and what they found is on the timeline."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.receivers.contract import Reason
from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Refusal,
    RefusalReason,
    TemporaryActionError,
)
from firebrigade.runbooks.readings import Pause, Reading

FOUND = Reading(
    result="OOMKilled",
    summary="killed for its memory",
    evidence={"log": ["out of memory", "Bearer abcdefghijk"]},
    lines=("pod ryot-1: OOMKilled", "Authorization: Bearer abcdefghijk"),
)


def _runs(world: Any, runbook: Any, *found: Any) -> Any:
    """Let a runbook run that looks first and then restarts."""
    world.runbooks["service-down"] = runbook("look", "restart")
    world.executor.readings["look"] = list(found)
    return world.fires()


def _statuses(world: Any) -> list[str]:
    return [step.status.value for step in world.store.steps(1)]


def test_what_was_read_is_on_the_timeline_and_the_next_step_follows(world: Any, runbook: Any) -> None:
    _runs(world, runbook, FOUND)
    assert _statuses(world) == ["done", "verified"]
    (entry,) = [one for one in world.store.timeline(1) if one.kind == "read"]
    assert entry.detail.endswith("killed for its memory")
    assert entry.data["result"] == "OOMKilled"
    assert entry.data["read"] == {"log": ["out of memory", "Bearer [redacted]"]}


def test_people_who_are_told_later_hear_what_was_read(world: Any, runbook: Any) -> None:
    world.executor.healths = [Health.FAILED]
    _runs(world, runbook, FOUND)
    told = world.receivers["l2"].attempts[-1]
    assert any("killed for its memory" in line for line in told.timeline)


def test_people_who_are_told_later_get_what_was_found_without_credentials(world: Any, runbook: Any) -> None:
    world.executor.healths = [Health.FAILED]
    _runs(world, runbook, FOUND)
    told = world.receivers["l2"].attempts[-1]
    assert told.diagnostics == ("pod ryot-1: OOMKilled", "Authorization: Bearer [redacted]")


def test_who_hears_that_it_is_over_gets_no_diagnostics(world: Any, runbook: Any) -> None:
    _runs(world, runbook, FOUND)
    world.resolves()
    told = next(one for one in world.receivers["email"].attempts if one.reason is Reason.RESOLVED)
    assert told.diagnostics == ()


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([PermanentActionError("forbidden")], id="refused by the world"),
        pytest.param([TemporaryActionError("busy", retry_after_seconds=3600)] * 3, id="never answered"),
        pytest.param([RuntimeError("a mistake of the action's own")], id="the action's own mistake"),
    ],
)
def test_what_can_t_be_read_does_not_keep_the_repair_waiting(world: Any, runbook: Any, found: list[Any]) -> None:
    _runs(world, runbook, *found)
    world.passes(timedelta(seconds=30))
    assert _statuses(world) == ["done", "verified"]
    first = world.store.steps(1)[0]
    assert first.after["result"] == "unknown"
    assert "could not be read" in first.verdict


def test_a_refused_reading_is_named_and_the_next_step_follows(world: Any, runbook: Any) -> None:
    _runs(world, runbook, Refusal(reason=RefusalReason.NAMESPACE, summary="Not there."))
    assert _statuses(world) == ["refused", "verified"]


def test_a_step_that_pauses_is_looked_at_again_at_its_moment(world: Any, runbook: Any) -> None:
    until = world.now + timedelta(minutes=2)
    _runs(world, runbook, Pause(until=until, summary="waits"), FOUND)
    world.passes(timedelta(seconds=119))
    assert _statuses(world) == ["pending", "pending"]
    world.passes(timedelta(seconds=2))
    assert _statuses(world) == ["done", "verified"]
    assert [one.paused_until for one in world.executor.asked] == [None, until]
    assert world.kinds().count("waiting") == 1


def test_a_pause_ends_with_its_incident(world: Any, runbook: Any) -> None:
    _runs(world, runbook, Pause(until=world.now + timedelta(minutes=2), summary="waits"))
    world.resolves()
    assert _statuses(world) == ["skipped", "skipped"]


def test_a_crash_while_reading_reads_again(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("look", "restart")
    world.executor.readings["look"] = [SystemExit(), FOUND]
    with pytest.raises(SystemExit):
        world.fires()
    world.store.release_claims(world.now)
    world.sweep.drain()
    assert _statuses(world) == ["done", "verified"]


def test_a_runbook_that_only_looks_needs_a_person(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("look")
    world.executor.readings["look"] = [FOUND]
    world.fires()
    world.passes(timedelta(minutes=6))
    assert "has looked and changes nothing; it needs a person" in world.receivers["l2"].attempts[-1].automation
