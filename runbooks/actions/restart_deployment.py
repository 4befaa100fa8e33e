"""Restart every pod of a workload, a few at a time, as ``kubectl rollout restart`` does: by a time in the pod template.

For deployments, and for stateful and daemon sets whose pods their controller replaces by itself. ``edits.py`` says how
the change is made once and never over a person's. GitOps controllers leave the annotation alone, so they don't matter
here.

https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import ClassVar, Self

from firebrigade.runbooks import workloads
from firebrigade.runbooks.came_back import look_back
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    Json,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    Verdict,
)
from firebrigade.runbooks.edits import Editor, pointed
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError
from firebrigade.runbooks.rights import Right, rights
from firebrigade.runbooks.stuck import unless_stuck

ANNOTATION = "firebrigade.dev/restart-step"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

_KINDS = ("deployment", "statefulset", "daemonset")
_PATH = "/spec/template/metadata/annotations"


class RestartDeploymentParams(ActionParams):
    """Nothing to set: how many pods go at once is the workload's own strategy."""


class RestartDeployment:
    """Write the time of the restart into the pod template."""

    NAME: ClassVar[str] = "restart_deployment"
    Params: ClassVar[type[ActionParams]] = RestartDeploymentParams
    RISK: ClassVar[Risk] = Risk.MEDIUM
    TARGET_KIND: ClassVar[str] = "deployment"
    RIGHTS: ClassVar[Sequence[Right]] = (
        *(right for kind in _KINDS for right in rights("get patch", f"{kind}s", "apps", kinds=[kind])),
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
        """Note the template as it is and as it will be."""
        if target.kind not in _KINDS:
            text = f"restart_deployment can't restart a {target.kind}."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        try:
            workload = self._kubernetes.read_object(target.kind, target.namespace, target.name)
        except NotFoundError as error:
            return Refusal(reason=RefusalReason.NOT_FOUND, summary=str(error))
        if text := why_not(workload, target):
            return Refusal(reason=RefusalReason.NOT_SAFE, summary=text)
        pods, restarted_at = workloads.desired_pods(workload), now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before={**_before(workload), **_facts(workload)},
            desired={"restarted_at": restarted_at, "template": _restarted(workload, restarted_at)},
            precondition={"uid": workloads.uid(workload)},
            summary=f"Restart the {pods} pods of {target}, as its own strategy replaces them.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Write the time, if the template is still the one that was planned from."""
        return self._editor.apply(plan, RestartEdit(plan))

    def verify(self, plan: Plan) -> Verdict:
        """Look whether every pod was replaced and is available, or the new ones can't start."""
        target = plan.target
        try:
            workload = self._kubernetes.read_object(target.kind, target.namespace, target.name)
        except NotFoundError:
            return Verdict(health=Health.FAILED, summary=f"{target} is gone.")
        verdict = restart_verdict(plan, workload)
        return unless_stuck(verdict, self._new_pods(plan, workload)) if verdict.health is Health.WAITING else verdict

    def undo(self, plan: Plan) -> Change | None:
        """Stop a restart that did not come to its end; one that did has nothing to go back to.

        The pods that were not replaced yet are kept, and a deployment goes back to its earlier replica set. A pod of a
        stateful set that hangs after its restart stays as it is until somebody deletes it.
        """
        target = plan.target
        try:
            workload = self._kubernetes.read_object(target.kind, target.namespace, target.name)
        except NotFoundError:
            return None
        if RestartEdit(plan).as_desired(workload) and workloads.rolled_out(workload):
            return None
        return self._editor.undo(plan, RestartEdit(plan))

    def came_back(self, plan: Plan) -> Verdict:
        """Look whether as many pods are ready as before, now that the change was taken back."""
        return look_back(self._kubernetes, plan)

    def _new_pods(self, plan: Plan, workload: Json) -> list[Json]:
        """Return the pods of this restart: controllers copy the template's annotations to each."""
        pods = self._kubernetes.list_readable_pods(plan.target.namespace, workloads.label_selector(workload))
        at = plan.desired["restarted_at"]
        return [pod for pod in pods if workloads.annotations(pod).get(RESTARTED_AT) == at]


class RestartEdit:
    """The time in the pod template's annotations."""

    def __init__(self, plan: Plan) -> None:
        self._before, self._desired = plan.before, plan.desired

    def as_before(self, workload: Json) -> bool:
        """Return whether the template is still the one that was planned from, and nobody has paused it."""
        return workloads.template_digest(workload) == self._before["template"] and not workload["spec"].get("paused")

    def as_desired(self, workload: Json) -> bool:
        """Return whether the template is the planned one."""
        return workloads.template_digest(workload) == str(self._desired["template"])

    def forward(self) -> list[Json]:
        """Return the operations that write the time; what else is annotated stays."""
        first: list[Json] = [] if self._before["annotated"] else [{"op": "add", "path": _PATH, "value": {}}]
        return [*first, self._set(self._desired["restarted_at"])]

    def back(self) -> list[Json]:
        """Return the operation that writes the earlier time, or none."""
        earlier = self._before["restarted_at"]
        return [self._set(earlier) if earlier else {"op": "remove", "path": f"{_PATH}/{pointed(RESTARTED_AT)}"}]

    def shown(self, workload: Json) -> Mapping[str, Json]:
        """Return when it was restarted last."""
        return {"restarted_at": _annotations(workload).get(RESTARTED_AT)}

    def _set(self, value: Json) -> Json:
        return {"op": "add", "path": f"{_PATH}/{pointed(RESTARTED_AT)}", "value": value}


def why_not(workload: Json, target: Target) -> str:
    """Return why a workload must not be restarted, or that nothing would come of it; empty if it may be."""
    strategy = workload["spec"].get("updateStrategy") or {}
    if workload["spec"].get("paused"):
        return f"The rollout of {target} is paused: somebody is at work on it."
    if not workloads.desired_pods(workload):
        return f"{target} should have no pods, so there is nothing to restart."
    if strategy.get("type") == "OnDelete":
        return f"The pods of {target} are replaced only when somebody deletes them (updateStrategy OnDelete)."
    if (strategy.get("rollingUpdate") or {}).get("partition"):
        return f"A partition keeps some pods of {target} at an earlier revision, so a restart would not reach them."
    if workloads.rolling_out(workload):
        return f"A rollout of {target} is in progress; it is not restarted in the middle of it."
    return ""


def restart_verdict(plan: Plan, workload: Json) -> Verdict:
    """Decide whether a restart is complete, still under way, or can't complete."""
    if workloads.template_digest(workload) != plan.desired["template"]:
        return Verdict(health=Health.FAILED, summary=f"{plan.target} does not carry this restart's time (any more).")
    updated, available = workloads.updated_pods(workload), workloads.available_pods(workload)
    wanted = workloads.desired_pods(workload)
    evidence = {"updated": updated, "available": available, "wanted": wanted}
    if workloads.rolled_out(workload):
        text = f"All {wanted} pods of {plan.target} were restarted and are available."
        return Verdict(health=Health.HEALTHY, summary=text, evidence=evidence)
    exceeded = workloads.deadline_exceeded_at(workload)
    if workloads.observed(workload) and exceeded and exceeded != plan.before["deadline_exceeded_at"]:
        text = f"The restart of {plan.target} made no progress within its deadline."
        return Verdict(health=Health.FAILED, summary=text, evidence=evidence)
    text = f"{updated} of {wanted} pods of {plan.target} were restarted, {available} are available."
    ready = workloads.ready_replicas(workload)
    return Verdict(health=Health.WAITING, summary=text, evidence=evidence, ready=ready)


def _before(workload: Json) -> dict[str, Json]:
    annotations = _annotations(workload)
    return {
        "restarted_at": annotations.get(RESTARTED_AT),
        "annotated": bool(annotations),
        "template": workloads.template_digest(workload),
        "deadline_exceeded_at": workloads.deadline_exceeded_at(workload),
    }


def _facts(workload: Json) -> dict[str, Json]:
    ready = workloads.ready_replicas(workload)
    return workloads.blast_facts(
        ready=ready,
        wanted=workloads.desired_pods(workload),
        takes_ready=workloads.taken_by_rollout(workload, ready),
        disturbs_rollout=workloads.rolling_out(workload),
    )


def _restarted(workload: Json, restarted_at: str) -> str:
    """Return the digest of the template with the time in it, by which a later rollout of somebody else is noticed."""
    wanted = deepcopy(workload)
    wanted["spec"]["template"]["metadata"]["annotations"] = {**_annotations(workload), RESTARTED_AT: restarted_at}
    return workloads.template_digest(wanted)


def _annotations(workload: Json) -> Mapping[str, str]:
    return workload["spec"]["template"]["metadata"].get("annotations") or {}
