"""Guards at work: what they refuse is not applied, is on the timeline with its reason, and people are told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import Automation, MaintenanceWindow
from firebrigade.responder.restraints import Restraints, Storm
from firebrigade.runbooks.contract import Health, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.guards import GuardSettings, guards_for

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}


@pytest.fixture
def guarded(world: Any, runbook: Any, policy: Any) -> Any:
    """A world whose executor asks the real guards, and whose runbook goes before any page."""
    limits = GuardSettings(namespaces=frozenset({"neurectomy"}), cooldown=timedelta(), runs_per_hour=6)
    world.executor.guards = guards_for(limits)
    world.executor.before = CALM
    world.runbooks["service-down"] = runbook("restart")
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    return world


def trouble(world: Any, pod: str = "ryot-1") -> Any:
    """Return a fresh incident about a pod, with everything done that is due."""
    number = str(len(world.store.incidents()))
    return world.fires(world.alert(pod=pod, number=number, starts_at=world.now), group_key=f"{pod} {number}")


def over(world: Any) -> None:
    """A person resolves the newest incident."""
    world.store.resolve(world.store.incidents()[0].id, "alice", world.now)
    world.sweep.drain()


def reasons(world: Any, incident_id: int) -> list[str]:
    return [one.data["reason"] for one in world.store.timeline(incident_id) if one.kind == "refused"]


def pages(world: Any, incident_id: int) -> Sequence[str]:
    told = world.receivers["pagerduty"].told.values()
    key = world.store.incident(incident_id).incident_key
    return [one.automation for one in told if one.incident_key == key and one.reason == "triggered"]


def assert_refused(world: Any, incident_id: int, reason: str) -> None:
    """Nothing was changed for the incident, its timeline has the reason, and people were paged with it."""
    key = world.store.incident(incident_id).incident_key
    assert not [step_id for step_id in world.executor.changes if step_id.startswith(key)]
    assert reasons(world, incident_id) == [reason]
    (said,) = pages(world, incident_id)
    assert "was not applied" in said
    assert "needs a person" in said


def test_a_target_that_was_repaired_three_times_in_a_day_is_left_to_people(guarded: Any) -> None:
    for _ in range(3):
        incident = trouble(guarded)
        assert not pages(guarded, incident.id)
        over(guarded)
        guarded.clock.advance(2 * HOUR)
    assert len(guarded.executor.changes) == 3
    assert_refused(guarded, trouble(guarded).id, "flapping")


def test_attempts_that_did_not_help_are_no_repairs(guarded: Any) -> None:
    guarded.executor.healths = [Health.FAILED] * 3
    for _ in range(4):
        trouble(guarded)
        over(guarded)
        guarded.clock.advance(2 * HOUR)
    assert len(guarded.executor.changes) == 4


def test_the_runs_of_an_hour_are_counted_over_all_targets(guarded: Any) -> None:
    for number in range(6):
        trouble(guarded, f"ryot-{number}")
        over(guarded)
    assert_refused(guarded, trouble(guarded, "ryot-9").id, "too_many_runs")
    over(guarded)
    guarded.clock.advance(HOUR)
    trouble(guarded, "ryot-10")
    assert len(guarded.executor.changes) == 7


def test_nothing_is_applied_to_what_another_incident_is_at_work_on(guarded: Any) -> None:
    guarded.restraints = Restraints(wait_for_lock=timedelta())
    guarded.executor.healths = [Health.WAITING] * 999
    first = trouble(guarded)
    guarded.clock.advance(SECOND)
    second = trouble(guarded)
    assert [one.status for one in guarded.store.steps(first.id)] == ["applied"]
    assert_refused(guarded, second.id, "locked")
    over(guarded)
    guarded.passes(2 * MINUTE)
    assert [one.status for one in guarded.store.steps(first.id)] == ["failed"]
    assert not reasons(guarded, trouble(guarded).id)


def test_a_step_that_is_under_way_for_days_still_holds_its_target(guarded: Any) -> None:
    guarded.restraints = Restraints(wait_for_lock=timedelta())
    guarded.executor.errors = [UnknownOutcomeError("no answer")] * 9
    first = trouble(guarded)
    guarded.clock.advance(48 * HOUR)  # as in a process that was stopped
    second = trouble(guarded)
    assert [one.status for one in guarded.store.steps(first.id)] == ["applying"]
    assert_refused(guarded, second.id, "locked")


def test_a_change_that_takes_too_much_is_refused(guarded: Any) -> None:
    guarded.executor.before = {**CALM, "ready": 1, "takes_ready": 1}
    guarded.executor.guards = guards_for(GuardSettings(namespaces=frozenset({"neurectomy"})))
    assert_refused(guarded, trouble(guarded).id, "blast_radius")


def test_in_a_storm_the_machine_stops_and_people_are_paged(guarded: Any) -> None:
    guarded.restraints = Restraints(storm=Storm(incidents=3, within=10 * MINUTE))
    found = [trouble(guarded, f"ryot-{number}") for number in range(5)]
    assert len(guarded.executor.changes) == 3
    assert_refused(guarded, found[3].id, "storm")
    assert_refused(guarded, found[4].id, "storm")


def test_a_storm_is_over_when_its_incidents_are_resolved(guarded: Any) -> None:
    guarded.restraints = Restraints(storm=Storm(incidents=1, within=10 * MINUTE))
    first, second = trouble(guarded, "ryot-1"), trouble(guarded, "ryot-2")
    assert (reasons(guarded, first.id), reasons(guarded, second.id)) == ([], ["storm"])
    for incident in (first, second):
        guarded.store.resolve(incident.id, "alice", guarded.now)
    assert not reasons(guarded, trouble(guarded, "ryot-3").id)


def test_incidents_without_a_runbook_make_no_storm(guarded: Any, runbook: Any) -> None:
    guarded.restraints = Restraints(storm=Storm(incidents=1, within=10 * MINUTE))
    runbooks, guarded.runbooks = guarded.runbooks, {}
    for number in range(3):
        trouble(guarded, f"ryot-{number}")
    guarded.runbooks = runbooks
    assert not reasons(guarded, trouble(guarded, "ryot-9").id)


def test_a_target_in_maintenance_is_left_alone_though_its_alert_is_not_suppressed(guarded: Any) -> None:
    upgrade = MaintenanceWindow(
        name="upgrade",
        matchers=parse_matchers('pod="ryot-1",severity!="critical"'),
        owner="platform",
        reason="CHG-1042",
        starts_at=guarded.now,
        ends_at=guarded.now + HOUR,
    )
    guarded.restraints = Restraints(maintenance=(upgrade,))
    assert_refused(guarded, trouble(guarded).id, "maintenance")


def planned(world: Any) -> Any:
    """Return an incident whose step is planned and due, but not yet applied."""
    incident_id, *_ = world.store.record(world.group(world.alert()), world.now)
    while [one.status for one in world.store.steps(incident_id)] != ["planned"]:
        world.sweep.advance_due()
        world.sweep.claim()()
    return world.store.incident(incident_id)


def test_a_file_stops_a_step_that_is_already_planned(guarded: Any, tmp_path: Path) -> None:
    off_file = tmp_path / "off"
    guarded.restraints = Restraints(off_file=off_file)
    incident = planned(guarded)
    off_file.touch()
    guarded.sweep.drain()
    assert_refused(guarded, incident.id, "off")
    assert "switched off by the file off" in guarded.store.steps(incident.id)[0].verdict


def test_the_switch_stops_a_step_that_is_already_planned(guarded: Any) -> None:
    incident = planned(guarded)
    guarded.store.switch_automation(False, "alice", guarded.now)
    guarded.sweep.drain()
    assert_refused_off(guarded, incident)


def assert_refused_off(world: Any, incident: Any) -> None:
    assert world.executor.changes == []
    assert reasons(world, incident.id) == ["off"]
    assert "switched off" in pages(world, incident.id)[0]


def test_a_planned_step_is_applied_once_the_file_is_gone_again(guarded: Any, tmp_path: Path) -> None:
    off_file = tmp_path / "off"
    guarded.restraints = Restraints(off_file=off_file)
    planned(guarded)
    off_file.touch()
    off_file.unlink()
    guarded.sweep.drain()
    assert len(guarded.executor.changes) == 1


@pytest.mark.parametrize("made", ["a file", "a folder", "a link to nothing"])
def test_whatever_has_the_name_of_the_off_file_counts(guarded: Any, tmp_path: Path, made: str) -> None:
    off_file = tmp_path / "off"
    guarded.restraints = Restraints(off_file=off_file)
    make: dict[str, Callable[[], object]] = {
        "a file": off_file.touch,
        "a folder": off_file.mkdir,
        "a link to nothing": lambda: off_file.symlink_to(tmp_path / "nothing"),
    }
    make[made]()
    assert_refused(guarded, trouble(guarded).id, "off")


def test_when_nobody_can_say_whether_the_off_file_is_there_it_is(guarded: Any, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    guarded.restraints = Restraints(off_file=loop / "off")
    assert_refused(guarded, trouble(guarded).id, "off")


@pytest.mark.parametrize("by_file", [True, False], ids=["by the file", "by the switch"])
def test_what_did_not_help_is_not_taken_back_while_automation_is_off(
    guarded: Any, tmp_path: Path, by_file: bool
) -> None:
    made = guarded.runbooks["service-down"]
    guarded.runbooks["service-down"] = replace(made, steps=(replace(made.steps[0], undo=True),))
    guarded.restraints = Restraints(off_file=tmp_path / "off")
    guarded.executor.healths = [Health.WAITING] * 999
    incident = trouble(guarded)
    if by_file:
        (tmp_path / "off").touch()
    else:
        guarded.store.switch_automation(False, "alice", guarded.now)
    guarded.passes(2 * MINUTE)
    (step,) = guarded.store.steps(incident.id)
    assert guarded.executor.undone == []
    assert step.status == "failed"
    assert "was not taken back" in step.verdict
    assert reasons(guarded, incident.id) == ["off"]


def test_a_step_that_may_have_changed_something_has_failed_and_was_not_refused(guarded: Any, tmp_path: Path) -> None:
    guarded.restraints = Restraints(off_file=tmp_path / "off")
    guarded.executor.errors = [UnknownOutcomeError("no answer")]
    incident = trouble(guarded)
    (tmp_path / "off").touch()
    guarded.passes(MINUTE)
    (step,) = guarded.store.steps(incident.id)
    assert step.status == "failed"
    assert step.verdict.endswith("an earlier attempt may have made the change")
    assert len(guarded.executor.changes) == 0


def test_a_step_is_never_stopped_by_itself_when_it_is_tried_again(guarded: Any) -> None:
    limits = GuardSettings(
        namespaces=frozenset({"neurectomy"}), runs_per_hour=1, runs_per_hour_per_target=1, repairs_per_day=1
    )
    guarded.executor.guards = guards_for(limits)
    guarded.executor.errors = [TemporaryActionError("busy"), UnknownOutcomeError("no answer")]
    incident = trouble(guarded)
    guarded.passes(MINUTE)
    assert [one.status for one in guarded.store.steps(incident.id)] == ["verified"]


def test_a_plan_that_waited_for_long_is_made_again_before_it_is_applied(guarded: Any) -> None:
    incident = planned(guarded)
    guarded.clock.advance(2 * MINUTE + SECOND)
    guarded.executor.before = {**CALM, "ready": 1, "takes_ready": 1}
    guarded.sweep.drain()
    assert guarded.kinds(incident.id).count("planned") == 2
    assert_refused(guarded, incident.id, "blast_radius")


def test_what_was_begun_is_tried_again_by_the_same_plan_however_old(guarded: Any) -> None:
    guarded.executor.errors = [UnknownOutcomeError("no answer")]
    incident = trouble(guarded)
    guarded.clock.advance(HOUR)
    guarded.sweep.drain()
    assert guarded.kinds(incident.id).count("planned") == 1
    assert [one.status for one in guarded.store.steps(incident.id)] == ["verified"]


def test_a_plan_that_waited_for_a_moment_is_applied_as_it_is(guarded: Any) -> None:
    incident = planned(guarded)
    guarded.clock.advance(2 * MINUTE)
    guarded.executor.before = {**CALM, "ready": 1, "takes_ready": 1}
    guarded.sweep.drain()
    assert guarded.kinds(incident.id).count("planned") == 1
    assert len(guarded.executor.changes) == 1
