"""Rolling back: to which revision, when not, and when it has failed."""

import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.runbooks import workloads
from firebrigade.runbooks.actions.rollback_deployment import RollbackDeploymentParams, rollout_verdict
from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Refusal,
    RefusalReason,
    Target,
    TemporaryActionError,
)
from firebrigade.runbooks.records import plan_to_json
from firebrigade.runbooks.trouble import Trouble

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
NAME = "rollback_deployment"


def image(world: Any) -> str:
    return str(world.deployment()["spec"]["template"]["spec"]["containers"][0]["image"])


def rolled_out(world: Any, *images: str, seconds: float = 1200) -> None:
    for one in images:
        world.deploy(one)
        world.cluster.advance(seconds)


def rolled_back(world: Any, step_id: str = "step-1") -> Any:
    plan = world.plan(NAME, SERVICE, step_id)
    world.actions[NAME].apply(plan)
    world.cluster.advance(60)
    return plan


def not_safe(world: Any, words: str, **params: Any) -> None:
    refusal = world.plan_or_refusal(NAME, SERVICE, **params)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NOT_SAFE
    assert words in refusal.summary


def test_the_plan_says_from_which_revision_to_which(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    assert plan.summary == f"Roll {SERVICE} back from revision 2 (checkout:2.0) to revision 1 (checkout:1.0)."
    assert (plan.before["revision"], plan.desired["revision"]) == (2, 1)


def test_a_plan_holds_no_template_and_so_no_secret(world: Any) -> None:
    container = {"name": "main", "image": "checkout:2.0", "env": [{"name": "KEY", "value": "hunter2"}]}
    world.edit({"spec": {"template": {"spec": {"containers": [container]}}}})
    world.cluster.advance(60)
    assert "hunter2" not in json.dumps(plan_to_json(world.plan(NAME, SERVICE)))


def test_every_field_of_the_earlier_template_comes_back(world: Any) -> None:
    before = world.deployment()["spec"]["template"]
    container = {"name": "main", "image": "checkout:2.0", "command": ["sleep"]}
    world.edit({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}, "spec": {"containers": [container]}}}})
    world.cluster.advance(60)
    rolled_back(world)
    assert world.deployment()["spec"]["template"] == before


def test_a_rollout_that_never_became_ready_goes_back_to_what_still_serves(world: Any) -> None:
    rolled_out(world, "checkout:2.0-broken", "checkout:3.0-broken", seconds=1200)
    assert world.plan(NAME, SERVICE).desired["images"] == ["checkout:1.0"]


def test_a_revision_that_was_replaced_at_once_is_passed_over(world: Any) -> None:
    rolled_out(world, "checkout:2.0", seconds=1200)
    rolled_out(world, "checkout:3.0", "checkout:4.0", seconds=120)
    assert world.plan(NAME, SERVICE).desired["images"] == ["checkout:2.0"]


def test_a_revision_that_was_rolled_back_from_is_passed_over(world: Any) -> None:
    rolled_out(world, "checkout:2.0", seconds=1200)
    rolled_back(world)
    assert image(world) == "checkout:1.0"
    rolled_out(world, "checkout:3.0", seconds=1200)
    assert world.plan(NAME, SERVICE, "step-2").desired["images"] == ["checkout:1.0"]


def test_nothing_is_rolled_back_twice_in_a_row(world: Any) -> None:
    rolled_out(world, "checkout:2.0", seconds=60)
    rolled_back(world)
    not_safe(world, "was rolled back already, to revision 3", recent_within="1d")


def test_what_an_engineer_rolled_back_to_is_not_rolled_back_further(world: Any) -> None:
    rolled_out(world, "checkout:2.0", "checkout:3.0-broken", "checkout:2.0")
    not_safe(world, "was rolled back already, to revision 4")


def test_an_old_rollout_is_not_the_cause(world: Any) -> None:
    rolled_out(world, "checkout:2.0", seconds=7199)
    world.plan(NAME, SERVICE, recent_within="2h")
    world.cluster.advance(2)
    not_safe(world, "within the last 2h", recent_within="2h")


def test_a_deployment_s_first_revision_has_none_before_it(world: Any) -> None:
    not_safe(world, "no earlier revision")


