"""Restart a pod by evicting it, so that its controller makes another.

One pod per step. An alert that names a pod means that one. An alert that names only a deployment means the pod that has
been not ready for longest; with all pods ready it means the only one, and with several ready ones nothing is done,
because any choice among them would be a guess.

The plan's target is the workload and not the pod: the pod's replacement has another name, so that guards and history,
which go by the target, would not see that the same thing is restarted again and again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from pydantic import StrictBool

from firebrigade.runbooks import workloads
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    Json,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    TemporaryActionError,
    Verdict,
)
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import DisruptionBudgetError, NotFoundError, PreconditionError
from firebrigade.runbooks.rights import Right, rights
from firebrigade.runbooks.stuck import unless_stuck

# Controllers that replace a pod by one that does the same. A Job's pod is work that may not be done twice.
_REPLACING = {"ReplicaSet": "replicaset", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


class RestartPodParams(ActionParams):
    """How far to go.

    Attributes:
        delete_when_budget_refuses: delete the pod when a disruption budget refuses its eviction. For a service of which
            nothing is left to protect.
    """

    delete_when_budget_refuses: StrictBool = False


class RestartPod:
    """Evict one pod, with its UID as the precondition."""

    NAME: ClassVar[str] = "restart_pod"
    UNDOES: ClassVar[bool] = False
    Params: ClassVar[type[ActionParams]] = RestartPodParams
    RISK: ClassVar[Risk] = Risk.LOW
    TARGET_KIND: ClassVar[str] = "pod"
    RIGHTS: ClassVar[Sequence[Right]] = (
        *rights("get list", "pods"),
        *rights("create", "pods/eviction"),
        *rights("get list", "replicasets", "apps"),
        *rights("get", "deployments", "apps"),
        *rights("get", "statefulsets", "apps", kinds=["pod"]),
        *rights("get", "daemonsets", "apps", kinds=["pod"]),
        *rights("delete", "pods", param="delete_when_budget_refuses"),
    )

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Name the pod, its UID and the workload that must be ready again."""
        try:
            pod = self._pod(target)
            if isinstance(pod, Refusal):
                return pod
            owner = self._workload(pod)
        except NotFoundError as error:
            return Refusal(reason=RefusalReason.NOT_FOUND, summary=str(error))
        if isinstance(owner, Refusal):
            return owner
        pods = self._pods(owner, target.namespace)
        if refusal := _last_ready(pod, pods, owner):
            return refusal
        return _planned(pod, pods, owner, params=params, step_id=step_id, now=now)

    def apply(self, plan: Plan) -> Change:
        """Evict the planned pod, unless it is gone or going.

        The counts that the guards have allowed can be minutes old: they hold again, or nothing is done.
        """
        namespace, name, uid = plan.target.namespace, plan.precondition["pod"], plan.precondition["uid"]
        if self._gone(namespace, name, uid):
            return _already(name)
        self._check_counts(plan)
        try:
            self._remove(namespace, name, uid, force=bool(plan.params.get("delete_when_budget_refuses")))
        except (NotFoundError, PreconditionError) as error:
            # Gone between the look and the request, or replaced under the same name.
            if self._gone(namespace, name, uid):
                return _already(name)
            if isinstance(error, PreconditionError):
                # The pod is the planned one: something else was written in between, such as the budget's count.
                raise TemporaryActionError(str(error)) from None
            raise
        return Change(already=False, after={"pod": name, "uid": uid}, summary=f"Pod {name} is being replaced.")

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the workload has all its pods ready, the planned pod not counted, or the new one can't start."""
        target = plan.target
        try:
            owner = self._kubernetes.read_object(target.kind, target.namespace, target.name)
        except NotFoundError:
            return Verdict(health=Health.FAILED, summary=f"{target} is gone.")
        pods = self._pods(owner, target.namespace)
        wanted, gone = workloads.desired_pods(owner), plan.precondition["uid"]
        ready = [workloads.name(pod) for pod in pods if workloads.pod_ready(pod) and workloads.uid(pod) != gone]
        summary = f"{len(ready)} of {wanted} pods of {target} are ready, the restarted one not counted."
        health = Health.HEALTHY if wanted and len(ready) >= wanted else Health.WAITING
        verdict = Verdict(health=health, summary=summary, evidence={"ready": ready, "wanted": wanted})
        return unless_stuck(verdict, _younger(pods, plan))

    def undo(self, plan: Plan) -> Change | None:  # noqa: ARG002
        """Nothing to take back: the pod is replaced."""
        return None

    def _pod(self, target: Target) -> Json | Refusal:
        if target.kind == "pod":
            pod = self._kubernetes.read_pod(target.namespace, target.name)
            if workloads.terminating(pod):
                return _refusal(RefusalReason.NOTHING_TO_DO, f"Pod {target.name} is already being replaced.")
            return pod
        if target.kind != "deployment":
            return _refusal(RefusalReason.INVALID_TARGET, f"restart_pod can't restart a {target.kind}.")
        deployment = self._kubernetes.read_object("deployment", target.namespace, target.name)
        return choose_pod(self._pods(deployment, target.namespace), target)

    def _workload(self, pod: Json) -> Json | Refusal:
        """Return what makes the pod's replacement: a replica set's deployment, or the controller itself."""
        owner, namespace = workloads.controller(pod), pod["metadata"]["namespace"]
        if owner is None or owner["kind"] not in _REPLACING:
            by = f"is controlled by a {owner['kind']}" if owner else "has no controller"
            return _refusal(RefusalReason.NOT_SAFE, f"Pod {workloads.name(pod)} {by}: nothing would bring it back.")
        found = self._kubernetes.read_object(_REPLACING[owner["kind"]], namespace, owner["name"])
        above = workloads.controller(found)
        if above and above["kind"] == "Deployment":
            return self._kubernetes.read_object("deployment", namespace, above["name"])
        return found

    def _pods(self, owner: Json, namespace: str) -> list[Json]:
        selector, owners = workloads.label_selector(owner), [workloads.uid(owner)]
        if owner["kind"] == "Deployment":
            found = workloads.owned_by(self._kubernetes.list_replica_sets(namespace, selector), owners)
            owners = [workloads.uid(one) for one in found]
        return workloads.owned_by(self._kubernetes.list_pods(namespace, selector), owners)

    def _check_counts(self, plan: Plan) -> None:
        """Raise PermanentActionError if taking the pod now takes more than the plan said."""
        target = plan.target
        owner = self._kubernetes.read_object(target.kind, target.namespace, target.name)
        ready = [workloads.uid(pod) for pod in self._pods(owner, target.namespace) if workloads.pod_ready(pod)]
        takes, planned = int(plan.precondition["uid"] in ready), int(plan.before["takes_ready"])
        if takes > planned:
            text = f"Pod {plan.precondition['pod']} was changed since it was planned: it is ready now and stays."
            raise PermanentActionError(text)
        if takes and len(ready) < int(plan.before["ready"]):
            text = f"{target} was changed since it was planned: {len(ready)} pods are ready now, and no longer enough."
            raise PermanentActionError(text)

    def _gone(self, namespace: str, name: str, uid: str) -> bool:
        try:
            pod = self._kubernetes.read_pod(namespace, name)
        except NotFoundError:
            return True
        return workloads.uid(pod) != uid or workloads.terminating(pod)

    def _remove(self, namespace: str, name: str, uid: str, *, force: bool) -> None:
        try:
            self._kubernetes.evict_pod(namespace, name, uid)
        except DisruptionBudgetError:
            if not force:
                raise
            self._kubernetes.delete_pod(namespace, name, uid)


