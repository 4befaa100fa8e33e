"""Label and field selectors: what they match, and what can't be read."""

import pytest

from sandbox.cluster.errors import ApiError
from sandbox.cluster.resources import DEPLOYMENTS, EVENTS, PODS
from sandbox.cluster.selectors import fields, labels, matches

LABELS = {"app": "checkout", "tier": "web", "number": "7", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("", True),
        ("app=checkout", True),
        ("app==checkout", True),
        ("app = checkout , tier=web", True),
        ("app=other", False),
        ("app!=other", True),
        ("app!=checkout", False),
        ("missing!=x", True),
        ("app in (other, checkout)", True),
        ("app notin (other,checkout)", False),
        ("missing notin (a)", True),
        ("app", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("number>6", True),
        ("number<7", False),
        ("app>1", False),
        ("empty=", True),
        ("app=checkout,missing", False),
    ],
)
def test_a_label_selector_matches(selector: str, holds: bool) -> None:
    assert labels(selector)(LABELS) is holds


@pytest.mark.parametrize(
    "selector", ["app===x", "=x", "app in", "app in (", "app in (a", "app x", "a=b c", "a>x", ",", "!"]
)
def test_a_label_selector_that_can_not_be_read_is_400(selector: str) -> None:
    with pytest.raises(ApiError, match="unable to parse requirement") as refused:
        labels(selector)
    assert refused.value.code == 400


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "checkout"}}, True),
        ({"matchLabels": {"app": "other"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["checkout"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["checkout"]}]}, False),
        ({"matchExpressions": [{"key": "missing", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "missing", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_a_label_selector_object_matches(selector: dict[str, object] | None, holds: bool) -> None:
    assert matches(selector, LABELS) is holds


def test_pods_are_selected_by_node_and_phase() -> None:
    pod = {"metadata": {"name": "a"}, "spec": {"nodeName": "node-1"}, "status": {"phase": "Running"}}
    assert fields(PODS, "spec.nodeName=node-1,status.phase!=Pending")(pod)
    assert not fields(PODS, "spec.nodeName=node-2")(pod)


def test_events_are_selected_by_what_they_are_about() -> None:
    event = {"metadata": {}, "involvedObject": {"kind": "Pod", "name": "a"}, "source": {"component": "kubelet"}}
    assert fields(EVENTS, "involvedObject.name=a,source=kubelet")(event)
    assert not fields(EVENTS, "involvedObject.kind=Node")(event)


@pytest.mark.parametrize(
    ("selector", "told"),
    [("spec.replicas=1", "field label not supported: spec.replicas"), ("metadata.name", "invalid selector")],
)
def test_a_field_selector_that_is_not_supported_is_400(selector: str, told: str) -> None:
    with pytest.raises(ApiError, match=told):
        fields(DEPLOYMENTS, selector)
