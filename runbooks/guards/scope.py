"""What may be touched at all: namespaces, and the lists of actions and targets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, Target

# Allowed by whoever configured the address of the service that they are behind; nothing has no kind.
_IN_NO_NAMESPACE = {"agent", "alert", "endpoint", ""}


class ScopeGuard(Protocol):
    """A reason not to act that is known before there is a plan, and before anything was read to make one."""

    def permit(self, action: str, target: Target) -> Refusal | None:
        """Return why not, or None; ``target`` is what the alert's labels name, a pod for example."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedNamespaces:
    """Only what is named may be changed."""

    namespaces: frozenset[str]
    nodes: tuple[str, ...] = ()

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse a target outside the allowed namespaces, and a node that is not named."""
        return self.permit(plan.action, plan.target)

    def permit(self, action: str, target: Target) -> Refusal | None:  # noqa: ARG002
        """Refuse as ``allow`` does: what a pod belongs to is in the pod's namespace."""
        if target.kind == "node":
            named = any(fnmatchcase(target.name, pattern) for pattern in self.nodes)
            text = f"{target} is in no namespace, and not one of the nodes that may be changed."
            return None if named else _refusal(RefusalReason.NAMESPACE, text)
        if target.kind in _IN_NO_NAMESPACE or target.namespace in self.namespaces:
            return None
        return _refusal(RefusalReason.NAMESPACE, f"Namespace {target.namespace} is not one that may be changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedActions:
    """Which actions are used; a denial wins over an allowance."""

    allow_only: frozenset[str] | None
    deny: frozenset[str]

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse an action that is denied, or not among those that are allowed."""
        return self.permit(plan.action, plan.target)

    def permit(self, action: str, target: Target) -> Refusal | None:  # noqa: ARG002
        """Refuse as ``allow`` does."""
        if action in self.deny:
            return _refusal(RefusalReason.NOT_ALLOWED, f"The action {action} is on the list of denied actions.")
        if self.allow_only is not None and action not in self.allow_only:
            text = f"The action {action} is not on the list of allowed actions."
            return _refusal(RefusalReason.NOT_ALLOWED, text)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedTargets:
    """Which targets are touched, by ``namespace/name`` patterns; a denial wins over an allowance.

    Only a plan knows: what is written down as touched is the workload that a pod belongs to.
    """

    allow_only: tuple[str, ...] | None
    deny: tuple[str, ...]

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:  # noqa: ARG002
        """Refuse a target that a denied pattern matches, or no allowed one."""
        if not plan.target.kind:
            return None
        place = _place(plan.target)
        denied = next((pattern for pattern in self.deny if fnmatchcase(place, pattern)), None)
        if denied is not None:
            text = f"{plan.target} is never touched: {denied} is on the list of denied targets."
            return _refusal(RefusalReason.NOT_ALLOWED, text)
        if self.allow_only is not None and not any(fnmatchcase(place, pattern) for pattern in self.allow_only):
            return _refusal(RefusalReason.NOT_ALLOWED, f"{plan.target} is not on the list of allowed targets.")
        return None


def _place(target: Target) -> str:
    """Return what the patterns are matched with; names hold no slash, so a ``*`` can't reach over it by accident."""
    return f"{target.namespace or target.kind}/{target.name}"


def _refusal(reason: RefusalReason, summary: str) -> Refusal:
    return Refusal(reason=reason, summary=summary)
