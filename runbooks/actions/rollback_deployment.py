"""Roll a deployment back to an earlier revision that was once good, if its present one is recent.

A rollout long before the trouble is not its cause, and one after it began is somebody's attempt to repair it: in both
cases nothing is done. ``revisions.py`` says which revision counts as good, ``edits.py`` how the change is made once and
never over a person's. The plan names both replica sets and a digest of their templates, not the templates: those can
hold secrets, and a plan is kept and shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self

from pydantic import StrictBool

from firebrigade.runbooks import gitops, revisions, workloads
from firebrigade.runbooks.came_back import look_back
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
from firebrigade.runbooks.durations import Duration, format_duration
from firebrigade.runbooks.edits import Editor
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError
from firebrigade.runbooks.rights import Right, rights
from firebrigade.runbooks.stuck import unless_stuck
from firebrigade.runbooks.trouble import Trouble

CLOCKS_DIFFER_BY = timedelta(seconds=30)  # the cluster's and ours
ANNOTATION = "firebrigade.dev/rollback-step"


class RollbackDeploymentParams(ActionParams):
    """When a rollout may be taken back.

    Attributes:
        recent_within: how long ago the present revision may have been rolled out.
        proved_for: how long an earlier revision must have been the present one to count as good by that alone.
        despite_gitops: go on although Argo CD or Flux owns the deployment and may put it back.
    """

    recent_within: Duration = timedelta(hours=2)
    proved_for: Duration = timedelta(minutes=10)
    despite_gitops: StrictBool = False


class RollbackDeployment:
    """Put an earlier revision's pod template back."""

    NAME: ClassVar[str] = "rollback_deployment"
    Params: ClassVar[type[ActionParams]] = RollbackDeploymentParams
    RISK: ClassVar[Risk] = Risk.MEDIUM
    TARGET_KIND: ClassVar[str] = "deployment"
    RIGHTS: ClassVar[Sequence[Right]] = (
        *rights("get patch", "deployments", "apps"),
        *rights("get list", "replicasets", "apps"),
        *rights("list", "pods"),
    )

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes
        self._editor = Editor(kubernetes, ANNOTATION)

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Name the revision to go back to, whenever the present one was rolled out."""
        return self.plan_for(Trouble(), target, params, step_id, now)

    def plan_for(
        self, trouble: Trouble, target: Target, params: ActionParams, step_id: str, now: datetime
    ) -> Plan | Refusal:
        """Name the revision to go back to, if the present one is older than the trouble."""
        if target.kind != self.TARGET_KIND:
            return _refusal(RefusalReason.INVALID_TARGET, f"rollback_deployment can't roll back a {target.kind}.")
        try:
            deployment = self._kubernetes.read_object("deployment", target.namespace, target.name)
        except NotFoundError as error:
            return _refusal(RefusalReason.NOT_FOUND, str(error))
        if deployment["spec"].get("paused"):
            return _refusal(RefusalReason.NOT_SAFE, f"The rollout of {target} is paused: somebody is at work on it.")
        limits = RollbackDeploymentParams.model_validate(params.model_dump())
        if refusal := gitops.refusal(deployment, target, despite=limits.despite_gitops):
            return refusal
        chosen = self._choose(deployment, target, limits, now, trouble.known_since)
        if isinstance(chosen, Refusal):
            return chosen
        current, earlier = _shown(chosen[0]), _shown(chosen[1])
        words = [f"revision {one['revision']} ({', '.join(one['images'])})" for one in (current, earlier)]
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before={
                **current,
                "deadline_exceeded_at": workloads.deadline_exceeded_at(deployment),
                **_facts(deployment),
            },
            desired=earlier,
            precondition={"uid": workloads.uid(deployment), "template": current["template"]},
            summary=f"Roll {target} back from {words[0]} to {words[1]}.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Put the earlier template back, if the deployment's is still the one that was planned from."""
        return self._editor.apply(plan, TemplateEdit(self._kubernetes, plan))

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the rollout of the earlier template is complete, or its pods can't start."""
        try:
            deployment = self._kubernetes.read_object("deployment", plan.target.namespace, plan.target.name)
        except NotFoundError:
            return Verdict(health=Health.FAILED, summary=f"{plan.target} is gone.")
        verdict = rollout_verdict(plan, deployment)
        if verdict.health is not Health.WAITING:
            return verdict
        pods = self._kubernetes.list_readable_pods(plan.target.namespace, workloads.label_selector(deployment))
        return unless_stuck(verdict, workloads.owned_by(pods, [plan.desired["uid"]]))

    def undo(self, plan: Plan) -> Change | None:
        """Put the later template back: rolling back did not help, so the rollout was not the cause."""
        return self._editor.undo(plan, TemplateEdit(self._kubernetes, plan))

    def came_back(self, plan: Plan) -> Verdict:
        """Look whether as many pods are ready as before, now that the change was taken back."""
        return look_back(self._kubernetes, plan)

    def _choose(
        self, deployment: Json, target: Target, limits: RollbackDeploymentParams, now: datetime, known: datetime | None
    ) -> tuple[Json, Json] | Refusal:
        found = self._kubernetes.list_replica_sets(target.namespace, workloads.label_selector(deployment))
        replica_sets = workloads.owned_by(found, [workloads.uid(deployment)])
        current = revisions.current_replica_set(deployment, replica_sets)
        if current is None or not workloads.observed(deployment):
            raise TemporaryActionError(f"Kubernetes has not caught up with the latest change of {target}.")
        if revisions.was_rolled_back_to(current):  # how long ago, its age does not say
            text = f"{target} was rolled back already, to revision {workloads.revision(current)}."
            return _refusal(RefusalReason.NOT_SAFE, text)
        age = now - workloads.created_at(current)
        if age > limits.recent_within:
            within = format_duration(limits.recent_within)
            return _refusal(RefusalReason.NOT_SAFE, f"Nothing was rolled out to {target} within the last {within}.")
        if known is not None and workloads.created_at(current) > known + CLOCKS_DIFFER_BY:
            text = f"{target} was rolled out after the trouble began: somebody is at work on it."
            return _refusal(RefusalReason.NOT_SAFE, text)
        return _pair(current, replica_sets, target, limits)


