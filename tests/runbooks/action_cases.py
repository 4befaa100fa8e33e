"""Each action that changes something, in a situation in which it can help; ``test_action_contract.py`` tries them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from firebrigade.runbooks.contract import Json, Target
from sandbox.cluster import Fault
from tests.runbooks.little_world import AGENT, HOOKS, NAMESPACE, NODE, NOTHING, SERVICE, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An action in a situation in which it can help: what the contract's tests need to know of it.

    Attributes:
        prepare: makes the trouble and returns the target.
        forget: makes the answer to the action's one change be lost, after its effect.
        meddle: what a person does between plan and apply.
        spoil: what keeps the change from helping.
        heal: lets the time pass that a change needs to help.
        at_once: it helps as soon as it is made.
    """

    action: str
    params: dict[str, Json]
    prepare: Callable[[World], Target]
    forget: Callable[[World], None]
    spoil: Callable[[World], None]
    heal: Callable[[World], None]
    meddle: Callable[[World], None] | None = None
    undone: bool = False
    at_once: bool = False


def _sick_pod(world: World) -> Target:
    target = world.pod(1)
    world.cluster.trouble(NAMESPACE, target.name)
    return target


def _bad_rollout(world: World) -> Target:
    world.deploy("checkout:2.0")
    world.cluster.advance(60)
    return SERVICE


def _failed_agent(world: World) -> Target:
    world.supervisor.fail(AGENT.name)
    return AGENT


def _sick_node(world: World) -> Target:
    """Return a node; its taint follows its cordon by a second, so that there is something to wait for."""
    world.cluster.set_pace(taints_after_seconds=1)
    return NODE


def _restarted_before(world: World) -> Target:
    """Return a deployment that carries an earlier restart's time."""
    earlier = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    world.edit({"spec": {"template": {"metadata": {"annotations": earlier}}}})
    world.cluster.advance(3600)
    return SERVICE


def _delete_pod(world: World) -> None:
    name = world.pods()[1]["metadata"]["name"]
    world.kubernetes._core.delete_namespaced_pod(name, NAMESPACE, _request_timeout=5)


def _cron_job(world: World) -> Target:
    """Return a CronJob that only runbooks run."""
    container = {"name": "main", "image": "cleanup:1.0", "env": [{"name": "PASSWORD", "value": "its-password"}]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": template}}}
    world.cluster.create("cronjobs", {"metadata": {"name": "cleanup"}, "spec": spec}, NAMESPACE)
    return Target(kind="cronjob", namespace=NAMESPACE, name="cleanup")


def _other_image(world: World) -> None:
    operation = {
        "op": "replace",
        "path": "/spec/jobTemplate/spec/template/spec/containers/0/image",
        "value": "evil:1.0",
    }
    world.kubernetes._batch.patch_namespaced_cron_job("cleanup", NAMESPACE, [operation], _request_timeout=5)


CASES = {
    "restart_pod": Case(
        action="restart_pod",
        params={},
        prepare=_sick_pod,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="create", resource="pods")),
        meddle=_delete_pod,
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
    ),
    "scale_deployment": Case(
        action="scale_deployment",
        params={"add": 1, "maximum": 6},
        prepare=lambda _: SERVICE,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.edit({"spec": {"replicas": 2}}),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "rollback_deployment": Case(
        action="rollback_deployment",
        params={},
        prepare=_bad_rollout,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.deploy("checkout:2.1"),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "restart_deployment": Case(
        action="restart_deployment",
        params={},
        prepare=_restarted_before,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        meddle=lambda world: world.deploy("checkout:2.1"),
        spoil=lambda world: world.cluster.set_pace(ready_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "cordon_node": Case(
        action="cordon_node",
        params={},
        prepare=_sick_node,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="patch")),
        spoil=lambda world: world.cluster.set_pace(taints_after_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
    ),
    "run_job": Case(
        action="run_job",
        params={},
        prepare=_cron_job,
        forget=lambda world: world.cluster.add_fault(Fault(answer="drop-after", verb="create", resource="jobs")),
        meddle=_other_image,
        spoil=lambda world: world.cluster.set_pace(job_runs_seconds=10**6),
        heal=lambda world: world.cluster.advance(60),
    ),
    "http_request": Case(
        action="http_request",
        params={"path": "/drain", "repeatable": True, "status": "/runs/$step_id"},
        prepare=lambda _: HOOKS,
        forget=lambda world: world.endpoint.faults.add("drop-after", method="POST"),
        spoil=lambda world: setattr(world.endpoint, "stuck", True),
        heal=lambda world: world.cluster.advance(60),
    ),
    "silence_alert": Case(
        action="silence_alert",
        params={},
        prepare=lambda _: NOTHING,
        forget=lambda world: setattr(world.silencer, "forgets", True),
        spoil=lambda world: setattr(world.silencer, "slow", True),
        heal=lambda world: world.cluster.advance(60),
        undone=True,
        at_once=True,
    ),
    "recover_agent": Case(
        action="recover_agent",
        params={},
        prepare=_failed_agent,
        forget=lambda world: world.supervisor.faults.add("drop-after", method="POST"),
        spoil=lambda world: world.supervisor.fail(AGENT.name, deaf=True),
        heal=lambda world: world.cluster.advance(timedelta(seconds=10).total_seconds()),
    ),
}
