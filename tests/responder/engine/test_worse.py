"""What makes things worse is taken back at once, once, and then a person is called instead of the next step."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.engine.step_decisions import age_of
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.stages.verify import PATIENCE
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import Health, PermanentActionError, TemporaryActionError
from firebrigade.runbooks.modes import AutomationMode, Modes

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = 2 * SECOND
WORSE = [Health.WORSE] * 99


@pytest.fixture
def worsening(world: Any, runbook: Any) -> Any:
    """A world whose step has five minutes, makes things worse, and is not to be taken back for not helping."""
    (first,) = runbook("restart").steps
    world.runbooks["service-down"] = runbook(replace(first, verify_within=timedelta(minutes=5)), "roll-back")
    world.executor.healths = list(WORSE)
    return world


def statuses(world: Any) -> list[str]:
    return [str(step.status) for step in world.store.steps(1)]


def test_what_stays_worse_is_taken_back_long_before_its_time_is_over(worsening: Any) -> None:
    worsening.fires()
    worsening.passes(18 * SECOND, tick=TICK)
    assert statuses(worsening) == ["applied", "pending"]
    worsening.passes(TICK, tick=TICK)
    assert statuses(worsening) == ["undone", "pending"]
    assert worsening.executor.undone == worsening.executor.changes


def test_the_next_step_is_not_tried_and_a_person_is_called_with_the_evidence(worsening: Any) -> None:
    worsening.fires()
    worsening.passes(timedelta(minutes=4), tick=TICK)
    assert statuses(worsening) == ["undone", "pending"]
    assert len(worsening.executor.changes) == len(worsening.executor.undone) == 1
    kinds = worsening.kinds()
    assert kinds.index("step_failed") < kinds.index("undone") < kinds.index("escalated")
    assert worsening.told("l2") == ["escalated"]
    said = worsening.receivers["l2"].attempts[0].automation
    assert "restart made things worse and was taken back" in said


def test_a_dip_is_no_harm(worsening: Any) -> None:
    worsening.executor.healths = [*[Health.WORSE] * 9, Health.WAITING, *[Health.WORSE] * 9]
    worsening.fires()
    worsening.passes(40 * SECOND, tick=TICK)
    assert statuses(worsening) == ["verified", "pending"]
    assert worsening.executor.undone == []


def test_what_is_worse_when_its_time_is_over_is_looked_at_as_long_as_before(worsening: Any) -> None:
    worsening.executor.healths = [*[Health.WAITING] * 148, *WORSE]
    worsening.fires()
    worsening.passes(timedelta(minutes=5, seconds=14), tick=TICK)
    assert statuses(worsening) == ["applied", "pending"]
    worsening.passes(2 * SECOND, tick=TICK)
    assert statuses(worsening) == ["undone", "pending"]


def test_one_bad_look_takes_nothing_back_that_proves_itself_after_its_time(worsening: Any, runbook: Any) -> None:
    (first, _) = worsening.runbooks["service-down"].steps
    proving = replace(first, verify_within=MINUTE, healthy_for=2 * MINUTE)
    worsening.runbooks["service-down"] = runbook(proving)
    worsening.executor.healths = [*[Health.HEALTHY] * 40, Health.WORSE]  # and healthy for ever after
    worsening.fires()
    worsening.passes(4 * MINUTE, tick=TICK)
    assert statuses(worsening) == ["verified"]
    assert worsening.executor.undone == []


def test_what_is_now_healthy_and_now_worse_comes_to_an_end(worsening: Any, runbook: Any) -> None:
    (first, _) = worsening.runbooks["service-down"].steps
    worsening.runbooks["service-down"] = runbook(replace(first, verify_within=MINUTE, healthy_for=2 * MINUTE))
    worsening.executor.healths = [Health.HEALTHY, Health.WORSE] * 4000
    worsening.fires()
    worsening.passes(PATIENCE + 3 * MINUTE, tick=10 * SECOND)
    assert statuses(worsening) == ["undone"]


def test_what_lingers_has_to_be_seen_for_so_much_longer(worsening: Any) -> None:
    worsening.executor.lingers = MINUTE
    worsening.fires()
    worsening.passes(78 * SECOND, tick=TICK)
    assert statuses(worsening) == ["applied", "pending"]
    worsening.passes(TICK, tick=TICK)
    assert statuses(worsening) == ["undone", "pending"]


def test_a_failed_look_does_not_undo_what_the_runbook_leaves(worsening: Any) -> None:
    worsening.executor.healths = [Health.WORSE, Health.FAILED]
    worsening.fires()
    worsening.passes(4 * TICK, tick=TICK)
    assert statuses(worsening) == ["failed", "verified"]
    assert worsening.executor.undone == []


def test_taking_back_is_tried_again_and_done_once(worsening: Any) -> None:
    worsening.executor.undo_errors = [TemporaryActionError("busy")] * 3
    worsening.fires()
    worsening.passes(timedelta(minutes=2), tick=TICK)
    assert statuses(worsening) == ["undone", "pending"]
    assert len(worsening.executor.undone) == 1


def test_what_can_not_be_taken_back_ends_the_run_as_well(worsening: Any) -> None:
    worsening.executor.undo_errors = [PermanentActionError("somebody has changed it since")]
    worsening.fires()
    worsening.passes(timedelta(minutes=4), tick=TICK)
    assert statuses(worsening) == ["failed", "pending"]
    assert "made things worse and could not be taken back" in worsening.receivers["l2"].attempts[0].automation


def test_the_switch_keeps_even_this_from_being_changed(worsening: Any, tmp_path: Path) -> None:
    worsening.restraints = Restraints(off_file=tmp_path / "off")
    worsening.fires()
    (tmp_path / "off").touch()
    worsening.passes(timedelta(minutes=1), tick=TICK)
    assert (statuses(worsening), worsening.executor.undone) == (["failed", "pending"], [])


def test_what_made_the_alert_resolve_is_left_however_it_looks(worsening: Any) -> None:
    worsening.fires()
    worsening.resolves()
    worsening.passes(timedelta(minutes=1), tick=TICK)
    assert statuses(worsening) == ["unverified", "skipped"]
    assert worsening.executor.undone == []


@pytest.mark.parametrize(
    ("mode", "taken_back"),
    [
        pytest.param(AutomationMode.AUTO, True, id="auto"),
        pytest.param(AutomationMode.APPROVE, True, id="approve, which the change has been"),
        pytest.param(AutomationMode.DRY_RUN, False, id="dry run"),
        pytest.param(AutomationMode.OFF, False, id="off"),
    ],
)
def test_nothing_is_taken_back_where_a_mode_says_by_now_that_nothing_is_changed(
    worsening: Any, mode: AutomationMode, taken_back: bool
) -> None:
    worsening.fires()
    worsening.passes(4 * SECOND, tick=TICK)
    worsening.restraints = Restraints(modes=Modes(namespaces={"neurectomy": mode}))
    worsening.passes(MINUTE, tick=TICK)
    assert bool(worsening.executor.undone) is taken_back
    assert statuses(worsening)[0] == ("undone" if taken_back else "failed")


@pytest.mark.parametrize(
    ("unseen", "status"),
    [
        pytest.param([TemporaryActionError("away")] * 5, "undone", id="looks without an answer"),
        pytest.param([TemporaryActionError("away")] * 40, "applied", id="more than a minute of them"),
    ],
)
def test_two_bad_moments_with_nothing_seen_between_them_are_no_stretch(
    worsening: Any, unseen: list[Exception], status: str
) -> None:
    worsening.fires()
    worsening.passes(4 * SECOND, tick=TICK)
    worsening.executor.verify_errors = list(unseen)
    worsening.passes(TICK * len(unseen) + 14 * SECOND, tick=TICK)
    assert statuses(worsening)[0] == status
    worsening.passes(8 * SECOND, tick=TICK)
    assert statuses(worsening)[0] == "undone"


def test_what_was_worse_before_nobody_could_look_any_more_is_taken_back(worsening: Any) -> None:
    worsening.fires()
    worsening.passes(4 * SECOND, tick=TICK)
    worsening.executor.verify_errors = [TemporaryActionError("away")] * 999
    worsening.passes(5 * MINUTE, tick=TICK)
    assert statuses(worsening)[0] == "undone"


def test_each_look_knows_how_long_ago_the_change_was_made(worsening: Any) -> None:
    worsening.executor.healths = [Health.WAITING] * 3
    worsening.fires()
    worsening.passes(6 * SECOND, tick=TICK)
    assert [age.made for age in worsening.executor.ages] == [number * TICK for number in range(4)]
    assert all(age.begun == age.made for age in worsening.executor.ages)  # no time passes while it is applied


def test_the_age_of_a_change_is_unknown_after_the_clock_was_set_back(worsening: Any) -> None:
    worsening.executor.healths = [Health.WAITING] * 9
    worsening.fires()
    worsening.passes(4 * SECOND, tick=TICK)
    (step, _) = worsening.store.steps(1)
    definition = records.step_from_json(step.definition)
    assert age_of(step, definition, worsening.now) is not None
    assert age_of(step, definition, worsening.now - MINUTE) is None
