"""One edit of a deployment, made once: the pattern that scaling and rolling back share.

An edit is one JSON patch that tests what was read a moment before (the UID and the generation, which goes up with
every change of the spec, whoever makes it) and leaves the step's id as an annotation. So a repeat after a crash
recognizes its own work, and a person's change in between makes the patch fail instead of being overridden.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Change, Json, PermanentActionError, Plan, TemporaryActionError
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError, PreconditionError

Result = TypeVar("Result")

_LOOKS = 3  # an autoscaler or a status can get in between once or twice; after that somebody is at work


class Edit(Protocol):
    """What a plan does to a deployment's spec, in both directions."""

    def as_before(self, deployment: Json) -> bool:
        """Return whether the deployment is as it was planned from."""
        ...

    def as_desired(self, deployment: Json) -> bool:
        """Return whether the deployment is as the plan wants it."""
        ...

    def forward(self) -> list[Json]:
        """Return the patch's operations that make it as desired."""
        ...

    def back(self) -> list[Json]:
        """Return the patch's operations that make it as before."""
        ...

    def shown(self, deployment: Json) -> Mapping[str, Json]:
        """Return what is worth recording of the deployment."""
        ...


class DeploymentEditor:
    """Makes edits and takes them back. Keeps nothing."""

    def __init__(self, kubernetes: KubernetesClient, annotation: str) -> None:
        self._kubernetes = kubernetes
        self._annotation = annotation

    def apply(self, plan: Plan, edit: Edit) -> Change:
        """Make the edit, unless it was made before.

        Raises:
            PermanentActionError: the deployment is no longer as planned, or this step was taken back.
        """
        return self._attempt(plan, lambda deployment: self._apply_once(plan, edit, deployment))

    def undo(self, plan: Plan, edit: Edit) -> Change | None:
        """Take the edit back if it still stands as this step made it; None if it was never made.

        Raises:
            PermanentActionError: somebody changed the deployment since; it is left as it is.
        """
        try:
            return self._attempt(plan, lambda deployment: self._undo_once(plan, edit, deployment))
        except NotFoundError:
            return None

    def _attempt(self, plan: Plan, once: Callable[[Json], Result]) -> Result:
        for _ in range(_LOOKS):
            deployment = self._kubernetes.read_workload("deployment", plan.target.namespace, plan.target.name)
            try:
                return once(deployment)
            except PreconditionError:
                continue
        raise TemporaryActionError(f"{plan.target} is being changed by somebody else just now.")

    def _apply_once(self, plan: Plan, edit: Edit, deployment: Json) -> Change:
        mark = workloads.annotations(deployment).get(self._annotation)
        if mark == _undone(plan):
            raise PermanentActionError(f"This step on {plan.target} was taken back; it is not made again.")
        if workloads.uid(deployment) != plan.precondition["uid"]:
            raise PermanentActionError(f"{plan.target} was deleted and made anew since it was planned.")
        if mark == plan.step_id or edit.as_desired(deployment):
            return Change(already=True, after=edit.shown(deployment), summary=f"Already made: {plan.summary}")
        if not edit.as_before(deployment):
            raise PermanentActionError(f"{plan.target} was changed since it was planned; it is left as it is.")
        after = self._patch(plan, deployment, plan.step_id, edit.forward())
        return Change(already=False, after=edit.shown(after), summary=plan.summary)

    def _undo_once(self, plan: Plan, edit: Edit, deployment: Json) -> Change | None:
        mark, same = workloads.annotations(deployment).get(self._annotation), plan.precondition["uid"]
        if mark == _undone(plan):
            return Change(already=True, after=edit.shown(deployment), summary=f"Already taken back: {plan.summary}")
        ours = mark == plan.step_id and workloads.uid(deployment) == same
        if not ours and edit.as_before(deployment):
            return None
        if not ours or not edit.as_desired(deployment):
            raise PermanentActionError(f"{plan.target} was changed since this step; it is left as it is.")
        after = self._patch(plan, deployment, _undone(plan), edit.back())
        return Change(already=False, after=edit.shown(after), summary=f"Taken back: {plan.summary}")

    def _patch(self, plan: Plan, deployment: Json, mark: str, operations: list[Json]) -> Json:
        metadata, key = deployment["metadata"], self._annotation.replace("/", "~1")
        tests = [
            {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
            {"op": "test", "path": "/metadata/generation", "value": metadata["generation"]},
        ]
        marking: list[Json] = [{"op": "add", "path": f"/metadata/annotations/{key}", "value": mark}]
        if not metadata.get("annotations"):
            # Adding the first annotation replaces the whole object: only if nothing at all has changed.
            tests.append({"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]})
            marking.insert(0, {"op": "add", "path": "/metadata/annotations", "value": {}})
        target = plan.target
        return self._kubernetes.patch_deployment(target.namespace, target.name, [*tests, *operations, *marking])


def _undone(plan: Plan) -> str:
    return f"{plan.step_id}/undone"
