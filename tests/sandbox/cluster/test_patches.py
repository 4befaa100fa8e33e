"""The three kinds of patch, apart from the cluster."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.cluster.errors import ApiError
from sandbox.cluster.patches import applied, merged
from sandbox.cluster.strategic import strategically_merged

Json = dict[str, Any]
CONTAINERS = {"containers": [{"name": "main", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "side"}]}


# The examples of RFC 7386, appendix A.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_shows(target: Json, patch: Json, result: Json) -> None:
    assert merged(target, patch) == result


@pytest.mark.parametrize(
    ("target", "operations", "result"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["a", "b"]}, [{"op": "add", "path": "/foo/1", "value": "c"}], {"foo": ["a", "c", "b"]}),
        ({"foo": ["a"]}, [{"op": "add", "path": "/foo/-", "value": "b"}], {"foo": ["a", "b"]}),
        ({"foo": 1, "bar": 2}, [{"op": "remove", "path": "/foo"}], {"bar": 2}),
        ({"foo": ["a", "b"]}, [{"op": "remove", "path": "/foo/0"}], {"foo": ["b"]}),
        ({"foo": 1}, [{"op": "replace", "path": "/foo", "value": 2}], {"foo": 2}),
        ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
        ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ({"a~b/c": 1}, [{"op": "test", "path": "/a~0b~1c", "value": 1}], {"a~b/c": 1}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
    ],
    ids=["add", "insert", "append", "remove", "remove item", "replace", "move", "copy", "escapes", "whole"],
)
def test_a_json_patch_does_what_the_rfc_shows(target: Json, operations: list[Json], result: Json) -> None:
    assert applied(target, operations) == result


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/missing", "value": None},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "add", "path": "/missing/b", "value": 1},
        {"op": "add", "path": "/list/7", "value": 1},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "swap", "path": "/a"},
        {"path": "/a"},
    ],
    ids=lambda operation: f"{operation.get('op', 'no op')} {operation['path']}",
)
def test_a_json_patch_that_can_not_be_applied_is_422_and_changes_nothing(operation: Json) -> None:
    target = {"a": 1, "list": [1]}
    with pytest.raises(ApiError) as refused:
        applied(target, [{"op": "replace", "path": "/a", "value": 1}, operation])
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")
    assert target == {"a": 1, "list": [1]}


def test_a_json_patch_must_be_a_list() -> None:
    with pytest.raises(ApiError) as refused:
        applied({}, {"spec": {}})
    assert refused.value.code == 400


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ([{"name": "main", "image": "a:2"}], {"main": "a:2", "side": None}),
        ([{"name": "new", "image": "n"}], {"main": "a:1", "side": None, "new": "n"}),
        ([{"name": "side", "$patch": "delete"}], {"main": "a:1"}),
        ([{"$patch": "replace"}, {"name": "only", "image": "o"}], {"only": "o"}),
    ],
    ids=["a known item is changed", "a new item is added", "an item is deleted", "the list is replaced"],
)
def test_a_strategic_patch_merges_lists_by_name(patch: list[Json], result: Json) -> None:
    after = strategically_merged(CONTAINERS, {"containers": patch})
    assert {one["name"]: one.get("image") for one in after["containers"]} == result


def test_a_strategic_patch_keeps_what_it_does_not_name() -> None:
    patch = {"containers": [{"name": "main", "env": [{"name": "Y", "value": "2"}]}]}
    after = strategically_merged(CONTAINERS, patch)
    assert [one["name"] for one in after["containers"][0]["env"]] == ["X", "Y"]
    assert after["containers"][0]["image"] == "a:1"


def test_a_strategic_patch_replaces_lists_without_a_merge_key() -> None:
    assert strategically_merged({"args": ["a", "b"]}, {"args": ["c"]}) == {"args": ["c"]}


def test_a_strategic_patch_needs_the_merge_key() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        strategically_merged(CONTAINERS, {"containers": [{"image": "a:2"}]})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abc", max_size=2), VALUES, max_size=4)


@settings(deadline=None)
@given(target=OBJECTS, patch=OBJECTS)
def test_a_merge_patch_again_changes_nothing(target: Json, patch: Json) -> None:
    once = merged(target, patch)
    assert merged(once, patch) == once


@settings(deadline=None)
@given(target=OBJECTS, patch=OBJECTS)
def test_a_strategic_patch_without_merged_lists_is_a_merge_patch(target: Json, patch: Json) -> None:
    assert strategically_merged(target, patch) == merged(target, patch)


@settings(deadline=None)
@given(target=OBJECTS, name=st.text("abc", min_size=1, max_size=2), value=VALUES)
def test_what_a_json_patch_adds_it_can_test_and_remove(target: Json, name: str, value: Any) -> None:
    add = {"op": "add", "path": f"/{name}", "value": value}
    test = {"op": "test", "path": f"/{name}", "value": value}
    after = applied(target, [add, test, {"op": "remove", "path": f"/{name}"}])
    assert after == {key: kept for key, kept in target.items() if key != name}