def choose_pod(pods: Sequence[Json], target: Target) -> Json | Refusal:
    """Choose the pod to restart of a deployment: the longest not ready, or the only one.

    Args:
        pods: the deployment's pods; those that are being deleted don't count.
        target: the deployment, for the refusal's sentence.
    """
    staying = [pod for pod in pods if not workloads.terminating(pod)]
    unready = [pod for pod in staying if not workloads.pod_ready(pod)]
    if unready:
        return min(unready, key=lambda pod: (_unready_since(pod), workloads.name(pod)))
    if len(staying) == 1:
        return staying[0]
    if not staying:
        return _refusal(RefusalReason.NOT_FOUND, f"{target} has no pods.")
    return _refusal(RefusalReason.NOT_SAFE, f"All {len(staying)} pods of {target} are ready; none is known to be bad.")


def _unready_since(pod: Json) -> datetime:
    condition = workloads.find_condition(pod, "Ready")
    since = condition.get("lastTransitionTime") if condition else None
    return datetime.fromisoformat(since) if since else workloads.created_at(pod)


def _last_ready(pod: Json, pods: Sequence[Json], owner: Json) -> Refusal | None:
    """Refuse to take the only ready pod of a workload that should have several."""
    others = [one for one in pods if workloads.pod_ready(one) and workloads.uid(one) != workloads.uid(pod)]
    if others or not workloads.pod_ready(pod) or workloads.desired_pods(owner) < 2:
        return None
    text = f"Pod {workloads.name(pod)} is the only ready one of {workloads.name(owner)}."
    return _refusal(RefusalReason.NOT_SAFE, text)


def _planned(
    pod: Json, pods: Sequence[Json], owner: Json, *, params: ActionParams, step_id: str, now: datetime
) -> Plan:
    kind, name, namespace = owner["kind"].lower(), workloads.name(owner), pod["metadata"]["namespace"]
    target = Target(kind=kind, namespace=namespace, name=name)
    ready, wanted = sum(map(workloads.pod_ready, pods)), workloads.desired_pods(owner)
    facts = workloads.blast_facts(
        ready=ready,
        wanted=wanted,
        takes_ready=int(workloads.pod_ready(pod)),
        disturbs_rollout=workloads.rolling_out(owner),
    )
    return Plan(
        step_id=step_id,
        action=RestartPod.NAME,
        target=target,
        params=params.model_dump(mode="json"),
        before={"pod": workloads.name(pod), "node": pod["spec"].get("nodeName", ""), **facts},
        desired={"ready": wanted},
        precondition={"pod": workloads.name(pod), "uid": workloads.uid(pod)},
        summary=f"Evict pod {workloads.name(pod)}, {target} replaces it: {ready} → {wanted} of {wanted} ready.",
        planned_at=now,
        seen={"youngest": max(workloads.created_at(one) for one in [pod, *pods]).isoformat()},
    )


def _younger(pods: Sequence[Json], plan: Plan) -> list[Json]:
    """Return the pods that were made since the plan, by the cluster's own clock; older plans know of none."""
    youngest = plan.seen.get("youngest")
    return [pod for pod in pods if youngest and workloads.created_at(pod) > datetime.fromisoformat(youngest)]


def _already(name: str) -> Change:
    return Change(already=True, after={"pod": name}, summary=f"Pod {name} was already being replaced.")


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
