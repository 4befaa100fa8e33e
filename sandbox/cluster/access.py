"""Who asks, and whether they may: bearer tokens, and rules like those of a role."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.cluster.errors import ApiError, details, unauthorized
from sandbox.cluster.resources import Json
from sandbox.cluster.routes import Call

REVIEW_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account.

    Attributes:
        allow: pairs of a verb and a resource, such as ``("create", "pods/eviction")``; None allows everything.
    """

    name: str
    allow: frozenset[tuple[str, str]] | None = None

    def may(self, verb: str, resource: str, group: str) -> bool:  # noqa: ARG002 - the rules of tests name no groups
        """Say whether a rule allows this."""
        return self.allow is None or (verb, resource) in self.allow


ANYBODY = User(name="system:anonymous")


def user_of(users: Mapping[str, User], authorization: str) -> User:
    """Return who sent a request; without any accounts everybody may do everything.

    Args:
        users: accounts by their token.
        authorization: the header.

    Raises:
        ApiError: 401.
    """
    if not users:
        return ANYBODY
    token = authorization.removeprefix("Bearer ").strip()
    for known, user in users.items():
        if hmac.compare_digest(known.encode(), token.encode()):
            return user
    raise unauthorized()


def check(user: User, call: Call) -> None:
    """Refuse what the user's rules do not allow.

    Raises:
        ApiError: 403.
    """
    part = f"{call.resource.plural}/{call.subresource}" if call.subresource else call.resource.plural
    if user.may(call.verb, part, call.resource.group):
        return
    where = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
    named = f'{call.resource.qualified} "{call.name}"' if call.name else call.resource.qualified
    told = f'User "{user.name}" cannot {call.verb} resource "{part}" in API group "{call.resource.group}" {where}'
    raise ApiError(403, "Forbidden", f"{named} is forbidden: {told}", details(call.resource, call.name))


def reviewed(user: User, review: Json) -> Json:
    """Return a SelfSubjectAccessReview with its answer."""
    asked = (review.get("spec") or {}).get("resourceAttributes") or {}
    part = "/".join(filter(None, [asked.get("resource", ""), asked.get("subresource", "")]))
    version = "authorization.k8s.io/v1"
    status = {"allowed": user.may(asked.get("verb", ""), part, asked.get("group", ""))}
    return {**review, "kind": "SelfSubjectAccessReview", "apiVersion": version, "metadata": {}, "status": status}
