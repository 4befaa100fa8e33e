"""From an alert's labels to the one thing that a step changes. Pure; the executor calls it before any request.

Labels are hostile input: a value becomes part of a request's path, so it must be a valid Kubernetes name first.
"""

import re
from collections.abc import Mapping, Sequence

from firebrigade.runbooks.contract import Json, Refusal, RefusalReason, Target

KINDS = ("pod", "deployment", "statefulset", "daemonset", "node", "agent")
WITHOUT_NAMESPACE = ("node", "agent", "endpoint")
LITERAL_NAME = ("cronjob", "endpoint")  # what is run is for the runbook to say, not for the alert

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*"


def is_namespace(text: str) -> bool:
    """Return whether it is an RFC 1123 label: what the API server takes for a namespace."""
    return re.fullmatch(_LABEL, text, re.ASCII) is not None


def is_name(text: str) -> bool:
    """Return whether it is an RFC 1123 subdomain: what the API server takes for a pod, a deployment or a node.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
    """
    return re.fullmatch(_SUBDOMAIN, text, re.ASCII) is not None


def resolve_target(spec: Mapping[str, Json], labels: Mapping[str, str], default_kind: str) -> Target | Refusal:
    """Find the target of a step.

    Args:
        spec: a step's ``target``: ``name`` and ``namespace``, each a literal or ``{"label": NAME or [NAMES]}`` of which
            the first that the alert carries counts; ``kind`` where the name's label does not say it.
        labels: the alert's labels.
        default_kind: the action's own kind, for a literal name or a label that names no kind.

    Returns:
        The target with valid names, or a refusal (INVALID_TARGET) that says which label is missing or wrong.
    """
    name, source = _value(spec.get("name"), labels)
    if not name:
        return _refusal(f"the alert carries no label {source} to find the {default_kind} by")
    kind = spec.get("kind") or (source if source in KINDS else default_kind)
    if not is_name(name):
        return _refusal(f"{source}={_shown(name)} is not a valid name of a {kind}")
    if kind in WITHOUT_NAMESPACE:
        return Target(kind=kind, namespace="", name=name)
    namespace, source = _value(spec.get("namespace"), labels)
    if not namespace:
        return _refusal(f"the alert carries no label {source} to find the namespace by")
    if not is_namespace(namespace):
        return _refusal(f"{source}={_shown(namespace)} is not a valid name of a namespace")
    return Target(kind=kind, namespace=namespace, name=name)


def possible_kinds(spec: Mapping[str, Json], default_kind: str) -> frozenset[str]:
    """Return every kind that the target of a step can have, whatever the alert carries; arguments as above."""
    if spec.get("kind"):
        return frozenset([spec["kind"]])
    name = spec.get("name")
    labels = name["label"] if isinstance(name, Mapping) else []
    names = [labels] if isinstance(labels, str) else labels
    return frozenset(one if one in KINDS else default_kind for one in names) or frozenset([default_kind])


def _value(spec: Json, labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the value and where it is from; without a value, the labels that were looked for."""
    if not isinstance(spec, Mapping):
        return (spec or ""), "name"
    names: Sequence[str] = [spec["label"]] if isinstance(spec["label"], str) else spec["label"]
    found = next((name for name in names if labels.get(name)), None)
    return (labels[found], found) if found else ("", " or ".join(names))


def _refusal(summary: str) -> Refusal:
    return Refusal(reason=RefusalReason.INVALID_TARGET, summary=f"No valid target: {summary}.")


def _shown(value: str) -> str:
    """Return hostile text fit for one line of a log or a page."""
    return ascii(value if len(value) <= 80 else value[:80] + "…")