class TemplateEdit:
    """A deployment's pod template, from one replica set's to another's."""

    def __init__(self, kubernetes: KubernetesClient, plan: Plan) -> None:
        self._kubernetes = kubernetes
        self._plan = plan

    def as_before(self, deployment: Json) -> bool:
        """Return whether the template is still the one that was planned from."""
        return workloads.template_digest(deployment) == str(self._plan.before["template"])

    def as_desired(self, deployment: Json) -> bool:
        """Return whether the template is the planned one."""
        return workloads.template_digest(deployment) == str(self._plan.desired["template"])

    def forward(self) -> list[Json]:
        """Return the operation that puts the earlier template back."""
        return self._replace(self._plan.desired)

    def back(self) -> list[Json]:
        """Return the operation that puts the later template back."""
        return self._replace(self._plan.before)

    def shown(self, deployment: Json) -> Mapping[str, Json]:
        """Return what runs now."""
        return {"images": workloads.images(deployment), "template": workloads.template_digest(deployment)}

    def _replace(self, wanted: Mapping[str, Json]) -> list[Json]:
        namespace, name = self._plan.target.namespace, wanted["replica_set"]
        replica_set = self._kubernetes.read_object("replicaset", namespace, name)
        if workloads.uid(replica_set) != wanted["uid"] or workloads.template_digest(replica_set) != wanted["template"]:
            raise PermanentActionError(f"Replica set {name} is not the one of revision {wanted['revision']} any more.")
        return [{"op": "replace", "path": "/spec/template", "value": workloads.plain_template(replica_set)}]


def rollout_verdict(plan: Plan, deployment: Json) -> Verdict:
    """Decide whether a roll back is complete, still under way, or can't complete."""
    if workloads.template_digest(deployment) != plan.desired["template"]:
        return Verdict(health=Health.FAILED, summary=f"Somebody has rolled out something else to {plan.target}.")
    status = deployment.get("status") or {}
    evidence = {key: status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    evidence["revision"] = workloads.revision(deployment)
    if workloads.rolled_out(deployment):
        return Verdict(health=Health.HEALTHY, summary=f"The roll back of {plan.target} is complete.", evidence=evidence)
    exceeded = workloads.deadline_exceeded_at(deployment)
    # The condition of the rollout that was rolled back stays until the new one makes progress.
    if workloads.observed(deployment) and exceeded and exceeded != plan.before["deadline_exceeded_at"]:
        text = f"The roll back of {plan.target} made no progress within its deadline."
        return Verdict(health=Health.FAILED, summary=text, evidence=evidence)
    updated = f"{evidence['updatedReplicas']} of {workloads.desired_pods(deployment)}"
    text = f"{updated} replicas of {plan.target} are rolled back."
    ready = workloads.ready_replicas(deployment)
    return Verdict(health=Health.WAITING, summary=text, evidence=evidence, ready=ready)


def _facts(deployment: Json) -> dict[str, Json]:
    ready = workloads.ready_replicas(deployment)
    radius = workloads.blast_facts(
        ready=ready,
        wanted=workloads.desired_pods(deployment),
        takes_ready=workloads.taken_by_rollout(deployment, ready),
        disturbs_rollout=False,  # a rollout that is in progress is the one that is taken back
    )
    return {**radius, "was_rolling_out": workloads.rolling_out(deployment)}


def _pair(
    current: Json, replica_sets: Sequence[Json], target: Target, limits: RollbackDeploymentParams
) -> tuple[Json, Json] | Refusal:
    earlier = revisions.earlier_good(current, replica_sets, limits.proved_for)
    if earlier is None:
        return _refusal(RefusalReason.NOT_SAFE, f"{target} has no earlier revision that is known to have been good.")
    return current, earlier


def _shown(replica_set: Json) -> dict[str, Json]:
    return {
        "revision": workloads.revision(replica_set),
        "replica_set": workloads.name(replica_set),
        "uid": workloads.uid(replica_set),
        "images": workloads.images(replica_set),
        "template": workloads.template_digest(replica_set),
    }


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
