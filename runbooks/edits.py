"""One edit of an object of the cluster, made once: the pattern that scaling, rolling back and restarting share.

An edit is one JSON patch that tests what was read a moment before and leaves the step's id as an annotation, before the
ids of the latest steps that were there. So a repeat after a crash recognizes its own work, however many other steps
followed it, and a person's change in between makes the patch fail instead of being overridden. What is tested is the
UID, and the generation, which goes up with every change of the spec, whoever makes it. A node has no generation: its
resourceVersion is tested, which goes up with every status as well.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Change, Json, PermanentActionError, Plan, TemporaryActionError
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError, PreconditionError

Result = TypeVar("Result")

_MARKS = 20  # the latest steps that an object remembers: more than guards allow in the time that anybody sleeps
_LOOKS = 3  # an autoscaler or a status can get in between once or twice; after that somebody is at work


class Edit(Protocol):
    """What a plan does to an object's spec, in both directions."""

    def as_before(self, found: Json) -> bool:
        """Return whether the object is as it was planned from."""
        ...

    def as_desired(self, found: Json) -> bool:
        """Return whether the object is as the plan wants it."""
        ...

    def forward(self) -> list[Json]:
        """Return the patch's operations that make it as desired."""
        ...

    def back(self) -> list[Json]:
        """Return the patch's operations that make it as before."""
        ...

    def shown(self, found: Json) -> Mapping[str, Json]:
        """Return what is worth recording of the object."""
        ...


class Editor:
    """Makes edits and takes them back. Keeps nothing."""

    def __init__(self, kubernetes: KubernetesClient, annotation: str) -> None:
        self._kubernetes = kubernetes
        self._annotation = annotation

    def apply(self, plan: Plan, edit: Edit) -> Change:
        """Make the edit, unless it was made before.

        Raises:
            PermanentActionError: the object is no longer as planned, or this step was taken back.
        """
        return self._attempt(plan, lambda found: self._apply_once(plan, edit, found))

    def undo(self, plan: Plan, edit: Edit) -> Change | None:
        """Take the edit back if it still stands as this step made it; None if it was never made.

        Raises:
            PermanentActionError: somebody changed the object since; it is left as it is.
        """
        try:
            return self._attempt(plan, lambda found: self._undo_once(plan, edit, found))
        except NotFoundError:
            return None

    def _attempt(self, plan: Plan, once: Callable[[Json], Result]) -> Result:
        for _ in range(_LOOKS):
            found = self._kubernetes.read_object(plan.target.kind, plan.target.namespace, plan.target.name)
            try:
                return once(found)
            except PreconditionError:
                continue
        raise TemporaryActionError(f"{plan.target} is being changed by somebody else just now.")

    def _apply_once(self, plan: Plan, edit: Edit, found: Json) -> Change:
        marks = self._marks(found)
        if _undone(plan) in marks:
            raise PermanentActionError(f"This step on {plan.target} was taken back; it is not made again.")
        if workloads.uid(found) != plan.precondition["uid"]:
            raise PermanentActionError(f"{plan.target} was deleted and made anew since it was planned.")
        if plan.step_id in marks or edit.as_desired(found):
            # One that was made before and changed since, by whomever, is not made a second time.
            return Change(already=True, after=edit.shown(found), summary=f"Already made: {plan.summary}")
        if not edit.as_before(found):
            raise PermanentActionError(f"{plan.target} was changed since it was planned; it is left as it is.")
        after = self._patch(plan, found, plan.step_id, edit.forward())
        return Change(already=False, after=edit.shown(after), summary=plan.summary)

    def _undo_once(self, plan: Plan, edit: Edit, found: Json) -> Change | None:
        marks, same = self._marks(found), plan.precondition["uid"]
        if _undone(plan) in marks:
            return Change(already=True, after=edit.shown(found), summary=f"Already taken back: {plan.summary}")
        ours = marks[:1] == [plan.step_id] and workloads.uid(found) == same
        if not ours and edit.as_before(found):
            return None
        if not ours or not edit.as_desired(found):
            raise PermanentActionError(f"{plan.target} was changed since this step; it is left as it is.")
        after = self._patch(plan, found, _undone(plan), edit.back())
        return Change(already=False, after=edit.shown(after), summary=f"Taken back: {plan.summary}")

    def _marks(self, found: Json) -> list[str]:
        """Return the marks of the latest steps, the last one first."""
        return workloads.annotations(found).get(self._annotation, "").split()

    def _patch(self, plan: Plan, found: Json, mark: str, operations: list[Json]) -> Json:
        metadata, target = found["metadata"], plan.target
        others = [one for one in self._marks(found) if one != plan.step_id]
        mark = " ".join([mark, *others][:_MARKS])
        path = f"/metadata/annotations/{pointed(self._annotation)}"
        marking: list[Json] = [{"op": "add", "path": path, "value": mark}]
        if not metadata.get("annotations"):
            marking.insert(0, {"op": "add", "path": "/metadata/annotations", "value": {}})
        patch = [*_tests(metadata), *operations, *marking]
        return self._kubernetes.patch_object(target.kind, target.namespace, target.name, patch)


def pointed(key: str) -> str:
    """Return an annotation's key as a JSON pointer writes it (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _tests(metadata: Json) -> list[Json]:
    keys = ["uid", "generation" if "generation" in metadata else "resourceVersion"]
    if not metadata.get("annotations") and "resourceVersion" not in keys:
        # Adding the first annotation replaces the whole object: only if nothing at all has changed.
        keys.append("resourceVersion")
    return [{"op": "test", "path": f"/metadata/{key}", "value": metadata[key]} for key in keys]


def _undone(plan: Plan) -> str:
    return f"{plan.step_id}/undone"
