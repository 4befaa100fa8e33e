"""Scale a deployment to a number of replicas that the plan computes, within the runbook's limits.

How the change is made once, and never over a person's, stands in ``edits.py``. A deployment with an autoscaler is
refused: the two would undo each other.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from firebrigade.runbooks import gitops, workloads
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
from firebrigade.runbooks.edits import Editor
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError
from firebrigade.runbooks.rights import Right, rights

ANNOTATION = "firebrigade.dev/scale-step"


class ScaleDeploymentParams(ActionParams):
    """How many replicas: exactly one of ``to``, ``add`` and ``factor``, between ``minimum`` and ``maximum``.

    Attributes:
        to: this many.
        add: this many more, or fewer if it is negative.
        factor: times as many, rounded away from the present number.
        minimum: never fewer than this.
        maximum: never more than this.
        singleton_too: scale up what has one replica. Off, because some services must run only once, such as an agent.
        despite_gitops: go on although Argo CD or Flux owns the deployment and may put it back.
    """

    to: Annotated[StrictInt, Field(ge=0)] | None = None
    add: StrictInt | None = None
    factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    minimum: Annotated[StrictInt, Field(ge=0)] = 1
    maximum: Annotated[StrictInt, Field(ge=1, le=1000)]
    singleton_too: StrictBool = False
    despite_gitops: StrictBool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(value is not None for value in (self.to, self.add, self.factor)) != 1:
            raise ValueError("give exactly one of to, add and factor")
        if self.minimum > self.maximum:
            raise ValueError("minimum is greater than maximum")
        return self


class ScaleDeployment:
    """Patch a deployment's replicas to an absolute number."""

    NAME: ClassVar[str] = "scale_deployment"
    Params: ClassVar[type[ActionParams]] = ScaleDeploymentParams
    RISK: ClassVar[Risk] = Risk.MEDIUM
    TARGET_KIND: ClassVar[str] = "deployment"
    RIGHTS: ClassVar[Sequence[Right]] = (
        *rights("get patch", "deployments", "apps"),
        *rights("list", "horizontalpodautoscalers", "autoscaling"),
    )

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes
        self._editor = Editor(kubernetes, ANNOTATION)

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Compute the absolute number of replicas."""
        if target.kind != self.TARGET_KIND:
            return _refusal(RefusalReason.INVALID_TARGET, f"scale_deployment can't scale a {target.kind}.")
        try:
            deployment = self._kubernetes.read_object("deployment", target.namespace, target.name)
        except NotFoundError as error:
            return _refusal(RefusalReason.NOT_FOUND, str(error))
        limits = ScaleDeploymentParams.model_validate(params.model_dump())
        if refusal := gitops.refusal(deployment, target, despite=limits.despite_gitops):
            return refusal
        current = workloads.desired_pods(deployment)
        desired = choose_replicas(current, limits)
        if isinstance(desired, Refusal):
            return desired
        if scaler := _autoscaler(self._kubernetes.list_autoscalers(target.namespace), target):
            return _refusal(RefusalReason.NOT_SAFE, f"The autoscaler {scaler} decides about the replicas of {target}.")
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before={"replicas": current, **_facts(deployment, current, desired)},
            desired={"replicas": desired},
            precondition={"uid": workloads.uid(deployment), "replicas": current},
            summary=f"Scale {target} from {current} to {desired} replicas.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Set the planned number, if it still is the number that was planned from."""
        return self._editor.apply(plan, ReplicasEdit(plan))

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the planned number of replicas is available."""
        try:
            deployment = self._kubernetes.read_object("deployment", plan.target.namespace, plan.target.name)
        except NotFoundError:
            return Verdict(health=Health.FAILED, summary=f"{plan.target} is gone.")
        wanted, now = plan.desired["replicas"], workloads.desired_pods(deployment)
        if now != wanted:
            text = f"{plan.target} should have {wanted} replicas and somebody has set {now}."
            return Verdict(health=Health.FAILED, summary=text, evidence={"replicas": now})
        available = int((deployment.get("status") or {}).get("availableReplicas", 0))
        caught_up = workloads.observed(deployment) and available >= wanted
        return Verdict(
            health=Health.HEALTHY if caught_up else Health.WAITING,
            summary=f"{available} of {wanted} replicas of {plan.target} are available.",
            evidence={"available": available, "wanted": wanted},
            # Pods that fall over after scaling up do so for want of pods: fewer again would be no help.
            ready=workloads.ready_replicas(deployment) if wanted < plan.before["replicas"] else None,
        )

    def undo(self, plan: Plan) -> Change | None:
        """Set the earlier number again, if nobody has changed it since."""
        return self._editor.undo(plan, ReplicasEdit(plan))

    def came_back(self, plan: Plan) -> Verdict:
        """Look whether as many pods are ready as before, now that the change was taken back."""
        return look_back(self._kubernetes, plan)


class ReplicasEdit:
    """The number of replicas, from the plan's to the plan's."""

    def __init__(self, plan: Plan) -> None:
        self._before, self._desired = int(plan.before["replicas"]), int(plan.desired["replicas"])

    def as_before(self, deployment: Json) -> bool:
        """Return whether the number is still the one that was planned from."""
        return workloads.desired_pods(deployment) == self._before

    def as_desired(self, deployment: Json) -> bool:
        """Return whether the number is the planned one."""
        return workloads.desired_pods(deployment) == self._desired

    def forward(self) -> list[Json]:
        """Return the operations that set the planned number."""
        return _replace(self._before, self._desired)

    def back(self) -> list[Json]:
        """Return the operations that set the earlier number."""
        return _replace(self._desired, self._before)

    def shown(self, deployment: Json) -> Mapping[str, Json]:
        """Return the number as it is."""
        return {"replicas": workloads.desired_pods(deployment)}


def choose_replicas(current: int, params: ScaleDeploymentParams) -> int | Refusal:
    """Compute how many replicas there shall be, or say why not. Never goes the other way to fit a limit."""
    if current == 0:
        return _refusal(RefusalReason.NOT_SAFE, "It is scaled to nothing, which somebody did on purpose.")
    wanted = _wanted(current, params)
    limited = min(max(wanted, params.minimum), params.maximum)
    if wanted == current:
        return _refusal(RefusalReason.NOTHING_TO_DO, f"It has {current} replicas already.")
    if (limited > current) != (wanted > current) or limited == current:
        limits = f"{params.minimum} to {params.maximum}"
        return _refusal(RefusalReason.NOT_SAFE, f"{wanted} replicas from {current} is beyond the limits {limits}.")
    if current == 1 and not params.singleton_too:
        return _refusal(RefusalReason.NOT_SAFE, "It has one replica and may be meant to run only once.")
    return limited


def _facts(deployment: Json, current: int, desired: int) -> dict[str, Json]:
    ready = workloads.ready_replicas(deployment)
    return workloads.blast_facts(
        ready=ready,
        wanted=current,
        takes_ready=max(0, ready - desired),  # pods that are not ready go first
        disturbs_rollout=workloads.rolling_out(deployment),
    )


def _wanted(current: int, params: ScaleDeploymentParams) -> int:
    if params.to is not None:
        return params.to
    if params.add is not None:
        return current + params.add
    exact = current * (params.factor or 1.0)
    return math.ceil(exact) if exact > current else math.floor(exact)


def _replace(from_replicas: int, to_replicas: int) -> list[Json]:
    return [
        {"op": "test", "path": "/spec/replicas", "value": from_replicas},
        {"op": "replace", "path": "/spec/replicas", "value": to_replicas},
    ]


def _autoscaler(autoscalers: Sequence[Json], target: Target) -> str | None:
    owners = [one for one in autoscalers if one["spec"]["scaleTargetRef"]["kind"] == "Deployment"]
    names = [workloads.name(one) for one in owners if one["spec"]["scaleTargetRef"]["name"] == target.name]
    return names[0] if names else None


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
