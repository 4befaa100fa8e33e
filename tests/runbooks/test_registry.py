"""Actions are found by looking."""

from pathlib import Path
from typing import Any

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import Risk
from firebrigade.runbooks.registry import action_classes, build_actions, build_readers

WITHOUT_CLIENTS = ("wait",)
IN_KUBERNETES = (
    "cordon_node",
    "restart_deployment",
    "restart_pod",
    "rollback_deployment",
    "run_job",
    "scale_deployment",
)


def test_the_actions_are_those_that_have_a_file() -> None:
    files = {path.stem for path in (Path(__file__).parents[2] / "runbooks" / "actions").glob("[a-z]*.py")}
    assert set(action_classes()) == files


def test_an_action_without_its_client_is_not_there(world: Any) -> None:
    assert dict(build_actions(Clients())) == {}
    assert set(build_readers(Clients())) == set(WITHOUT_CLIENTS)
    only_cluster = build_actions(Clients(kubernetes=world.kubernetes))
    assert set(only_cluster) == set(IN_KUBERNETES)
    assert set(build_readers(Clients(kubernetes=world.kubernetes))) == {*WITHOUT_CLIENTS, "collect_diagnostics"}


def test_an_action_either_reads_or_changes() -> None:
    for action in action_classes().values():
        assert hasattr(action, "read") is (action.RISK is Risk.READ)
        assert hasattr(action, "apply") is (action.RISK is not Risk.READ)
