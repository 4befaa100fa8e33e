"""Actions are found by looking, and need no more rights than are written down."""

from pathlib import Path
from typing import Any

import pytest

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.kube import KubernetesSettings, connect
from firebrigade.runbooks.registry import action_classes, build_actions
from sandbox.cluster import User

IN_KUBERNETES = ("cordon_node", "restart_deployment", "restart_pod", "rollback_deployment", "scale_deployment")

# What deploy/ has to allow. Deleting pods is needed only for delete_when_budget_refuses.
RIGHTS = {
    ("get", "deployments"),
    ("patch", "deployments"),
    ("get", "replicasets"),
    ("list", "replicasets"),
    ("get", "pods"),
    ("list", "pods"),
    ("create", "pods/eviction"),
    ("list", "horizontalpodautoscalers"),
    ("get", "nodes"),
    ("list", "nodes"),
    ("patch", "nodes"),
}


def test_the_actions_are_those_that_have_a_file() -> None:
    files = {path.stem for path in (Path(__file__).parents[2] / "runbooks" / "actions").glob("[a-z]*.py")}
    assert set(action_classes()) == files


def test_an_action_without_its_client_is_not_there(world: Any) -> None:
    assert dict(build_actions(Clients())) == {}
    only_cluster = build_actions(Clients(kubernetes=world.kubernetes))
    assert set(only_cluster) == set(IN_KUBERNETES)


@pytest.mark.parametrize("name", IN_KUBERNETES)
def test_an_action_needs_no_more_rights_than_are_written_down(
    world: Any, cases: Any, name: str, tmp_path: Path
) -> None:
    case = cases[name]
    target = case.prepare(world)
    world.cluster._server.users["robot"] = User(name="robot", allow=frozenset(RIGHTS))
    client = connect(KubernetesSettings(kubeconfig=str(world.cluster.kubeconfig(tmp_path / "robot", "robot"))))
    action = build_actions(Clients(kubernetes=client))[name]
    plan = action.plan(target, action.Params.model_validate(case.params), "step-1", world.clock.now())
    action.apply(plan)  # type: ignore[arg-type]
    action.verify(plan)  # type: ignore[arg-type]
    action.undo(plan)  # type: ignore[arg-type]
    client.close()
