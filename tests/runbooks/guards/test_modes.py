"""How far the machine may go with a target: the strictest of all modes that apply, and who said so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.runbooks.contract import RefusalReason, Risk, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, scope_for
from firebrigade.runbooks.modes import RISKS, AutomationMode, Environment, Modes, Ruling

AUTO, APPROVE, DRY_RUN, OFF = AutomationMode
SHOP = frozenset({"shop"})
CHECKOUT = Target(kind="deployment", namespace="shop", name="checkout")
AGENT = Target(kind="agent", namespace="", name="agent-07")
PRODUCTION = Environment(name="production", mode=APPROVE, namespaces=SHOP, kinds=frozenset({"agent"}))
STAGING = Environment(name="staging", mode=AUTO, namespaces=frozenset({"shop-staging"}))
RISK_OF = {"restart_pod": Risk.LOW, "scale_deployment": Risk.MEDIUM, "rollback_deployment": Risk.HIGH}
NOWHERE = "automation.environments, none of which has "


@pytest.mark.parametrize(
    ("modes", "mode", "setting"),
    [
        pytest.param({}, AUTO, "automation.mode", id="nothing but the installation's"),
        pytest.param({"mode": OFF}, OFF, "automation.mode", id="the installation's"),
        pytest.param(
            {"environments": (STAGING, PRODUCTION)},
            APPROVE,
            "automation.environments.production.mode",
            id="environment",
        ),
        pytest.param({"environments": (STAGING,)}, DRY_RUN, NOWHERE + "namespace shop", id="in no environment"),
        pytest.param(
            {"mode": OFF, "environments": (STAGING,)}, OFF, "automation.mode", id="off is stricter than nowhere"
        ),
        pytest.param(
            {"environments": (Environment(name="all", namespaces=SHOP),)},
            AUTO,
            "automation.mode",
            id="an environment without a mode",
        ),
        pytest.param(
            {"namespaces": {"shop": DRY_RUN}}, DRY_RUN, "automation.modes.namespaces.shop", id="of its namespace"
        ),
        pytest.param({"namespaces": {"sho": OFF}}, AUTO, "automation.mode", id="of another namespace"),
        pytest.param(
            {"mode": DRY_RUN, "namespaces": {"shop": AUTO}}, DRY_RUN, "automation.mode", id="no mode loosens another"
        ),
        pytest.param(
            {"environments": (PRODUCTION,), "namespaces": {"shop": DRY_RUN}, "risks": {Risk.LOW: APPROVE}},
            DRY_RUN,
            "automation.modes.namespaces.shop",
            id="the strictest of three",
        ),
        pytest.param(
            {"mode": APPROVE, "environments": (PRODUCTION,)}, APPROVE, "automation.mode", id="of equals the widest"
        ),
        pytest.param({"risks": {Risk.MEDIUM: OFF}}, OFF, "automation.modes.risks.medium", id="of its risk"),
        pytest.param({"risks": {Risk.LOW: APPROVE}}, APPROVE, "automation.modes.risks.low", id="of a lower risk"),
        pytest.param({"risks": {Risk.HIGH: OFF}}, AUTO, "automation.mode", id="of a higher risk"),
        pytest.param({"approve_risk": Risk.MEDIUM}, APPROVE, "automation.approve_risk", id="approved from its risk on"),
        pytest.param({"approve_risk": Risk.HIGH}, AUTO, "automation.mode", id="approved from a higher risk on"),
        pytest.param(
            {"approve_actions": {"scale_deployment"}}, APPROVE, "automation.approve_actions", id="approved by name"
        ),
        pytest.param({"approve_actions": {"restart_pod"}}, AUTO, "automation.mode", id="another one is approved"),
    ],
)
def test_a_target_gets_the_strictest_mode_that_applies(modes: Any, mode: AutomationMode, setting: str) -> None:
    decided = Modes(risk_of=RISK_OF, **modes).decide("scale_deployment", CHECKOUT)
    assert decided == Ruling(mode=mode, setting=setting)


@pytest.mark.parametrize(
    ("target", "environment"),
    [
        pytest.param(CHECKOUT, "production", id="by its namespace"),
        pytest.param(AGENT, "production", id="what is in no namespace by its kind"),
        pytest.param(Target(kind="agent", namespace="other", name="a"), "", id="the namespace goes before the kind"),
        pytest.param(Target(kind="node", namespace="", name="worker-1"), "", id="a kind that nobody named"),
    ],
)
def test_a_target_is_in_the_environment_that_names_it(target: Target, environment: str) -> None:
    modes = Modes(environments=(STAGING, PRODUCTION))
    assert modes.environment_of(target) == environment
    assert (modes.decide("x", target).mode is DRY_RUN) == (environment == "")


def test_without_environments_everything_is_in_one() -> None:
    assert Modes().environment_of(AGENT) == Modes().environment_of(CHECKOUT) == "default"


def test_an_action_that_nobody_knows_counts_as_risky() -> None:
    assert Modes(risks={Risk.HIGH: OFF}, risk_of=RISK_OF).decide("reboot", CHECKOUT).mode is OFF


@pytest.mark.parametrize(
    ("modes", "settings", "expected"),
    [
        pytest.param({}, {}, None, id="auto"),
        pytest.param({"mode": APPROVE}, {}, RefusalReason.APPROVAL, id="approve"),
        pytest.param({"mode": DRY_RUN}, {}, RefusalReason.DRY_RUN, id="dry run"),
        pytest.param({"mode": OFF}, {}, RefusalReason.OFF, id="off"),
        pytest.param({"namespaces": {"shop": OFF}}, {}, RefusalReason.OFF, id="off in its namespace"),
        pytest.param({"mode": APPROVE}, {"namespaces": frozenset()}, RefusalReason.NAMESPACE, id="not elsewhere"),
        pytest.param({"mode": OFF}, {"namespaces": frozenset()}, RefusalReason.OFF, id="off before anything"),
    ],
)
def test_a_mode_is_a_reason_not_to_act(
    asked: Any, plan: Any, modes: Any, settings: Any, expected: RefusalReason | None
) -> None:
    assert asked(plan(), modes=Modes(**modes), **settings) is expected


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (APPROVE, "It waits for a person's approval by automation.modes.namespaces.shop."),
        (DRY_RUN, "Dry run by automation.modes.namespaces.shop: Evict pod checkout-1."),
        (OFF, "Automation is switched off by automation.modes.namespaces.shop."),
    ],
)
def test_the_reason_names_the_setting_that_decided(plan: Any, mode: AutomationMode, said: str) -> None:
    guards = guards_for(GuardSettings(namespaces=SHOP, modes=Modes(namespaces={"shop": mode})))
    refusal = RunbookExecutor({}, guards, None).allow(plan(), (), plan().planned_at)
    assert refusal is not None
    assert refusal.summary == said


@pytest.mark.parametrize(("mode", "permitted"), [(AUTO, True), (APPROVE, True), (DRY_RUN, True), (OFF, False)])
def test_only_what_is_off_is_not_even_planned(mode: AutomationMode, permitted: bool) -> None:
    settings = GuardSettings(namespaces=SHOP, modes=Modes(namespaces={"shop": mode}))
    assert all(guard.permit("restart_pod", CHECKOUT) is None for guard in scope_for(settings)) is permitted


MODE = st.sampled_from(AutomationMode)
NAMES = ["shop", "pay", "web"]
HOMES = st.fixed_dictionaries({place: st.sampled_from(["a", "b", ""]) for place in NAMES})


def _environments(modes: dict[str, AutomationMode | None], homes: dict[str, str]) -> tuple[Environment, ...]:
    held = {name: frozenset(place for place, home in homes.items() if home == name) for name in modes}
    return tuple(Environment(name=name, mode=mode, namespaces=held[name]) for name, mode in modes.items())


ENVIRONMENTS = st.builds(_environments, st.dictionaries(st.sampled_from(["a", "b"]), st.none() | MODE), HOMES)
ANY = {
    "mode": MODE,
    "environments": ENVIRONMENTS,
    "namespaces": st.dictionaries(st.sampled_from(NAMES), MODE),
    "risks": st.dictionaries(st.sampled_from(RISKS[1:]), MODE),
    "approve_risk": st.none() | st.sampled_from(RISKS[1:]),
    "approve_actions": st.frozensets(st.sampled_from(sorted(RISK_OF))),
}
TARGETS = st.sampled_from([Target(kind="deployment", namespace=place, name="x") for place in (*NAMES, "else")])


@given(given=st.fixed_dictionaries(ANY), more=st.fixed_dictionaries(ANY), target=TARGETS, data=st.data())
def test_no_mode_that_is_added_ever_lets_more_be_done(given: Any, more: Any, target: Target, data: Any) -> None:
    """Environments stay as they are: one that is added says of what is in it that it is not forgotten."""
    added = {
        "mode": max(given["mode"], more["mode"], key=lambda mode: mode.strictness),
        "namespaces": more["namespaces"] | given["namespaces"],
        "risks": more["risks"] | given["risks"],
        "approve_risk": given["approve_risk"] or more["approve_risk"],
        "approve_actions": given["approve_actions"] | more["approve_actions"],
    }
    chosen = data.draw(st.sampled_from(sorted(added)))
    before, after = Modes(risk_of=RISK_OF, **given), Modes(risk_of=RISK_OF, **{**given, chosen: added[chosen]})
    for action in RISK_OF:
        assert after.decide(action, target).mode.strictness >= before.decide(action, target).mode.strictness


@given(modes=st.fixed_dictionaries(ANY), target=TARGETS)
def test_nothing_is_less_strict_than_any_setting_that_is_about_it(modes: Any, target: Target) -> None:
    made = Modes(risk_of=RISK_OF, **modes)
    of_environment = [one.mode or AUTO for one in made.environments if one.holds(target)]
    about = [made.mode, made.namespaces.get(target.namespace, AUTO), *of_environment]
    about += [DRY_RUN] if made.environments and not of_environment else []
    strictness = [made.decide(action, target).mode.strictness for action in RISK_OF]
    assert min(strictness) >= max(mode.strictness for mode in about)
    assert max(strictness) <= max(mode.strictness for mode in (*about, *made.risks.values(), APPROVE))


@given(modes=st.fixed_dictionaries({**ANY, "approve_actions": st.just(frozenset())}), target=TARGETS)
def test_what_is_riskier_is_never_let_through_more_easily(modes: Any, target: Target) -> None:
    made = Modes(risk_of=RISK_OF, **modes)
    low, medium, high = (made.decide(action, target).mode.strictness for action in RISK_OF)
    assert low <= medium <= high
