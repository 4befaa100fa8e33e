"""Guards and approvals: an approved plan is refused like any other, and nobody is asked for what is refused anyway."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.restraints import Restraints, Storm
from firebrigade.runbooks.contract import Health
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
WAITS = ["runbook", "planned", "proposed"]


def off(world: Any, folder: Path) -> None:
    (folder / "off").touch()
    world.restraints = Restraints(off_file=folder / "off")


def switched(world: Any, _folder: Path) -> None:
    world.store.switch_automation(False, "alice", world.now)


def upgrade(world: Any, _folder: Path) -> None:
    window = MaintenanceWindow(
        name="upgrade",
        matchers=parse_matchers('pod="ryot-1",severity!="critical"'),
        owner="platform",
        reason="CHG-1",
        starts_at=world.now,
        ends_at=world.now + MINUTE,
    )
    world.restraints = Restraints(maintenance=(window,))


def storm(world: Any, _folder: Path) -> None:
    world.restraints = Restraints(storm=Storm(incidents=1, within=10 * MINUTE))
    for number in range(2):
        world.fires(world.alert(pod=f"ryot-{number + 5}", number=str(number)), group_key=f"more {number}")


def dry(world: Any, _folder: Path) -> None:
    modes = Modes(mode=AutomationMode.DRY_RUN)
    world.executor.guards = guards_for(
        GuardSettings(modes=modes, namespaces=frozenset({"neurectomy"}), cooldown=timedelta())
    )


def other_step(world: Any, _folder: Path) -> None:
    """Another incident's step is at work on the same pod."""
    world.restraints = Restraints(wait_for_lock=timedelta())
    world.executor.healths = [Health.WAITING] * 999
    found = world.fires(world.alert(number="2"), group_key="other")
    plan = hash_of(world.store.steps(found.id)[0])
    world.store.answer_step(found.id, 0, Answer(approve=True, plan=plan, actor="bert"), world.now)
    world.sweep.drain()
    assert world.store.steps(found.id)[0].status == "applied"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        pytest.param(off, "off", id="the off file"),
        pytest.param(switched, "off", id="the switch"),
        pytest.param(upgrade, "maintenance", id="maintenance of the target"),
        pytest.param(storm, "storm", id="a storm"),
        pytest.param(dry, "dry_run", id="a dry run since the last start"),
        pytest.param(other_step, "locked", id="another step at work on it"),
    ],
)
def test_every_guard_is_asked_again_before_an_approved_plan_is_applied(
    asking: Any, tmp_path: Path, happens: Callable[[Any, Path], None], reason: str, say: Any, step_of: Any
) -> None:
    incident = asking.fires()
    happens(asking, tmp_path)
    say(asking)
    key = incident.incident_key
    assert not [one for one in asking.executor.changes if one.startswith(f"{key}-0")]
    assert step_of(asking).status == "refused"
    refusals = [one.data["reason"] for one in asking.store.timeline(1) if one.kind == "refused"]
    assert refusals[0] == reason


def test_nobody_is_asked_to_approve_what_would_be_refused(asking: Any, story: Any, step_of: Any) -> None:
    asking.executor.before = {**CALM, "disturbs_rollout": True}
    asking.fires()
    assert "proposed" not in story(asking)
    assert step_of(asking).status == "refused"
