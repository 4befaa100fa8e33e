"""What may be touched at all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.contract import RefusalReason, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

NODE = Target(kind="node", namespace="", name="worker-1")
AGENT = Target(kind="agent", namespace="", name="agent-07")


def workload(namespace: str = "shop", name: str = "checkout", kind: str = "deployment") -> Target:
    return Target(kind=kind, namespace=namespace, name=name)


def test_nothing_in_kubernetes_is_touched_unless_its_namespace_is_named(plan: Any, asked: Any) -> None:
    assert asked(plan(), namespaces=frozenset()) is RefusalReason.NAMESPACE
    assert asked(plan()) is None


def test_an_allowed_namespace_allows_no_other_that_begins_like_it(plan: Any, asked: Any) -> None:
    assert asked(plan(workload("shop-2"))) is RefusalReason.NAMESPACE


def test_an_agent_needs_no_namespace(plan: Any, asked: Any) -> None:
    assert asked(plan(AGENT), namespaces=frozenset()) is None


@pytest.mark.parametrize(
    ("nodes", "wanted"),
    [
        pytest.param((), RefusalReason.NAMESPACE, id="none is named"),
        pytest.param(("worker-1",), None, id="named"),
        pytest.param(("gpu-*", "worker-*"), None, id="named by a pattern"),
        pytest.param(("worker",), RefusalReason.NAMESPACE, id="the beginning of a name is another name"),
    ],
)
def test_a_node_is_changed_only_if_it_is_named_whatever_the_namespaces(
    plan: Any, asked: Any, nodes: tuple[str, ...], wanted: RefusalReason | None
) -> None:
    assert asked(plan(NODE), namespaces=frozenset({"", "shop", "worker-1"}), nodes=nodes) is wanted


def test_a_denied_node_is_never_changed(plan: Any, asked: Any) -> None:
    assert asked(plan(NODE), nodes=("*",), deny_targets=("node/worker-*",)) is RefusalReason.NOT_ALLOWED


def test_switched_off_wins_over_every_other_reason(plan: Any, asked: Any) -> None:
    off = Modes(mode=AutomationMode.OFF)
    found = asked(plan(workload("other")), modes=off, deny_actions=frozenset({"restart_pod"}))
    assert found is RefusalReason.OFF


def test_a_dry_run_says_what_would_be_done_and_what_else_would_refuse(plan: Any, asked: Any) -> None:
    dry = Modes(mode=AutomationMode.DRY_RUN)
    guards = guards_for(GuardSettings(modes=dry, namespaces=frozenset({"shop"})))
    refusal = RunbookExecutor({}, guards, None).allow(plan(), (), plan().planned_at)
    assert refusal is not None
    assert refusal.reason is RefusalReason.DRY_RUN
    assert refusal.summary == "Dry run by automation.mode: Evict pod checkout-1."
    assert asked(plan(disturbs_rollout=True), modes=dry) is RefusalReason.BLAST_RADIUS


@pytest.mark.parametrize(
    ("lists", "allowed"),
    [
        pytest.param({}, True, id="no lists"),
        pytest.param({"allow_actions": frozenset({"restart_pod"})}, True, id="on the list of allowed ones"),
        pytest.param({"allow_actions": frozenset({"recover_agent"})}, False, id="not on the list of allowed ones"),
        pytest.param({"allow_actions": frozenset()}, False, id="an empty list allows nothing"),
        pytest.param({"deny_actions": frozenset({"restart_pod"})}, False, id="denied"),
        pytest.param(
            {"deny_actions": frozenset({"restart"})}, True, id="another whose name is the beginning is denied"
        ),
        pytest.param(
            {"allow_actions": frozenset({"restart_pod"}), "deny_actions": frozenset({"restart_pod"})},
            False,
            id="a denial wins over an allowance",
        ),
    ],
)
def test_actions_are_allowed_and_denied_by_name(plan: Any, asked: Any, lists: dict[str, Any], allowed: bool) -> None:
    assert asked(plan(), **lists) is (None if allowed else RefusalReason.NOT_ALLOWED)


@pytest.mark.parametrize(
    ("target", "lists", "allowed"),
    [
        pytest.param(workload(), {}, True, id="no lists"),
        pytest.param(workload(), {"allow_targets": ("shop/checkout",)}, True, id="allowed by its name"),
        pytest.param(workload(), {"allow_targets": ("shop/*",)}, True, id="allowed by a pattern"),
        pytest.param(workload(), {"allow_targets": ("shop/check",)}, False, id="a pattern is for the whole name"),
        pytest.param(workload(), {"allow_targets": ()}, False, id="an empty list allows nothing"),
        pytest.param(workload(), {"deny_targets": ("*/checkout",)}, False, id="denied in every namespace"),
        pytest.param(workload(), {"deny_targets": ("sho?/check*",)}, False, id="denied by a pattern of both"),
        pytest.param(workload(), {"deny_targets": ("other/*", "shop/db")}, True, id="others are denied"),
        pytest.param(
            workload(), {"allow_targets": ("shop/*",), "deny_targets": ("shop/checkout",)}, False, id="a denial wins"
        ),
        pytest.param(AGENT, {"deny_targets": ("agent/agent-0*",)}, False, id="an agent by its kind"),
        pytest.param(AGENT, {"deny_targets": ("shop/*",)}, True, id="an agent is in no namespace"),
        pytest.param(AGENT, {"allow_targets": ("shop/*",)}, False, id="an agent is not allowed by a namespace"),
    ],
)
def test_targets_are_allowed_and_denied_by_pattern(
    plan: Any, asked: Any, target: Target, lists: dict[str, Any], allowed: bool
) -> None:
    assert asked(plan(target), **lists) is (None if allowed else RefusalReason.NOT_ALLOWED)


NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,6}[a-z0-9])?", fullmatch=True)
PATTERNS = st.lists(st.from_regex(r"[-a-z0-9*?]{1,3}/[-a-z0-9*?]{1,3}", fullmatch=True), max_size=3)


@settings(deadline=None)
@given(namespace=NAMES, name=NAMES, allow=st.none() | PATTERNS, deny=PATTERNS)
def test_no_list_ever_allows_what_is_denied_by_its_name(
    plan: Any, asked: Any, namespace: str, name: str, allow: list[str] | None, deny: list[str]
) -> None:
    lists = {
        "allow_targets": None if allow is None else tuple(allow),
        "deny_targets": (*deny, f"{namespace}/{name}"),
        "namespaces": frozenset({namespace}),
    }
    assert asked(plan(workload(namespace, name)), **lists) is RefusalReason.NOT_ALLOWED