def test_a_paused_rollout_is_somebody_s_work(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    world.edit({"spec": {"paused": True}})
    not_safe(world, "paused")


def test_several_earlier_revisions_of_which_none_is_known_to_be_good_are_left_alone(world: Any) -> None:
    rolled_out(world, "checkout:2.0", "checkout:3.0", seconds=120)
    not_safe(world, "no earlier revision", proved_for="7d")


def test_an_autoscaler_s_change_in_between_is_not_a_person_s_rollout(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    world.edit({"spec": {"replicas": 4}})
    assert not world.actions[NAME].apply(plan).already
    assert (image(world), world.deployment()["spec"]["replicas"]) == ("checkout:1.0", 4)


def test_a_person_who_rolled_back_first_has_done_it(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    world.deploy("checkout:1.0")
    changes = world.changes()
    assert world.actions[NAME].apply(plan).already
    assert world.changes() == changes
    # And what a person did is not ours to take back.
    with pytest.raises(PermanentActionError):
        world.actions[NAME].undo(plan)


def test_a_roll_back_that_makes_no_progress_has_failed(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    world.cluster.set_pace(ready_after_seconds=10**6)
    world.actions[NAME].apply(plan)
    world.cluster.advance(30)
    assert world.actions[NAME].verify(plan).health is Health.WAITING
    world.cluster.advance(120)
    verdict = world.actions[NAME].verify(plan)
    assert verdict.health is Health.FAILED
    assert "no progress" in verdict.summary


def test_the_failure_of_the_rollout_that_is_rolled_back_is_not_the_roll_back_s(world: Any) -> None:
    rolled_out(world, "checkout:2.0-broken")
    plan = world.plan(NAME, SERVICE)
    assert plan.before["deadline_exceeded_at"]
    assert world.actions[NAME].verify(plan).health is Health.FAILED  # not rolled back yet
    world.actions[NAME].apply(plan)
    assert world.actions[NAME].verify(plan).health is not Health.FAILED
    world.cluster.advance(60)
    assert world.actions[NAME].verify(plan).health is Health.HEALTHY


def test_a_rollout_over_the_roll_back_can_t_be_verified(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = rolled_back(world)
    world.deploy("checkout:2.1")
    verdict = world.actions[NAME].verify(plan)
    assert verdict.health is Health.FAILED
    assert "something else" in verdict.summary


def test_a_revision_that_kubernetes_has_forgotten_can_t_be_put_back(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    world.kubernetes._apps.delete_namespaced_replica_set(plan.desired["replica_set"], "shop", _request_timeout=5)
    with pytest.raises(PermanentActionError):
        world.actions[NAME].apply(plan)
    assert image(world) == "checkout:2.0"


@pytest.mark.parametrize(
    ("exceeded_at", "health"),
    [
        pytest.param(
            "2026-01-05T10:00:00Z", Health.WAITING, id="the one from before: it stays until there is progress"
        ),
        pytest.param("2026-01-05T10:09:00Z", Health.FAILED, id="a new one"),
    ],
)
def test_only_a_deadline_that_passed_since_the_plan_is_a_failure(world: Any, exceeded_at: str, health: Health) -> None:
    rolled_out(world, "checkout:2.0-broken")
    plan = world.plan(NAME, SERVICE)
    plan = replace(plan, before={**plan.before, "deadline_exceeded_at": "2026-01-05T10:00:00Z"})
    world.actions[NAME].apply(plan)
    deployment = copy.deepcopy(world.deployment())
    progressing = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": exceeded_at}
    deployment["status"] = {"observedGeneration": deployment["metadata"]["generation"], "conditions": [progressing]}
    assert rollout_verdict(plan, deployment).health is health


def test_a_replica_set_that_only_has_the_name_is_not_put_back(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    plan = world.plan(NAME, SERVICE)
    with pytest.raises(PermanentActionError, match="not the one of revision 1"):
        world.actions[NAME].apply(replace(plan, desired={**plan.desired, "uid": "another"}))
    assert image(world) == "checkout:2.0"


def test_while_kubernetes_has_not_caught_up_nothing_is_planned(world: Any) -> None:
    rolled_out(world, "checkout:2.0")
    client = world.kubernetes

    class Behind(type(client)):  # type: ignore[misc]
        def read_object(self, *arguments: Any) -> Any:
            found = super().read_object(*arguments)
            found["metadata"]["generation"] += 1
            return found

    behind = Behind.__new__(Behind)
    behind.__dict__.update(client.__dict__)
    action = type(world.actions[NAME])(behind)
    with pytest.raises(TemporaryActionError, match="not caught up"):
        action.plan(SERVICE, action.Params(), "step-1", world.clock.now())


@pytest.mark.parametrize(
    ("after_seconds", "refused"),
    [
        pytest.param(-600, False, id="before the trouble"),
        pytest.param(20, False, id="as the trouble began, by another clock"),
        pytest.param(60, True, id="after it"),
    ],
)
def test_what_was_rolled_out_after_the_trouble_began_is_not_taken_back(
    world: Any, after_seconds: int, refused: bool
) -> None:
    rolled_out(world, "checkout:2.0")
    (current,) = (one for one in world.cluster.peek("replicasets", "shop") if workloads.images(one) == ["checkout:2.0"])
    trouble = Trouble(known_since=workloads.created_at(current) - timedelta(seconds=after_seconds))
    params, now = RollbackDeploymentParams(), world.clock.now()
    found = world.actions[NAME].plan_for(trouble, SERVICE, params, "step-1", now)
    assert isinstance(found, Refusal) is refused
    if refused:
        assert found.reason is RefusalReason.NOT_SAFE
        assert "rolled out after the trouble began: somebody is at work on it" in found.summary
