"""Least privilege: every call of every action is declared, nothing else is, and the roles hold what a runbook needs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import Json, PermanentActionError, Plan, Runbook, RunbookStep, Target
from firebrigade.runbooks.kube import KubernetesSettings, connect
from firebrigade.runbooks.kube_errors import error_for
from firebrigade.runbooks.readings import Asked
from firebrigade.runbooks.registry import action_classes, build_actions, build_readers
from firebrigade.runbooks.roles import Permission, manifests, needed, permission_of
from firebrigade.runbooks.targets import possible_kinds
from sandbox.cluster import User

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
NODE = Target(kind="node", namespace="", name="node-2")
STATEFUL = {"replicas": 3, "serviceName": "store"}


class Recorder:
    """An account that may do everything, and remembers what it did."""

    name = "robot"

    def __init__(self) -> None:
        self.did: set[Permission] = set()

    def may(self, verb: str, resource: str, group: str) -> bool:
        self.did.add(Permission(group=group, resource=resource, verb=verb))
        return True


@dataclass(frozen=True)
class Drive:
    """A way through an action: what is its target, its parameters, and what happens before it is applied."""

    action: str
    prepare: Callable[[Any], Target]
    params: dict[str, Json]
    before_apply: Callable[[Any], None] = lambda _: None


def _pod_of(kind: str, **spec: Json) -> Callable[[Any], Target]:
    def prepare(world: Any) -> Target:
        world.run(kind, **spec)
        return Target(kind="pod", namespace="shop", name=world.pods("store")[0]["metadata"]["name"])

    return prepare


def _guarded(world: Any) -> None:
    budget = {"selector": {"matchLabels": {"app": "checkout"}}, "minAvailable": 3}
    world.cluster.create("poddisruptionbudgets", {"metadata": {"name": "all"}, "spec": budget}, "shop")


def _cron_job(world: Any) -> Target:
    container = {"name": "main", "image": "cleanup:1.0"}
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": [container]}}}}}
    world.cluster.create("cronjobs", {"metadata": {"name": "cleanup"}, "spec": spec}, "shop")
    return Target(kind="cronjob", namespace="shop", name="cleanup")


def _sick(world: Any) -> Target:
    world.cluster.trouble("shop", world.pods()[1]["metadata"]["name"])
    return SERVICE


def _bad_rollout(world: Any) -> Target:
    world.deploy("checkout:2.0")
    world.cluster.advance(60)
    return SERVICE


DRIVES = {
    "a deployment's pod": Drive("restart_pod", lambda world: world.pod(), {}),
    "a stateful set's pod": Drive("restart_pod", _pod_of("statefulset", **STATEFUL), {}),
    "a daemon set's pod": Drive("restart_pod", _pod_of("daemonset"), {}),
    "a deployment's sick pod": Drive("restart_pod", _sick, {}),
    "a pod that a budget guards": Drive(
        "restart_pod", lambda world: world.pod(), {"delete_when_budget_refuses": True}, _guarded
    ),
    "a deployment": Drive("restart_deployment", lambda _: SERVICE, {}),
    "a stateful set": Drive("restart_deployment", lambda world: world.run("statefulset", **STATEFUL), {}),
    "a daemon set": Drive("restart_deployment", lambda world: world.run("daemonset"), {}),
    "more replicas": Drive("scale_deployment", lambda _: SERVICE, {"add": 1, "maximum": 6}),
    "a bad rollout": Drive("rollback_deployment", _bad_rollout, {}),
    "a node": Drive("cordon_node", lambda _: NODE, {}),
    "a job": Drive("run_job", _cron_job, {}),
    "a look at a pod": Drive("collect_diagnostics", lambda world: world.pod(), {}),
    "a look at a deployment": Drive("collect_diagnostics", lambda _: SERVICE, {}),
    "a look at a stateful set": Drive("collect_diagnostics", lambda world: world.run("statefulset", **STATEFUL), {}),
    "a look at a daemon set": Drive("collect_diagnostics", lambda world: world.run("daemonset"), {}),
}


def calls(world: Any, tmp_path: Path, drive: Drive) -> tuple[set[Permission], str]:
    """Return what an action asks of the API from its plan to its undoing, and its target's kind."""
    target, robot = drive.prepare(world), Recorder()
    world.cluster._server.users["robot"] = robot
    client = connect(KubernetesSettings(kubeconfig=str(world.cluster.kubeconfig(tmp_path / "robot", "robot"))))
    clients = Clients(kubernetes=client)
    if drive.action in build_readers(clients):
        reader = build_readers(clients)[drive.action]
        reader.read(target, reader.Params.model_validate(drive.params), Asked(labels={}, now=world.clock.now()))
        client.close()
        return robot.did, target.kind
    action = build_actions(clients)[drive.action]
    plan = action.plan(target, action.Params.model_validate(drive.params), "step-1", world.clock.now())
    assert isinstance(plan, Plan), plan
    drive.before_apply(world)
    assert not action.apply(plan).already
    action.verify(plan)
    action.undo(plan)
    client.close()
    return robot.did, target.kind


def declared(action: str, kind: str, params: dict[str, Json]) -> set[Permission]:
    rights = action_classes()[action].RIGHTS
    return {permission_of(right) for right in rights if right.applies(frozenset([kind]), params)}


@pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)
def test_an_action_calls_nothing_that_it_does_not_declare(world: Any, tmp_path: Path, drive: Drive) -> None:
    called, kind = calls(world, tmp_path, drive)
    assert called <= declared(drive.action, kind, drive.params)


