"""What a repository holds is changed there: Argo CD and Flux would put it back."""

from typing import Any

import pytest

from firebrigade.runbooks import gitops
from firebrigade.runbooks.contract import Plan, Refusal, RefusalReason, Target

SERVICE = Target(kind="deployment", namespace="shop", name="checkout")
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
HELM = {"helm.toolkit.fluxcd.io/name": "checkout", "helm.toolkit.fluxcd.io/namespace": "shop"}
TRACKED = {"argocd.argoproj.io/tracking-id": "shop-app:apps/Deployment:shop/checkout"}
HANDED_OVER = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}


@pytest.mark.parametrize(
    ("labels", "annotations", "owner"),
    [
        pytest.param({}, {}, "", id="nobody"),
        pytest.param({"app.kubernetes.io/instance": "checkout"}, {}, "", id="a Helm chart that a person installed"),
        pytest.param({}, TRACKED, "Argo CD's application shop-app", id="Argo CD by its tracking id"),
        pytest.param(
            {"argocd.argoproj.io/instance": "shop-app"}, {}, "Argo CD's application shop-app", id="Argo CD by its label"
        ),
        pytest.param(
            {}, {"argocd.argoproj.io/tracking-id": "a\nb:c"}, "Argo CD's application 'a\\nb'", id="a line break in it"
        ),
        pytest.param(FLUX, {}, "Flux's kustomization flux-system/apps", id="a kustomization"),
        pytest.param(HELM, {}, "Flux's Helm release shop/checkout", id="a Helm release"),
        pytest.param(FLUX, HANDED_OVER, "", id="a kustomization that left it to people"),
        pytest.param({**FLUX, **HANDED_OVER}, {}, "", id="and says so in a label"),
        pytest.param({**FLUX, **HELM}, HANDED_OVER, "Flux's Helm release shop/checkout", id="but the release did not"),
        pytest.param({"kustomize.toolkit.fluxcd.io/name": "apps"}, {}, "Flux's kustomization apps", id="no namespace"),
    ],
)
def test_only_a_controller_s_own_marks_make_it_the_owner(
    labels: dict[str, str], annotations: dict[str, str], owner: str
) -> None:
    assert gitops.owner({"metadata": {"labels": labels, "annotations": annotations}}) == owner


@pytest.mark.parametrize(
    ("action", "params"),
    [
        pytest.param("scale_deployment", {"add": 1, "maximum": 6}, id="scaling"),
        pytest.param("rollback_deployment", {}, id="rolling back"),
    ],
)
def test_what_gitops_owns_is_changed_only_by_a_step_that_says_so(world: Any, action: str, params: Any) -> None:
    world.deploy("checkout:2.0")
    world.edit({"metadata": {"annotations": TRACKED}})
    world.cluster.advance(60)
    refusal = world.plan_or_refusal(action, SERVICE, **params)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NOT_SAFE
    assert refusal.summary == (
        "Argo CD's application shop-app owns deployment/shop/checkout and would put it back:"
        " change its repository, or set despite_gitops."
    )
    assert isinstance(world.plan_or_refusal(action, SERVICE, despite_gitops=True, **params), Plan)


def test_a_restart_changes_nothing_that_a_repository_holds(world: Any) -> None:
    world.edit({"metadata": {"annotations": TRACKED}})
    assert isinstance(world.plan_or_refusal("restart_deployment", SERVICE), Plan)
