"""Who else decides about an object: the GitOps controllers that put it back to what a repository says. Pure.

Actions that change what a repository holds (replicas, images) ask it. Only labels and annotations that are the
controllers' own count: ``app.kubernetes.io/instance``, which Argo CD can be told to go by, is on every Helm chart.

https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Json, Refusal, RefusalReason, Target

_ARGO_LABEL = "argocd.argoproj.io/instance"
_ARGO_TRACKING = "argocd.argoproj.io/tracking-id"  # APPLICATION:GROUP/KIND:NAMESPACE/NAME
_FLUX = {"kustomize.toolkit.fluxcd.io": "Flux's kustomization", "helm.toolkit.fluxcd.io": "Flux's Helm release"}
_HANDED_OVER = "kustomize.toolkit.fluxcd.io/reconcile"


def owner(item: Json) -> str:
    """Return the controller that owns an object, with what it calls it; empty if none does."""
    annotations, labels = workloads.annotations(item), item["metadata"].get("labels") or {}
    application = annotations.get(_ARGO_TRACKING, "").partition(":")[0] or labels.get(_ARGO_LABEL, "")
    if application:
        return f"Argo CD's application {_shown(application)}"
    handed_over = "disabled" in (annotations.get(_HANDED_OVER), labels.get(_HANDED_OVER))
    for domain, words in _FLUX.items():
        name, namespace = labels.get(f"{domain}/name"), labels.get(f"{domain}/namespace")
        if name and not (handed_over and _HANDED_OVER.startswith(domain)):
            return f"{words} {'/'.join(filter(None, [namespace, name]))}"
    return ""


def _shown(name: str) -> str:
    """Return an annotation's text, which may be anything, fit for one line."""
    return name if name.isprintable() and len(name) <= 80 else ascii(name[:80])


def refusal(item: Json, target: Target, *, despite: bool) -> Refusal | None:
    """Return why an object is left to its repository, or None if nobody owns it or the step says so all the same."""
    found = owner(item)
    if despite or not found:
        return None
    text = f"{found} owns {target} and would put it back: change its repository, or set despite_gitops."
    return Refusal(reason=RefusalReason.NOT_SAFE, summary=text)
