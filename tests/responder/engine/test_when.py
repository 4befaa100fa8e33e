"""``when``: a step is taken, or skipped with its reason on the timeline."""

from dataclasses import replace
from typing import Any

import pytest

from firebrigade.runbooks.contract import Refusal, RefusalReason
from firebrigade.runbooks.readings import Reading

KILLED = {"step": [{"name": "look", "result": ["OOMKilled"]}]}


def _runs(world: Any, runbook: Any, when: Any, found: Any) -> list[str]:
    look, scale, restart = runbook("look", "scale", "restart").steps
    world.runbooks["service-down"] = replace(runbook(), steps=(look, replace(scale, when=when), restart))
    world.executor.readings["look"] = [found]
    world.fires()
    return [step.status.value for step in world.store.steps(1)]


@pytest.mark.parametrize(
    ("when", "found", "statuses"),
    [
        pytest.param(KILLED, "OOMKilled", ["done", "verified", "pending"], id="as asked"),
        pytest.param(KILLED, "ready", ["done", "skipped", "verified"], id="another finding"),
        pytest.param({"labels": ['severity="critical"']}, "ready", ["done", "verified", "pending"], id="a label"),
        pytest.param({"labels": ['severity="info"']}, "ready", ["done", "skipped", "verified"], id="another label"),
    ],
)
def test_a_step_is_taken_only_when_its_conditions_hold(
    world: Any, runbook: Any, when: Any, found: str, statuses: list[str]
) -> None:
    assert _runs(world, runbook, when, Reading(result=found, summary="Seen.")) == statuses


def test_the_reason_is_on_the_timeline(world: Any, runbook: Any) -> None:
    _runs(world, runbook, KILLED, Reading(result="ready", summary="Seen."))
    (entry,) = [one for one in world.store.timeline(1) if one.kind == "step_skipped"]
    assert entry.detail == "scale: look came to ready, not to OOMKilled"
    assert world.executor.changes == [world.store.steps(1)[2].step_id]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Refusal(reason=RefusalReason.NAMESPACE, summary="Not there."), id="refused"),
        pytest.param(RuntimeError("broken"), id="not read"),
    ],
)
def test_what_was_not_found_out_does_not_hold(world: Any, runbook: Any, found: Any) -> None:
    assert _runs(world, runbook, KILLED, found)[1] == "skipped"


def test_the_first_step_can_be_skipped_too(world: Any, runbook: Any) -> None:
    first, second = runbook("scale", "restart").steps
    first = replace(first, when={"labels": ['severity="info"']})
    world.runbooks["service-down"] = replace(runbook(), steps=(first, second))
    world.fires()
    assert [step.status.value for step in world.store.steps(1)] == ["skipped", "verified"]


def test_a_runbook_of_which_nothing_was_taken_says_why(world: Any, runbook: Any) -> None:
    step = replace(runbook("scale").steps[0], when={"labels": ['severity="info"']})
    world.runbooks["service-down"] = replace(runbook(), steps=(step,))
    world.fires()
    told = world.receivers["slack"].attempts[-1].automation
    assert "was not applied (skipped: severity=\"info\" does not hold, severity is 'critical')" in told
