"""Cordoning: only while enough nodes take pods, and only what nobody else has cordoned."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.runbooks.actions.cordon_node import count_room
from firebrigade.runbooks.contract import Health, Json, PermanentActionError, Refusal, RefusalReason, Target
from sandbox.cluster import Fault

NODE = Target(kind="node", namespace="", name="node-2")
ACTION = "cordon_node"
TAINT = "node.kubernetes.io/unschedulable"


def node(name: str, *, ready: bool = True, cordoned: bool = False, taint: str = "", effect: str = "NoSchedule") -> Json:
    spec: dict[str, Any] = {"unschedulable": True} if cordoned else {}
    if taint:
        spec["taints"] = [{"key": taint, "effect": effect}]
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def spec(world: Any, name: str = "node-2") -> Any:
    return world.cluster.get("nodes", "", name)["spec"]


def test_a_cordoned_node_takes_no_new_pods_and_keeps_its_own(world: Any) -> None:
    before = {pod["metadata"]["uid"] for pod in world.pods()}
    world.actions[ACTION].apply(world.plan(ACTION, NODE, "step-9"))
    world.edit({"spec": {"replicas": 9}})
    world.cluster.advance(60)
    after = {pod["metadata"]["uid"]: pod["spec"]["nodeName"] for pod in world.pods()}
    assert before <= set(after)
    assert "node-2" not in {name for uid, name in after.items() if uid not in before}
    assert (
        world.cluster.get("nodes", "", "node-2")["metadata"]["annotations"]["firebrigade.dev/cordon-step"] == "step-9"
    )


@pytest.mark.parametrize(
    ("others", "room"),
    [
        pytest.param([node("b"), node("c")], (3, 2), id="the others take pods"),
        pytest.param([node("b"), node("c", cordoned=True)], (3, 1), id="one is cordoned"),
        pytest.param([node("b"), node("c", ready=False)], (3, 1), id="one is not ready"),
        pytest.param([node("b"), node("c", taint="gpu")], (2, 1), id="one is reserved and counts nowhere"),
        pytest.param([node("b"), node("c", taint="gpu", effect="NoExecute")], (2, 1), id="and so does this one"),
        pytest.param([node("b"), node("c", taint="slow", effect="PreferNoSchedule")], (3, 2), id="one is disliked"),
        pytest.param(
            [node("b"), node("c", taint=TAINT, cordoned=True)], (3, 1), id="Kubernetes' own taint reserves none"
        ),
        pytest.param([], (1, 0), id="it is the only one"),
    ],
)
def test_room_is_what_ordinary_pods_have_without_the_node(others: list[Json], room: tuple[int, int]) -> None:
    found = count_room([node("a"), *others], "a")
    assert (found.nodes, found.left) == room


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20), st.integers(0, 100))
def test_whatever_the_cluster_enough_means_one_and_the_share(kinds: list[tuple[bool, bool]], percent: int) -> None:
    nodes = [node(f"n{number}", ready=ready, cordoned=cordoned) for number, (ready, cordoned) in enumerate(kinds)]
    room = count_room(nodes, "n0")
    taking = sum(ready and not cordoned for ready, cordoned in kinds[1:])
    assert room.left == taking
    if room.enough(percent):
        assert taking >= 1
        assert taking >= percent * len(nodes) / 100


@pytest.mark.parametrize(
    ("keep", "cordoned", "allowed"),
    [
        pytest.param(50, 0, True, id="two of three stay"),
        pytest.param(50, 1, False, id="one of three would stay"),
        pytest.param(33, 1, True, id="one of three is enough"),
        pytest.param(67, 0, False, id="two of three are not enough"),
        pytest.param(0, 2, False, id="one must always stay"),
    ],
)
def test_a_node_is_cordoned_only_while_enough_stay(world: Any, keep: int, cordoned: int, allowed: bool) -> None:
    for name in ("node-1", "node-3")[:cordoned]:
        world.cordon(name)
    found = world.plan_or_refusal(ACTION, NODE, keep_percent=keep)
    assert isinstance(found, Refusal) is not allowed
    if isinstance(found, Refusal):
        assert found.reason is RefusalReason.NOT_SAFE
        assert f"Without node/node-2, {2 - cordoned} of 3 nodes would take pods" in found.summary


def test_nodes_that_are_lost_after_the_plan_are_counted_again_before_the_cordon(world: Any) -> None:
    plan = world.plan(ACTION, NODE)
    world.cordon("node-1")
    before = world.changes()
    with pytest.raises(PermanentActionError, match="1 of 3 nodes would take pods"):
        world.actions[ACTION].apply(plan)
    assert world.changes() == before
    assert "unschedulable" not in spec(world)


def test_what_somebody_else_has_cordoned_is_neither_cordoned_nor_uncordoned(world: Any) -> None:
    plan = world.plan(ACTION, NODE)
    world.cordon("node-2")
    refusal = world.plan_or_refusal(ACTION, NODE)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NOTHING_TO_DO
    before = world.changes()
    assert world.actions[ACTION].apply(plan).already
    with pytest.raises(PermanentActionError, match="left as it is"):
        world.actions[ACTION].undo(plan)
    assert world.changes() == before
    assert spec(world)["unschedulable"] is True


def test_what_a_person_has_uncordoned_is_neither_verified_nor_made_again(world: Any) -> None:
    plan = world.plan(ACTION, NODE)
    world.actions[ACTION].apply(plan)
    world.cordon("node-2", cordoned=False)
    assert world.actions[ACTION].verify(plan).health is Health.FAILED
    with pytest.raises(PermanentActionError, match="changed since this step"):
        world.actions[ACTION].undo(plan)
    assert world.actions[ACTION].apply(plan).already
    assert "unschedulable" not in spec(world)


def test_a_status_in_between_is_no_obstacle(world: Any) -> None:
    plan = world.plan(ACTION, NODE)
    world.cluster.add_fault(Fault(answer=409, verb="patch", times=2))
    assert not world.actions[ACTION].apply(plan).already
    assert spec(world)["unschedulable"] is True


def test_the_patch_tests_the_node_s_version_because_a_node_has_no_generation(world: Any) -> None:
    plan = world.plan(ACTION, NODE)
    client, patch = world.kubernetes, world.kubernetes.patch_object
    tested: list[Json] = []

    class Watched(type(client)):  # type: ignore[misc]
        def patch_object(self, *arguments: Any) -> Any:
            tested.extend(operation["path"] for operation in arguments[3] if operation["op"] == "test")
            return patch(*arguments)

    watched = Watched.__new__(Watched)
    watched.__dict__.update(client.__dict__)
    type(world.actions[ACTION])(watched).apply(plan)
    assert tested == ["/metadata/uid", "/metadata/resourceVersion"]
