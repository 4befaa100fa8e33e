"""Modes of environments, namespaces and risks, from the file to what the guards are told."""

from collections.abc import Callable

import pytest

from firebrigade.responder.config import Config
from firebrigade.runbooks.contract import Risk
from firebrigade.runbooks.modes import AutomationMode, Environment

AUTO, APPROVE, DRY_RUN, OFF = AutomationMode
APPROVERS = "approvers: {anna: {token: annas-own-token-000000}}\n"


def test_every_mode_reaches_the_guards(config_of: Callable[..., Config]) -> None:
    modes = config_of("""
        approvers: {anna: {token: annas-own-token-000000}}
        automation:
          mode: auto
          namespaces: [shop, pay, shop-staging]
          modes:
            namespaces: {pay: approve}
            risks: {medium: approve, high: dry-run}
          environments:
            production: {mode: approve, namespaces: [shop, pay], kinds: [agent, node]}
            staging: {namespaces: [shop-staging]}
    """).automation.modes
    assert (modes.mode, modes.namespaces) == (AUTO, {"pay": APPROVE})
    assert modes.risks == {Risk.MEDIUM: APPROVE, Risk.HIGH: DRY_RUN}
    assert modes.environments == (
        Environment(
            name="production",
            mode=APPROVE,
            namespaces=frozenset({"shop", "pay"}),
            kinds=frozenset({"agent", "node"}),
        ),
        Environment(name="staging", namespaces=frozenset({"shop-staging"})),
    )
    assert modes.risk_of["rollback_deployment"] is Risk.MEDIUM


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(
            "modes: {namespaces: {shpo: approve}}",
            "automation.modes.namespaces.shpo: nothing may be changed in shpo: it is none of automation.namespaces;"
            " did you mean shop?",
            id="a mode for a namespace that is none",
        ),
        pytest.param(
            "modes: {risks: {hihg: off}}",
            "automation.modes.risks.hihg: is not a setting; did you mean high?",
            id="a mode for a risk that is none",
        ),
        pytest.param(
            "modes: {risks: {high: of}}",
            "automation.modes.risks.high: must be 'auto', 'approve', 'dry-run' or 'off'",
            id="a mode that is none",
        ),
        pytest.param(
            "modes: {namespaces: {shop: manual}}",
            "automation.modes.namespaces.shop: must be 'auto', 'approve', 'dry-run' or 'off'",
            id="a mode that is none, of a namespace",
        ),
        pytest.param(
            "environments: {production: {mode: approve}}",
            "automation.environments.production: holds nothing; list namespaces, or kinds of what is in no namespace",
            id="an environment of nothing",
        ),
        pytest.param(
            "environments: {production: {namespaces: [shop, web]}}",
            "automation.environments.production.namespaces[1]: nothing may be changed in web: it is none of"
            " automation.namespaces; known: pay, shop",
            id="an environment with a namespace that is none",
        ),
        pytest.param(
            "environments: {a: {namespaces: [shop]}, b: {namespaces: [pay, shop]}}",
            "automation.environments.b.namespaces[1]: namespace shop is in environment a already;"
            " what is in two has no mode that is clear",
            id="a namespace in two environments",
        ),
        pytest.param(
            "environments: {a: {kinds: [agent]}, b: {kinds: [agent]}}",
            "automation.environments.b.kinds[0]: kind agent is in environment a already;"
            " what is in two has no mode that is clear",
            id="a kind in two environments",
        ),
        pytest.param(
            "environments: {a: {kinds: [pod]}}",
            "automation.environments.a.kinds[0]: must be 'agent', 'node', 'endpoint' or 'alert'",
            id="a kind that has a namespace",
        ),
        pytest.param(
            "environments: {Production: {kinds: [agent]}}",
            "automation.environments.Production: is not the name of an environment; write lower case letters, digits"
            " and -, as in production",
            id="an environment that can't be in an address",
        ),
        pytest.param(
            "environments: {a: {mode: auto, namespace: [shop]}}",
            "automation.environments.a.namespace: is not a setting; did you mean namespaces?",
            id="an unknown key of an environment",
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_key(
    problems_of: Callable[..., list[str]], line: str, problem: str
) -> None:
    assert problems_of(f"{APPROVERS}automation:\n  namespaces: [shop, pay]\n  {line}\n") == [f"4: {problem}"]
