"""What the service account needs: generated from the actions that are switched on and the runbooks that use them.

Each action declares its rights (``Action.RIGHTS``); a test drives it against the sandbox's cluster and sees that it
calls nothing else. ``firebrigade runbook rbac`` prints what stands here as manifests. Pure.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from firebrigade.runbooks.contract import Json, Runbook
from firebrigade.runbooks.readings import AnyAction
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.targets import possible_kinds

ROLE = "firebrigade"

_OF_THE_CLUSTER = {"nodes"}
_API = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    """One verb on one resource, such as ``patch`` on ``deployments`` of ``apps``; the core's group is empty."""

    group: str
    resource: str
    verb: str


def needed(
    runbooks: Iterable[Runbook], actions: Mapping[str, type[AnyAction]], switched_on: Collection[str]
) -> frozenset[Permission]:
    """Return what the steps of some runbooks need.

    Args:
        runbooks: those that are in use.
        actions: every action's class by its name.
        switched_on: the names of the actions that may be applied.
    """
    steps = [step for runbook in runbooks for step in runbook.steps if step.action in switched_on]
    return frozenset(
        permission_of(right)
        for step in steps
        for right in actions[step.action].RIGHTS
        if right.applies(possible_kinds(step.target, actions[step.action].TARGET_KIND), step.params)
    )


def permission_of(right: Right) -> Permission:
    """Return a right without its condition."""
    return Permission(group=right.group, resource=right.resource, verb=right.verb)


def manifests(permissions: Collection[Permission], namespaces: Iterable[str]) -> Iterator[Json]:
    """Yield a Role for each namespace, and a ClusterRole for what is in none; none that would be empty."""
    of_cluster = [one for one in permissions if one.resource in _OF_THE_CLUSTER]
    namespaced = [one for one in permissions if one.resource not in _OF_THE_CLUSTER]
    if namespaced:
        for namespace in namespaces:
            metadata = {"name": ROLE, "namespace": namespace}
            yield {"apiVersion": _API, "kind": "Role", "metadata": metadata, "rules": list(_rules(namespaced))}
    if of_cluster:
        yield {"apiVersion": _API, "kind": "ClusterRole", "metadata": {"name": ROLE}, "rules": list(_rules(of_cluster))}


def _rules(permissions: Iterable[Permission]) -> Iterator[Json]:
    for (group, resource), same in groupby(sorted(permissions), key=lambda one: (one.group, one.resource)):
        yield {"apiGroups": [group], "resources": [resource], "verbs": [one.verb for one in same]}
