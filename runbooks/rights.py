"""What an action asks of the Kubernetes API, as it declares it. Pure; ``roles.py`` makes roles of it.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Something that an action asks of the Kubernetes API.

    Attributes:
        verb: as a role names it: ``get``, ``list``, ``create``, ``patch`` or ``delete``.
        resource: the plural, with a subresource as in ``pods/eviction``.
        group: the API group; empty for the core.
        kinds: the targets for which it is needed; empty for all.
        param: the parameter that must be set for it to be needed; empty if it always is.
    """

    verb: str
    resource: str
    group: str = ""
    kinds: frozenset[str] = frozenset()
    param: str = ""

    def applies(self, kinds: Set[str], params: Mapping[str, object]) -> bool:
        """Return whether a step with targets of these kinds and these parameters needs it."""
        return (not self.kinds or bool(self.kinds & kinds)) and (not self.param or bool(params.get(self.param)))


def rights(verbs: str, resource: str, group: str = "", *, kinds: Iterable[str] = (), param: str = "") -> list[Right]:
    """Return a right for each of some verbs, which spaces part."""
    found = frozenset(kinds)
    return [Right(verb=verb, resource=resource, group=group, kinds=found, param=param) for verb in verbs.split()]
