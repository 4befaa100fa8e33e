"""Cordon a node: nothing new is scheduled to it, what runs there stays. As ``kubectl cordon`` does.

Only while enough other nodes take pods. A node that is cordoned already is somebody else's: it is neither cordoned
again nor uncordoned. ``edits.py`` says how the change is made once and never over a person's.

https://kubernetes.io/docs/concepts/architecture/nodes/#manual-node-administration
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import Field, StrictInt

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
    Verdict,
)
from firebrigade.runbooks.edits import Editor
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError
from firebrigade.runbooks.rights import Right, rights

ANNOTATION = "firebrigade.dev/cordon-step"
TAINT = "node.kubernetes.io/unschedulable"

_OWN_TAINTS = "node.kubernetes.io/"  # Kubernetes' own: not ready, unreachable, cordoned
_KEEPS_AWAY = ("NoSchedule", "NoExecute")


class CordonNodeParams(ActionParams):
    """How much of the cluster must go on taking pods.

    Attributes:
        keep_percent: how many percent of the nodes still take pods afterwards, the cordoned one not counted. Nodes that
            a taint reserves for something (control planes, GPUs) are not counted at all. One always stays.
    """

    keep_percent: Annotated[StrictInt, Field(ge=0, le=100)] = 50


class CordonNode:
    """Set a node's ``unschedulable``."""

    NAME: ClassVar[str] = "cordon_node"
    Params: ClassVar[type[ActionParams]] = CordonNodeParams
    RISK: ClassVar[Risk] = Risk.MEDIUM
    TARGET_KIND: ClassVar[str] = "node"
    RIGHTS: ClassVar[Sequence[Right]] = rights("get list patch", "nodes")

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes
        self._editor = Editor(kubernetes, ANNOTATION)

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Count the nodes that would still take pods."""
        if target.kind != self.TARGET_KIND:
            return _refusal(RefusalReason.INVALID_TARGET, f"cordon_node can't cordon a {target.kind}.")
        try:
            node = self._kubernetes.read_object("node", "", target.name)
        except NotFoundError as error:
            return _refusal(RefusalReason.NOT_FOUND, str(error))
        if _cordoned(node):
            return _refusal(RefusalReason.NOTHING_TO_DO, f"{target} is cordoned already, and not by this step.")
        room = count_room(self._kubernetes.list_nodes(), target.name)
        wanted = CordonNodeParams.model_validate(params.model_dump())
        if not room.enough(wanted.keep_percent):
            return _refusal(RefusalReason.NOT_SAFE, too_few(room, target, wanted.keep_percent))
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before={"unschedulable": False, "nodes": room.nodes},
            desired={"unschedulable": True, "taking_pods": room.left},
            precondition={"uid": workloads.uid(node)},
            summary=f"Cordon {target}: {room.left} of {room.nodes} nodes still take pods; what runs on it stays.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Cordon it, if enough other nodes still take pods."""
        return self._editor.apply(plan, CordonEdit(self._kubernetes, plan))

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the node is cordoned and carries the taint that keeps pods away."""
        try:
            node = self._kubernetes.read_object("node", "", plan.target.name)
        except NotFoundError:
            return Verdict(health=Health.FAILED, summary=f"{plan.target} is gone.")
        if not _cordoned(node):
            return Verdict(health=Health.FAILED, summary=f"{plan.target} is not cordoned (any more).")
        tainted = any(taint["key"] == TAINT for taint in _taints(node))
        words = "is cordoned" if tainted else "is marked, and has no taint yet"
        health = Health.HEALTHY if tainted else Health.WAITING
        return Verdict(health=health, summary=f"{plan.target} {words}.", evidence={"tainted": tainted})

    def undo(self, plan: Plan) -> Change | None:
        """Uncordon it, if it is this step that cordoned it and nobody has changed that since."""
        return self._editor.undo(plan, CordonEdit(self._kubernetes, plan))


class CordonEdit:
    """From schedulable to not."""

    def __init__(self, kubernetes: KubernetesClient, plan: Plan) -> None:
        self._kubernetes = kubernetes
        self._plan = plan

    def as_before(self, node: Json) -> bool:
        """Return whether it takes pods."""
        return not _cordoned(node)

    def as_desired(self, node: Json) -> bool:
        """Return whether it is cordoned."""
        return _cordoned(node)

    def forward(self) -> list[Json]:
        """Return the operation that cordons it, if the nodes that are left now are still enough.

        Raises:
            PermanentActionError: other nodes were cordoned or lost since the plan.
        """
        target, percent = self._plan.target, int(self._plan.params["keep_percent"])
        room = count_room(self._kubernetes.list_nodes(), target.name)
        if not room.enough(percent):
            raise PermanentActionError(too_few(room, target, percent))
        return [{"op": "add", "path": "/spec/unschedulable", "value": True}]

    def back(self) -> list[Json]:
        """Return the operation that uncordons it."""
        return [{"op": "remove", "path": "/spec/unschedulable"}]

    def shown(self, node: Json) -> Mapping[str, Json]:
        """Return whether it is cordoned."""
        return {"unschedulable": _cordoned(node)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many nodes are for everybody's pods, and how many of them take some when one is cordoned."""

    nodes: int
    left: int

    def enough(self, percent: int) -> bool:
        """Return whether at least one, and at least this share, is left."""
        return self.left > 0 and self.left * 100 >= percent * self.nodes


def count_room(nodes: Sequence[Json], without: str) -> Room:
    """Count the nodes for everybody's pods; without one of them, those that are ready and not cordoned."""
    common = [node for node in nodes if not any(map(_reserves, _taints(node)))]
    taking = [node for node in common if not _cordoned(node) and _ready(node) and workloads.name(node) != without]
    return Room(nodes=len(common), left=len(taking))


def too_few(room: Room, target: Target, percent: int) -> str:
    """Return why a node is not cordoned, as one sentence."""
    must = f"at least one and {percent} % must"
    return f"Without {target}, {room.left} of {room.nodes} nodes would take pods; {must}."


def _reserves(taint: Json) -> bool:
    return taint["effect"] in _KEEPS_AWAY and not taint["key"].startswith(_OWN_TAINTS)


def _taints(node: Json) -> list[Json]:
    return node["spec"].get("taints") or []


def _cordoned(node: Json) -> bool:
    return bool(node["spec"].get("unschedulable"))


def _ready(node: Json) -> bool:
    condition = workloads.find_condition(node, "Ready")
    return condition is not None and condition["status"] == "True"


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
