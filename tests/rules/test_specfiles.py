"""Files, folders and several documents in a file: what is read, what it is called, and what it becomes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import build, commands, document, library, specfiles
from firebrigade.rules.document import KeyPath
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]

SLOTH = """\
version: prometheus/v1
service: {service}
slos:
  - name: orders
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(orders_total{{code="500"}}[{{{{.window}}}}]))
        total_query: sum(rate(orders_total[{{{{.window}}}}]))
    alerting: {{name: OrdersFail}}
"""
ALERTS = """\
team: web
dashboard: shop
groups:
  - name: shop
    rules:
      - alert: ShopSlow
        expr: shop_queue_length > 100
        runbook: slow
"""


def test_several_documents_become_one_rule_file(write: Write, tmp_path: Path) -> None:
    path = write("shop.yaml", "---\n---\n".join([SLOTH.format(service="shop"), SLOTH.format(service="cart"), ALERTS]))
    (compiled,) = build.compile_all([path], library.surroundings())
    assert compiled.file.name == "slo-shop.yaml"
    names = {group.name for group in compiled.file.groups}
    assert {"slo-shop-orders", "slo-cart-orders", "shop"} <= names
    assert Promtool().check_rules({compiled.file.name: compiled.file.text}) == {}


def test_each_rule_of_several_documents_knows_its_line(write: Write) -> None:
    path = write("shop.yaml", f"{SLOTH.format(service='shop')}---\n{SLOTH.format(service='cart')}---\n{ALERTS}")
    (compiled,) = build.compile_all([path], library.surroundings())
    places = {
        group.name: compiled.source.problem(group.rules[0].origin, "") for group in compiled.file.groups if group.rules
    }
    assert {name: (place.line, place.key) for name, place in places.items() if not name.endswith("-budget")} == {
        "slo-shop-orders": (8, "slos[0].sli.events.error_query"),
        "slo-cart-orders": (19, "slos[0].sli.events.error_query"),
        "shop": (28, "groups[0].rules[0]"),
    }


def test_the_mistakes_of_all_documents_are_told_with_their_lines(write: Write) -> None:
    bad = SLOTH.format(service="shop").replace("99.9", "101")
    with pytest.raises(RulesError) as error:
        build.compile_all([write("shop.yaml", f"{bad}---\n{bad}---\n- 1\n")], library.surroundings())
    assert [(problem.line, problem.key) for problem in error.value.problems] == [
        (5, "slos[0].objective"),
        (16, "slos[0].objective"),
        (23, ""),
    ]


def test_an_slo_that_two_documents_have_is_told(write: Write) -> None:
    path = write("shop.yaml", f"{SLOTH.format(service='shop')}---\n{SLOTH.format(service='shop')}")
    with pytest.raises(RulesError, match=r"shop\.yaml:15: slos\[0\]: shop-orders is there twice") as error:
        build.compile_all([path], library.surroundings())
    assert len(error.value.problems) == 1


def test_a_folder_stands_for_the_yaml_files_in_it(write: Write, tmp_path: Path) -> None:
    write("specs/b.yml", SLOTH.format(service="b2"))
    write("specs/team/a.yaml", SLOTH.format(service="a2"))
    write("specs/team/a.txt", "no spec")
    write("specs/.git/config.yaml", "no spec")
    built = commands.build([tmp_path / "specs"], tmp_path / "out")
    assert [path.name for path in built.files] == ["slo-b.yaml", "slo-team-a.yaml"]


def test_a_folder_is_checked_with_its_tests(write: Write, tmp_path: Path) -> None:
    write("specs/shop.yaml", SLOTH.format(service="shop"))
    write("specs/tests.yaml", "tests: []\n")
    told = [problem for problem in commands.check([tmp_path / "specs"]).problems if "tests.yaml" in problem.file]
    assert any("rule_files" in str(problem) for problem in told)


def test_a_folder_without_specs_is_told(tmp_path: Path) -> None:
    files, problems = specfiles.read([tmp_path])
    assert files == ()
    assert [str(problem) for problem in problems] == [
        f"{tmp_path}: holds no *.yaml and no *.yml; name the folder of the specs"
    ]


def test_empty_documents_are_passed_over_and_the_others_keep_their_lines() -> None:
    found = document.parse_all(Path("x.yaml"), "# only this\n---\n---\na: {b: 1}\n---\n# and this\n---\n- c: 2\n...\n")
    assert [one.data for one in found] == [{"a": {"b": 1}}, [{"c": 2}]]
    paths: list[KeyPath] = [("a", "b"), (0, "c")]
    assert [one.line((*one.root, *path)) for one, path in zip(found, paths, strict=True)] == [4, 8]
    assert [one.problem((*one.root, "x"), "no").line for one in found] == [4, 8]
    assert document.parse_all(Path("x.yaml"), "---\n---\n") == ()


def test_documents_that_are_joined_have_all_their_lines() -> None:
    found = document.parse_all(Path("x.yaml"), "a: 1\n---\nb: 2\n")
    joined = document.joined(found)
    assert joined.data == [{"a": 1}, {"b": 2}]
    assert str(joined.problem((*found[1].root, "b"), "is wrong")) == "x.yaml:3: b: is wrong"
    (only,) = document.parse_all(Path("x.yaml"), "a: 1\n")
    assert document.joined([only]) is only


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a: 1\n---\nb: 1\nb: 2\n", "x.yaml:4: b: is there twice", id="a key that is there twice"),
        pytest.param("a: 1\n---\nb: [\n", "x.yaml:4: is not valid YAML", id="no YAML in the second"),
    ],
)
def test_what_is_wrong_in_one_document_is_told(text: str, problem: str) -> None:
    with pytest.raises(RulesError) as error:
        document.parse_all(Path("x.yaml"), text)
    assert problem in str(error.value)


def test_a_file_of_several_documents_goes_into_one_object(write: Write) -> None:
    path = write("shop.yaml", f"{SLOTH.format(service='shop')}---\n{SLOTH.format(service='cart')}")
    (made,) = yaml.safe_load_all(commands.build_prometheusrules([path]).text)
    assert made["metadata"]["name"] == "slo-shop"
