"""What every action promises, tried on each against the sandbox's cluster and supervisor."""

import json
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.runbooks.contract import (
    ActionError,
    Health,
    PermanentActionError,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    TemporaryActionError,
    UnknownOutcomeError,
)
from firebrigade.runbooks.records import plan_from_json, plan_hash, plan_to_json
from firebrigade.runbooks.registry import action_classes
from firebrigade.runbooks.targets import WITHOUT_NAMESPACE
from sandbox.cluster import Fault


def stored(plan: Any) -> Any:
    """Return a plan as it comes back from the database."""
    return plan_from_json(json.loads(json.dumps(plan_to_json(plan))))


def test_every_action_is_held_to_the_contract(cases: Any) -> None:
    assert set(cases) == {name for name, action in action_classes().items() if action.RISK is not Risk.READ}


def test_a_plan_changes_nothing(world: Any, case: Any) -> None:
    target = case.prepare(world)
    before = world.changes()
    world.plan(case.action, target, **case.params)
    assert world.changes() == before


def test_a_plan_survives_the_database(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    assert stored(plan) == plan
    assert plan.step_id == "step-1"
    assert plan.action == case.action
    assert plan.planned_at == world.clock.now()


def test_a_plan_made_anew_as_of_the_same_moment_is_the_same_plan(world: Any, case: Any) -> None:
    """An approval is for exactly one plan: without this, no approved plan of the action could ever be applied."""
    target = case.prepare(world)
    first = world.plan(case.action, target, **case.params)
    world.clock.advance(timedelta(seconds=1))
    again = world.plan(case.action, target, at=first.planned_at, **case.params)
    assert plan_hash(plan_to_json(again)) == plan_hash(plan_to_json(stored(first)))


def test_applying_twice_changes_once(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    before = world.changes()
    first = world.actions[case.action].apply(plan)
    second = world.actions[case.action].apply(stored(plan))
    assert (first.already, second.already) == (False, True)
    assert world.changes() == before + 1


def test_a_crash_after_the_effect_does_not_repeat_it(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    before = world.changes()
    case.forget(world)
    with pytest.raises(UnknownOutcomeError):
        world.actions[case.action].apply(plan)
    assert world.changes() == before + 1
    again = world.actions[case.action].apply(stored(plan))
    assert again.already
    assert world.changes() == before + 1


def test_a_repeat_after_the_world_moved_on_changes_nothing(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    world.actions[case.action].apply(plan)
    before = world.changes()
    case.heal(world)
    assert world.actions[case.action].apply(stored(plan)).already
    assert world.changes() == before


def test_a_change_that_helped_is_verified(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    world.actions[case.action].apply(plan)
    assert case.at_once or world.actions[case.action].verify(plan).health is Health.WAITING
    case.heal(world)
    verdict = world.actions[case.action].verify(stored(plan))
    assert verdict.health is Health.HEALTHY, verdict
    assert json.loads(json.dumps(dict(verdict.evidence))) == verdict.evidence


def test_a_change_that_did_not_help_is_not_verified(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    case.spoil(world)
    world.actions[case.action].apply(plan)
    case.heal(world)
    assert world.actions[case.action].verify(plan).health is not Health.HEALTHY


def test_nothing_is_verified_before_it_is_applied(world: Any, case: Any) -> None:
    plan = world.plan(case.action, case.prepare(world), **case.params)
    assert world.actions[case.action].verify(plan).health is not Health.HEALTHY


def test_a_target_that_does_not_exist_is_refused(world: Any, targeted: Any) -> None:
    kind = targeted.prepare(world).kind
    target = Target(kind=kind, namespace="" if kind in WITHOUT_NAMESPACE else "shop", name="nothing")
    refusal = world.plan_or_refusal(targeted.action, target, **targeted.params)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NOT_FOUND


def test_a_target_of_another_kind_is_refused_without_a_request(world: Any, targeted: Any) -> None:
    target = Target(kind="service", namespace="shop", name="checkout")
    refusal = world.plan_or_refusal(targeted.action, target, **targeted.params)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.INVALID_TARGET


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_not_well_is_asked_again_later(world: Any, case: Any, status: int) -> None:
    target = case.prepare(world)
    world.cluster.add_fault(Fault(answer=status, verb="get", retry_after=7))
    world.supervisor.faults.add(status, method="GET", retry_after=7)
    world.endpoint.faults.add(status, method="GET", retry_after=7)
    world.silencer.busy = True
    with pytest.raises(TemporaryActionError) as raised:
        world.plan(case.action, target, **case.params)
    assert raised.value.retry_after_seconds == 7


def test_a_person_s_change_in_between_is_never_overridden(world: Any, meddled: Any) -> None:
    plan = world.plan(meddled.action, meddled.prepare(world), **meddled.params)
    meddled.meddle(world)
    changes, left = world.changes(), spec_and_pods(world)
    try:
        assert world.actions[meddled.action].apply(plan).already
    except PermanentActionError as error:
        assert "changed since" in str(error)  # noqa: PT017
    assert world.changes() == changes
    assert spec_and_pods(world) == left


def test_what_a_person_has_put_back_is_not_made_again(world: Any, contested: Any) -> None:
    target = contested.prepare(world)
    before = world.deployment()["spec"]
    plan = world.plan(contested.action, target, **contested.params)
    world.actions[contested.action].apply(plan)
    world.edit({"spec": before})
    assert world.actions[contested.action].apply(stored(plan)).already
    assert world.deployment()["spec"] == before


def test_a_person_who_is_faster_between_our_look_and_our_patch_wins(world: Any, contested: Any) -> None:
    plan = world.plan(contested.action, contested.prepare(world), **contested.params)
    client, patch = world.kubernetes, world.kubernetes.patch_object

    class Interrupted(type(client)):  # type: ignore[misc]
        def patch_object(self, *arguments: Any) -> Any:
            contested.meddle(world)
            return patch(*arguments)

    interrupted = Interrupted.__new__(Interrupted)
    interrupted.__dict__.update(client.__dict__)
    with pytest.raises(PermanentActionError, match="changed since"):
        type(world.actions[contested.action])(interrupted).apply(plan)
    left = spec(world)
    contested.meddle(world)
    assert spec(world) == left


def test_undoing_restores_and_is_idempotent(world: Any, undoable: Any) -> None:
    target = undoable.prepare(world)
    before = spec(world)
    plan = world.plan(undoable.action, target, **undoable.params)
    action = world.actions[undoable.action]
    action.apply(plan)
    assert spec(world) != before
    first, second = action.undo(plan), action.undo(stored(plan))
    assert (first.already, second.already) == (False, True)
    assert spec(world) == before


def test_undoing_after_a_lost_answer_restores_once(world: Any, undoable: Any) -> None:
    target = undoable.prepare(world)
    before = spec(world)
    plan = world.plan(undoable.action, target, **undoable.params)
    action = world.actions[undoable.action]
    action.apply(plan)
    undoable.forget(world)
    with pytest.raises(UnknownOutcomeError):
        action.undo(plan)
    assert action.undo(plan).already
    assert spec(world) == before


def test_what_was_taken_back_is_not_made_again(world: Any, undoable: Any) -> None:
    plan = world.plan(undoable.action, undoable.prepare(world), **undoable.params)
    action = world.actions[undoable.action]
    action.apply(plan)
    action.undo(plan)
    with pytest.raises(PermanentActionError, match="taken back"):
        action.apply(plan)


def test_a_step_that_slept_through_others_is_not_made_again(world: Any, undoable: Any) -> None:
    target, action = undoable.prepare(world), world.actions[undoable.action]
    slept, other = (world.plan(undoable.action, target, step_id, **undoable.params) for step_id in ("step-1", "step-2"))
    for plan in (slept, other):
        action.apply(plan)
        action.undo(plan)
    before = spec(world)
    with pytest.raises(PermanentActionError, match="taken back"):
        action.apply(slept)
    assert spec(world) == before


def test_what_was_never_applied_is_not_undone(world: Any, undoable: Any) -> None:
    plan = world.plan(undoable.action, undoable.prepare(world), **undoable.params)
    before = world.changes()
    assert world.actions[undoable.action].undo(plan) is None
    assert world.changes() == before


def test_a_person_s_change_after_it_is_not_undone(world: Any, contested: Any) -> None:
    plan = world.plan(contested.action, contested.prepare(world), **contested.params)
    world.actions[contested.action].apply(plan)
    contested.meddle(world)
    left = spec(world)
    with pytest.raises(ActionError, match="changed since"):
        world.actions[contested.action].undo(plan)
    assert spec(world) == left


def spec(world: Any) -> Any:
    """Return what a person would see of the deployment's specification, which nodes are cordoned, and the silences."""
    nodes = {node["metadata"]["name"]: node["spec"].get("unschedulable", False) for node in world.cluster.list("nodes")}
    return world.deployment()["spec"], nodes, world.silencer.living


def spec_and_pods(world: Any) -> Any:
    """Return the specification, and which pods are not being deleted."""
    names = [pod["metadata"]["uid"] for pod in world.pods() if "deletionTimestamp" not in pod["metadata"]]
    return spec(world), names
