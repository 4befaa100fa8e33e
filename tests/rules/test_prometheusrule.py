"""PrometheusRule objects: what the operator's CRD takes, small enough, and the same every time."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import commands, library, prometheusrule
from firebrigade.rules.build import Compiled, compile_all
from firebrigade.rules.document import Document
from firebrigade.rules.problems import RulesError
from firebrigade.rules.prometheusrule import MAXIMUM_BYTES, Place, manifests, object_name
from firebrigade.rules.rulefile import Group, Rule, RuleFile
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]

# The CRD's schema, operator 0.82 (its fields have been the same since 0.75, when group labels came last).
Duration = Annotated[str, Field(pattern=r"^(0|((\d+)y)?((\d+)w)?((\d+)d)?((\d+)h)?((\d+)m)?((\d+)s)?((\d+)ms)?)$")]
DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=253)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CrdRule(Strict):
    alert: str | None = None
    record: str | None = None
    expr: str | int
    hold: Duration | None = Field(default=None, alias="for")
    keep_firing_for: Annotated[Duration, Field(min_length=1)] | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class CrdGroup(Strict):
    name: str = Field(min_length=1)
    interval: Duration | None = None
    query_offset: Duration | None = None
    limit: int | None = None
    labels: dict[str, str] = {}
    partial_response_strategy: str | None = None
    rules: list[CrdRule] = []


class CrdSpec(Strict):
    groups: list[CrdGroup]


class Metadata(Strict):
    name: DnsName
    namespace: DnsName | None = None
    labels: dict[str, str] = {}


class PrometheusRule(Strict):
    api_version: Literal["monitoring.coreos.com/v1"] = Field(alias="apiVersion")
    kind: Literal["PrometheusRule"]
    metadata: Metadata
    spec: CrdSpec


def compiled(name: str, *groups: Group) -> Compiled:
    source = Document(path=Path(name), data={}, lines={(): 1, ("groups", 0): 7})
    return Compiled(source=source, file=RuleFile(name=name, source=name, groups=groups))


def group(name: str, sizes: Sequence[int]) -> Group:
    rules = (Rule(record=f"{name}:{number}", expr="x" * size) for number, size in enumerate(sizes))
    return Group(name=name, interval="1m", rules=tuple(rules))


def test_every_rule_of_the_library_is_in_objects_that_fit_the_crd() -> None:
    parts = compile_all(library.specs(), library.surroundings())
    made = [yaml.safe_load(one.text) for one in manifests(parts, Place(namespace="monitoring"))]
    for one in made:
        PrometheusRule.model_validate(one)
    wanted = [group.to_yaml() for part in parts for group in part.file.groups]
    assert [group for one in made for group in one["spec"]["groups"]] == wanted


def test_promtool_takes_what_the_operator_writes_from_each_object() -> None:
    parts = compile_all(library.specs(), library.surroundings())
    specs = {one.name: yaml.safe_dump(yaml.safe_load(one.text)["spec"]) for one in manifests(parts, Place())}
    assert Promtool().check_rules(specs) == {}


def test_every_key_of_a_rule_and_a_group_is_spelled_as_the_crd_spells_it() -> None:
    full = Rule(alert="A", expr="up == 0", hold="5m", keep_firing_for="1h", labels={"a": "b"}, annotations={"c": "d"})
    (one,) = manifests([compiled("a.yaml", Group(name="g", interval="30s", rules=(full,)))], Place())
    (rule,) = PrometheusRule.model_validate(yaml.safe_load(one.text)).spec.groups[0].rules
    assert (rule.hold, rule.keep_firing_for, rule.labels, rule.annotations) == ("5m", "1h", {"a": "b"}, {"c": "d"})


def test_the_stream_on_standard_output_holds_the_same_objects_as_the_files(tmp_path: Path) -> None:
    place = Place(labels={"release": "prometheus"})
    built = commands.build_prometheusrules(out=tmp_path, place=place)
    stream = list(yaml.safe_load_all(commands.build_prometheusrules(place=place).text))
    assert stream == [yaml.safe_load(path.read_text()) for path in built.files]
    assert {one["metadata"]["name"] for one in stream} == {path.stem for path in tmp_path.iterdir()}
    assert {one["metadata"]["labels"]["release"] for one in stream} == {"prometheus"}


def test_building_twice_gives_the_same_bytes() -> None:
    assert commands.build_prometheusrules().text == commands.build_prometheusrules().text


def test_an_object_is_measured_as_kubectl_keeps_it() -> None:
    bare = prometheusrule._size({"expr": "ab"})
    assert prometheusrule._size({"expr": "a>"}) == bare + 5  # Go writes > as \u003e
    assert prometheusrule._size({"expr": "aΣ"}) == bare + 1


def test_groups_that_fit_stay_whole_and_the_first_object_keeps_the_plain_name() -> None:
    part = compiled("slo-shop.yaml", *(group(name, [300, 300]) for name in "abcd"))
    made = [yaml.safe_load(one.text) for one in manifests([part], Place(), maximum=2000)]
    assert [[one["name"] for one in each["spec"]["groups"]] for each in made] == [["a", "b"], ["c", "d"]]
    assert [one["metadata"]["name"] for one in made] == ["slo-shop", "slo-shop-2"]


def test_a_group_that_is_too_large_goes_on_under_its_name_in_the_next_object() -> None:
    part = compiled("a.yaml", group("small", [10]), group("large", [400] * 5), group("last", [10]))
    made = [yaml.safe_load(one.text)["spec"]["groups"] for one in manifests([part], Place(), maximum=1500)]
    assert [[(one["name"], len(one["rules"])) for one in each] for each in made] == [
        [("small", 1), ("large", 2)],
        [("large", 2)],
        [("large", 1), ("last", 1)],
    ]
    assert {one["interval"] for each in made for one in each} == {"1m"}


@given(
    groups=st.lists(st.lists(st.integers(1, 900), min_size=1, max_size=9), min_size=1, max_size=6),
    maximum=st.integers(1_400, 5_000),
)
@settings(max_examples=60, deadline=None)
def test_splitting_keeps_every_rule_in_order_below_the_limit(groups: list[list[int]], maximum: int) -> None:
    part = compiled("a.yaml", *(group(f"g{number}", sizes) for number, sizes in enumerate(groups)))
    made = [yaml.safe_load(one.text) for one in manifests([part], Place(), maximum=maximum)]
    assert max(map(prometheusrule._size, made)) <= maximum
    got = [rule["record"] for one in made for each in one["spec"]["groups"] for rule in each["rules"]]
    assert got == [rule.record for each in part.file.groups for rule in each.rules]
    for one in made:
        names = [each["name"] for each in one["spec"]["groups"]]
        assert len(set(names)) == len(names), "the CRD's list is a map with the key name"


def test_no_object_of_the_library_comes_near_the_limit_of_kubectl_apply() -> None:
    parts = compile_all(library.specs(), library.surroundings())
    sizes = [prometheusrule._size(yaml.safe_load(one.text)) for one in manifests(parts, Place())]
    assert max(sizes) <= MAXIMUM_BYTES < 256 * 1024


def test_a_rule_larger_than_an_object_is_told_where_it_stands() -> None:
    rule = Rule(record="huge", expr="x" * 3000, origin=("groups", 0))
    part = compiled("a.yaml", Group(name="g", rules=(rule,)))
    with pytest.raises(RulesError, match=r"a\.yaml:7: groups\[0\]: huge takes \d+ bytes .* make it shorter"):
        manifests([part], Place(), maximum=2000)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        pytest.param("slo-shop", "slo-shop", id="a name that fits stays"),
        pytest.param("alerts-My_Team.v2", "alerts-my-team-v2", id="capitals and other signs"),
        pytest.param("slo-ΣLANG", "slo-lang", id="letters of other alphabets"),
        pytest.param("_", "rules", id="nothing left"),
        pytest.param("a" * 300, "a" * 240, id="too long"),
    ],
)
def test_an_object_s_name_is_one_that_kubernetes_takes(stem: str, name: str) -> None:
    assert object_name(stem) == name


def test_two_files_that_would_become_one_object_are_told() -> None:
    parts = [compiled("my_rules.yaml", group("a", [9])), compiled("my-rules.yaml", group("b", [9]))]
    with pytest.raises(RulesError, match=r"would become the object my-rules, as my_rules\.yaml does"):
        manifests(parts, Place())


@pytest.mark.parametrize(
    ("place", "told"),
    [
        pytest.param(Place(namespace="My_NS"), "--namespace: 'My_NS' is no namespace", id="namespace"),
        pytest.param(Place(namespace="a" * 64), "is no namespace", id="namespace too long"),
        pytest.param(Place(labels={"-x": "y"}), "'-x' is no label's name", id="label name"),
        pytest.param(Place(labels={"Exa/x": "y"}), "'Exa/x' is no label's name", id="label prefix"),
        pytest.param(Place(labels={"/x": "y"}), "'/x' is no label's name", id="empty prefix"),
        pytest.param(Place(labels={"x": "a b"}), "'a b' is no label's value", id="label value"),
        pytest.param(Place(labels={"x": "a" * 64}), "is no label's value", id="label value too long"),
    ],
)
def test_names_that_kubernetes_refuses_are_told(place: Place, told: str) -> None:
    with pytest.raises(RulesError, match=told):
        manifests([compiled("a.yaml", group("a", [9]))], place)


@pytest.mark.parametrize(
    "labels", [{}, {"release": "prometheus"}, {"example.com/team": "API_1.x"}, {"empty": ""}, {"role": "alert-rules"}]
)
def test_names_that_kubernetes_takes_are_taken(labels: dict[str, str]) -> None:
    (one,) = manifests([compiled("a.yaml", group("a", [9]))], Place(namespace="mon-1", labels=labels))
    metadata = yaml.safe_load(one.text)["metadata"]
    assert metadata["labels"] == {"app.kubernetes.io/managed-by": "firebrigade", **labels}
    assert metadata["namespace"] == "mon-1"
