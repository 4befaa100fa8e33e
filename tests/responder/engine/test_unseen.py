"""A change that nobody could look at for all of its time: no failure if its alert resolved, and else not left alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.runbooks.contract import TemporaryActionError


@pytest.mark.parametrize(("resolves", "status"), [(True, "unseen"), (False, "failed")])
def test_what_could_not_be_looked_at_in_time_is_judged_by_its_alert(
    world: Any, runbook: Any, resolves: bool, status: str
) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.verify_errors = [TemporaryActionError("no answer")] * 999
    world.fires()
    if resolves:
        world.resolves()
    world.passes(timedelta(minutes=2))
    step = world.store.steps(1)[0]
    assert step.status == status
    assert "no answer" in step.verdict


def test_what_is_to_be_undone_is_taken_back_though_nobody_could_look_in_time(world: Any, runbook: Any) -> None:
    (first,) = runbook("scale").steps
    world.runbooks["service-down"] = runbook(replace(first, undo=True))
    world.executor.verify_errors = [TemporaryActionError("no answer")] * 999
    world.fires()
    world.passes(timedelta(minutes=2))
    assert world.executor.undone == world.executor.changes
    assert world.store.steps(1)[0].status == "undone"
    assert any("nobody could look whether it helped: no answer" in one.detail for one in world.store.timeline(1))