@pytest.mark.parametrize("action", sorted(name for name, action in action_classes().items() if action.RIGHTS))
def test_an_action_declares_nothing_that_it_never_calls(world: Any, tmp_path: Path, action: str) -> None:
    called: set[Permission] = set()
    ways = [drive for drive in DRIVES.values() if drive.action == action]
    for drive in sorted(ways, key=lambda one: one.before_apply is _guarded):
        called |= calls(world, tmp_path, drive)[0]
        world.cluster.advance(3600)
        for name in ("statefulsets", "daemonsets"):
            delete_store(world, name)
    assert called == {permission_of(right) for right in action_classes()[action].RIGHTS}


def delete_store(world: Any, plural: str) -> None:
    if world.cluster.get(plural, "shop", "store"):
        one = {"statefulsets": "stateful_set", "daemonsets": "daemon_set"}[plural]
        getattr(world.kubernetes._apps, f"delete_namespaced_{one}")("store", "shop", _request_timeout=5)
        world.cluster.advance(60)


def test_recovering_an_agent_needs_nothing_of_kubernetes() -> None:
    assert action_classes()["recover_agent"].RIGHTS == ()


def runbook(*steps: RunbookStep) -> Runbook:
    return Runbook(name="one", title="One", alerts=("One",), steps=steps, body="", path="one.md")


def step(action: str, name: Json, **params: Json) -> RunbookStep:
    return RunbookStep(name="Step", action=action, target={"namespace": "shop", "name": name}, params=params)


def verbs(found: frozenset[Permission]) -> set[str]:
    return {f"{one.verb} {one.resource}" for one in found}


RESTART = {"get deployments", "patch deployments", "list pods"}


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        pytest.param([step("restart_deployment", "checkout")], RESTART, id="a name, so the action's own kind"),
        pytest.param(
            [step("restart_deployment", {"label": ["statefulset", "app"]})],
            {*RESTART, "get statefulsets", "patch statefulsets"},
            id="labels, of which one names a kind",
        ),
        pytest.param([step("recover_agent", {"label": "agent_id"})], set(), id="nothing of Kubernetes"),
        pytest.param(
            [step("restart_deployment", "checkout"), step("cordon_node", {"label": "node"})],
            RESTART,
            id="an action that is switched off",
        ),
    ],
)
def test_roles_hold_what_the_steps_need(steps: list[RunbookStep], wanted: set[str]) -> None:
    switched_on = {"restart_deployment", "recover_agent"}
    assert verbs(needed([runbook(*steps)], action_classes(), switched_on)) == wanted


@pytest.mark.parametrize("force", [False, True])
def test_pods_are_deleted_only_by_a_runbook_that_says_so(force: bool) -> None:
    steps = step("restart_pod", {"label": ["pod"]}, delete_when_budget_refuses=force)
    assert ("delete pods" in verbs(needed([runbook(steps)], action_classes(), {"restart_pod"}))) is force


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        pytest.param({"name": "a"}, {"pod"}, id="a literal"),
        pytest.param({"name": "a", "kind": "deployment"}, {"deployment"}, id="a kind that is written"),
        pytest.param({"name": {"label": "deployment"}}, {"deployment"}, id="a label that is a kind"),
        pytest.param({"name": {"label": ["pod", "deployment"]}}, {"pod", "deployment"}, id="two labels"),
        pytest.param({"name": {"label": ["app"]}}, {"pod"}, id="a label that is no kind"),
    ],
)
def test_a_target_s_possible_kinds_are_those_of_its_labels(spec: dict[str, Json], kinds: set[str]) -> None:
    assert possible_kinds(spec, "pod") == kinds


def test_manifests_are_a_role_for_each_namespace_and_a_cluster_role_for_nodes() -> None:
    patch = [Permission(group="apps", resource="deployments", verb=verb) for verb in ("patch", "get")]
    found = list(manifests([*patch, Permission(group="", resource="nodes", verb="list")], ["shop", "agents"]))
    role = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}
    assert [(one["kind"], one["metadata"].get("namespace"), one["rules"]) for one in found] == [
        ("Role", "shop", [role]),
        ("Role", "agents", [role]),
        ("ClusterRole", None, [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]),
    ]
    assert list(manifests([], ["shop"])) == []


def test_a_right_that_is_missing_is_named_with_the_way_to_it(world: Any, tmp_path: Path) -> None:
    world.cluster._server.users["its-token"] = User(name="poor", allow=frozenset({("get", "deployments")}))
    client = connect(KubernetesSettings(kubeconfig=str(world.cluster.kubeconfig(tmp_path / "poor", "its-token"))))
    with pytest.raises(PermanentActionError) as raised:
        client.patch_object("deployment", "shop", "checkout", [])
    client.close()
    assert str(raised.value) == (
        "Kubernetes answered 403: poor lacks the right to patch deployments.apps in the namespace shop;"
        " `firebrigade runbook rbac` prints the role that gives it."
    )


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(
            'nodes "n" is forbidden: User "robot" cannot patch resource "nodes" in API group "" at the cluster scope',
            "robot lacks the right to patch nodes in the whole cluster",
            id="a right for the cluster",
        ),
        pytest.param('pods "a" is forbidden: exceeded quota: few', "exceeded quota: few.", id="no right is missing"),
    ],
)
def test_what_is_forbidden_is_told_as_the_server_means_it(message: str, words: str) -> None:
    error = error_for(403, json.dumps({"message": message}), {}, changes=True)
    assert words in str(error)
    assert ("runbook rbac" in str(error)) is ("cannot" in message)
