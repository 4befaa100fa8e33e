"""Scaling: how many, within which limits, and never against an autoscaler or a person."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from firebrigade.runbooks.actions.scale_deployment import ScaleDeploymentParams, choose_replicas
from firebrigade.runbooks.contract import Health, PermanentActionError, Refusal, RefusalReason, Target
from sandbox.cluster import Fault

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
SCALER = {
    "metadata": {"name": "checkout-scaler"},
    "spec": {
        "minReplicas": 2,
        "maxReplicas": 6,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
    },
}


@pytest.mark.parametrize(
    ("current", "params", "wanted"),
    [
        (3, {"add": 1, "maximum": 6}, 4),
        (3, {"add": -1, "maximum": 6}, 2),
        (3, {"to": 5, "maximum": 6}, 5),
        (3, {"factor": 1.5, "maximum": 6}, 5),
        (3, {"factor": 0.5, "maximum": 6}, 1),
        (3, {"factor": 10, "maximum": 6}, 6),
        (5, {"add": -9, "maximum": 6, "minimum": 2}, 2),
        (1, {"add": 1, "maximum": 6, "singleton_too": True}, 2),
        (1, {"add": 1, "maximum": 6}, RefusalReason.NOT_SAFE),
        (0, {"add": 1, "maximum": 6}, RefusalReason.NOT_SAFE),
        (6, {"add": 1, "maximum": 6}, RefusalReason.NOT_SAFE),
        (8, {"add": 1, "maximum": 6}, RefusalReason.NOT_SAFE),
        (2, {"add": -1, "maximum": 6, "minimum": 3}, RefusalReason.NOT_SAFE),
        (3, {"to": 3, "maximum": 6}, RefusalReason.NOTHING_TO_DO),
        (3, {"factor": 1, "maximum": 6}, RefusalReason.NOTHING_TO_DO),
    ],
)
def test_how_many_replicas(current: int, params: dict[str, Any], wanted: int | RefusalReason) -> None:
    chosen = choose_replicas(current, ScaleDeploymentParams.model_validate(params))
    assert (chosen.reason if isinstance(chosen, Refusal) else chosen) == wanted


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(-20, 20), st.integers(0, 10), st.integers(10, 30))
def test_a_choice_is_within_the_limits_and_in_the_direction_that_was_asked_for(
    current: int, add: int, minimum: int, maximum: int
) -> None:
    params = ScaleDeploymentParams(add=add, minimum=minimum, maximum=maximum)
    chosen = choose_replicas(current, params)
    if isinstance(chosen, int):
        assert minimum <= chosen <= maximum
        assert chosen != current
        assert (chosen > current) == (add > 0)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"add": 1},
        {"add": 1, "to": 3, "maximum": 6},
        {"to": -1, "maximum": 6},
        {"add": 1.5, "maximum": 6},
        {"add": "1", "maximum": 6},
        {"factor": float("nan"), "maximum": 6},
        {"factor": 0, "maximum": 6},
        {"add": 1, "maximum": 2, "minimum": 3},
        {"add": 1, "maximum": 6, "until": 7},
    ],
)
def test_params_that_make_no_sense_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScaleDeploymentParams.model_validate(params)


def test_an_autoscaler_s_deployment_is_left_to_it(world: Any) -> None:
    world.cluster.create("horizontalpodautoscalers", SCALER, "shop")
    refusal = world.plan_or_refusal("scale_deployment", SERVICE, add=1, maximum=6)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NOT_SAFE
    assert "checkout-scaler" in refusal.summary


def test_the_step_is_written_on_the_deployment_with_the_number(world: Any) -> None:
    world.actions["scale_deployment"].apply(world.plan("scale_deployment", SERVICE, "step-9", add=2, maximum=6))
    deployment = world.deployment()
    assert deployment["spec"]["replicas"] == 5
    assert deployment["metadata"]["annotations"]["firebrigade.dev/scale-step"] == "step-9"
    assert len(world.cluster.changes) == 1


def test_a_deployment_without_annotations_can_be_scaled(world: Any) -> None:
    world.edit({"metadata": {"annotations": None}, "spec": {"paused": True}})
    plan = world.plan("scale_deployment", SERVICE, add=1, maximum=6)
    assert not world.actions["scale_deployment"].apply(plan).already
    assert world.deployment()["spec"]["replicas"] == 4


def test_a_deployment_that_was_made_anew_is_another_one(world: Any) -> None:
    plan = world.plan("scale_deployment", SERVICE, add=1, maximum=6)
    manifest = world.deployment()
    world.kubernetes._apps.delete_namespaced_deployment("checkout", "shop", _request_timeout=5)
    world.cluster.advance(60)
    again = {"metadata": {"name": "checkout"}, "spec": manifest["spec"]}
    world.cluster.create("deployments", again, "shop")
    with pytest.raises(PermanentActionError, match="made anew"):
        world.actions["scale_deployment"].apply(plan)


def test_a_number_that_somebody_changed_can_t_be_verified(world: Any) -> None:
    plan = world.plan("scale_deployment", SERVICE, add=1, maximum=6)
    world.actions["scale_deployment"].apply(plan)
    world.edit({"spec": {"replicas": 2}})
    verdict = world.actions["scale_deployment"].verify(plan)
    assert verdict.health is Health.FAILED
    assert "somebody has set 2" in verdict.summary


def test_a_conflict_is_looked_at_again(world: Any) -> None:
    plan = world.plan("scale_deployment", SERVICE, add=1, maximum=6)
    world.cluster.add_fault(Fault(answer=409, verb="patch", times=2))
    assert not world.actions["scale_deployment"].apply(plan).already
    assert world.deployment()["spec"]["replicas"] == 4
