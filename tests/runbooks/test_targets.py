"""Targets from labels, which are hostile."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.contract import Refusal, RefusalReason, Target
from firebrigade.runbooks.targets import is_name, is_namespace, resolve_target

BY_LABEL = {"namespace": {"label": "namespace"}, "name": {"label": ["pod", "deployment"]}}
HOSTILE = {
    "a path that climbs": "../../secrets/token",
    "an encoded slash": "a%2fb",
    "a query": "a?dryRun=All",
    "upper case": "Checkout",
    "a line break": "checkout\n",
    "a NUL": "check\x00out",
    "a full-width letter": "ｃheckout",
    "an Arabic digit": "pod-\u0661",
    "a leading dash": "-rf",
    "two dots": "a..b",
    "254 characters": "a" * 254,
    "a lone surrogate": "\ud800",
    "a template": "{{ 7*7 }}",
    "a shell command": "$(reboot)",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("label", ["namespace", "pod"])
def test_a_hostile_label_is_refused_in_one_printable_line(label: str, value: str) -> None:
    refusal = resolve_target(BY_LABEL, {"namespace": "shop", "pod": "checkout-1", label: value}, "pod")
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.INVALID_TARGET
    assert refusal.summary.isprintable()
    assert label in refusal.summary
    assert len(refusal.summary) < 400


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_valid_name_is_only_what_the_api_server_takes(text: str) -> None:
    assert is_name(text) == (
        0 < len(text) <= 253
        and all(
            part
            and len(part) <= 63
            and set(part) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
            and part[0] != "-"
            and part[-1] != "-"
            for part in text.split(".")
        )
    )


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True))
def test_every_rfc_1123_label_is_a_namespace_and_a_name(text: str) -> None:
    assert is_namespace(text)
    assert is_name(text)
    target = resolve_target(BY_LABEL, {"namespace": text, "pod": text}, "pod")
    assert target == Target(kind="pod", namespace=text, name=text)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_whatever_passes_is_safe_in_a_path(text: str) -> None:
    target = resolve_target(BY_LABEL, {"namespace": "shop", "pod": text}, "pod")
    if isinstance(target, Target):
        assert re.fullmatch(r"[a-z0-9.-]+", target.name)


def test_a_dot_is_right_in_a_name_and_wrong_in_a_namespace() -> None:
    assert is_name("a.b")
    assert not is_namespace("a.b")


def test_the_first_label_that_the_alert_carries_gives_name_and_kind() -> None:
    labels = {"namespace": "shop", "deployment": "checkout"}
    assert resolve_target(BY_LABEL, labels, "pod") == Target(kind="deployment", namespace="shop", name="checkout")
    labels["pod"] = "checkout-1"
    assert resolve_target(BY_LABEL, labels, "pod") == Target(kind="pod", namespace="shop", name="checkout-1")


def test_an_empty_label_counts_as_absent() -> None:
    labels = {"namespace": "shop", "pod": "", "deployment": "checkout"}
    target = resolve_target(BY_LABEL, labels, "pod")
    assert isinstance(target, Target)
    assert target.name == "checkout"


def test_a_missing_label_is_named() -> None:
    refusal = resolve_target(BY_LABEL, {"namespace": "shop"}, "pod")
    assert isinstance(refusal, Refusal)
    assert "pod or deployment" in refusal.summary
    refusal = resolve_target(BY_LABEL, {"pod": "checkout-1"}, "pod")
    assert isinstance(refusal, Refusal)
    assert "label namespace" in refusal.summary


def test_a_kind_that_is_written_down_wins() -> None:
    spec = {"kind": "deployment", "namespace": "agents", "name": {"label": "agent_id"}}
    target = resolve_target(spec, {"agent_id": "agent-07"}, "pod")
    assert target == Target(kind="deployment", namespace="agents", name="agent-07")


def test_an_agent_has_no_namespace() -> None:
    spec = {"name": {"label": "agent_id"}}
    target = resolve_target(spec, {"agent_id": "agent-07", "namespace": "agents"}, "agent")
    assert target == Target(kind="agent", namespace="", name="agent-07")
