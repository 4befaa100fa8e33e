"""Which rules an assertion depends on, and rule files with those only."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import document
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.testing.ruleset import RuleSet, rule_set

Write = Callable[[str, str], Path]

RULES = """\
groups:
  - name: records
    interval: 30s
    limit: 5
    rules:
      - {record: 'shop:orders', expr: sum(shop_orders)}
      - {record: 'shop:half', expr: 'shop:orders / 2', labels: {shop: north}}
      - {record: 'shop:other', expr: sum(shop_others)}
  - name: alerts
    rules:
      - {alert: Few, expr: 'shop:half < 5', labels: {severity: page, shop: '{{ $labels.shop }}'}}
      - {alert: Few, expr: 'shop:other < 5', labels: {severity: ticket}}
      - {alert: Down, expr: up == 0}
      - {alert: Any, expr: 'count(ALERTS{alertname="Down"}) > 0'}
"""


@pytest.fixture
def rules(write: Write) -> RuleSet:
    return rule_set([document.read(write("rules.yaml", RULES))])


def _names(rules: RuleSet, look: dict[str, str]) -> list[str]:
    needed = (rules.by_place[place] for place in sorted(rules.needed([look])))
    return [rule.get("record") or rule["alert"] + (rule.get("labels") or {}).get("severity", "") for rule in needed]


@pytest.mark.parametrize(
    ("look", "needed"),
    [
        pytest.param({"alertname": "Down"}, ["Down"], id="an alert that reads series"),
        pytest.param(
            {"alertname": "Few"},
            ["shop:orders", "shop:half", "shop:other", "Fewpage", "Fewticket"],
            id="two alerts of a name, and records of records",
        ),
        pytest.param({"alertname": "Any"}, ["Down", "Any"], id="an alert about an alert"),
        pytest.param({"expr": "shop:half + 1"}, ["shop:orders", "shop:half"], id="an expression"),
        pytest.param({"expr": "shop_orders"}, [], id="an expression that reads no rule"),
        pytest.param(
            {"expr": 'ALERTS{severity="page"}'},
            ["shop:orders", "shop:half", "Fewpage", "Down", "Any"],
            id="all alerts that may have a label",
        ),
        pytest.param(
            {"expr": '{shop="south"}'},
            ["shop:orders", "shop:half", "shop:other", "Fewpage", "Fewticket", "Down", "Any"],
            id="no name: whatever may have the label, and what that reads",
        ),
        pytest.param(
            {"expr": '{__name__="shop:orders"}'}, ["shop:orders"], id="a name that is written as a matcher"
        ),
        pytest.param(
            {"expr": "from_the_future(shop:orders"},
            ["shop:orders", "shop:half", "shop:other", "Fewpage", "Fewticket", "Down", "Any"],
            id="what is not understood may read all",
        ),
    ],
)  # fmt: skip
def test_what_is_read_is_needed(look: dict[str, str], needed: list[str], rules: RuleSet) -> None:
    assert _names(rules, look) == needed


def test_a_cut_file_keeps_what_its_groups_say(rules: RuleSet) -> None:
    (text,) = rules.texts(rules.named("Few") - rules.read_by("shop:half"))
    records, alerts = yaml.safe_load(text)["groups"]
    assert {key: records[key] for key in ("name", "interval", "limit")} == {
        "name": "records",
        "interval": "30s",
        "limit": 5,
    }
    assert [rule["record"] for rule in records["rules"]] == ["shop:other"]
    assert [rule["labels"]["severity"] for rule in alerts["rules"]] == ["page", "ticket"]
    assert Promtool().check_rules({"cut.yaml": text}) == {}


def test_what_a_template_asks_for_may_be_any_rule(write: Write) -> None:
    asking = """{ summary: '{{ with query "shop:orders" }}{{ . | first | value }}{{ end }}' }"""
    text = RULES.replace("expr: up == 0}", f"expr: up == 0, annotations: {asking}}}")
    rules = rule_set([document.read(write("rules.yaml", text))])
    assert len(rules.named("Down")) == len(rules.by_place)


def test_of_two_files_only_the_needed_one_is_left(write: Write) -> None:
    other = "groups: [{name: alerts, rules: [{alert: Else, expr: up == 2}]}]"
    rules = rule_set([document.read(write("rules.yaml", RULES)), document.read(write("other.yaml", other))])
    (text,) = rules.texts(rules.named("Else"))
    assert [group["rules"] for group in yaml.safe_load(text)["groups"]] == [[{"alert": "Else", "expr": "up == 2"}]]
    assert len(rules.texts(rules.named("Else") | rules.named("Down"))) == 2


def test_a_replaced_rule_reads_what_it_says_and_leaves_the_others_alone(rules: RuleSet) -> None:
    (place,) = rules.named("Down")
    changed = rules.replaced(place, {"alert": "Down", "expr": "shop:other == 0"})
    assert _names(changed, {"alertname": "Down"}) == ["shop:other", "Down"]
    assert _names(rules, {"alertname": "Down"}) == ["Down"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("groups: {a: b}", "rules.yaml:1: groups: must be", id="no list of groups"),
        pytest.param("groups: [a]", "rules.yaml:1: groups[0]: must be", id="no group"),
        pytest.param("groups: [{rules: []}]", "rules.yaml:1: groups[0].name: is missing", id="no name"),
        pytest.param(
            "groups: [{name: g, rules: [{alert: 404, expr: up}]}]", "rules[0].alert: must be text", id="a number"
        ),
        pytest.param(
            "groups: [{name: g, rules: [{record: on, expr: up}]}]", "rules[0].record: must be text", id="true"
        ),
        pytest.param("groups: [{name: g, rules: [{alert: A}]}]", "groups[0].rules[0].expr: is missing", id="no expr"),
        pytest.param(
            "groups: [{name: g, rules: [{alert: A, expr: up, labels: {version: 1.10}}]}]",
            "labels.version: must be text; put it into quotes",
            id="a label that YAML makes 1.1 of",
        ),
    ],
)
def test_what_is_no_rule_file_is_told_with_its_place(text: str, told: str, write: Write) -> None:
    with pytest.raises(RulesError) as error:
        rule_set([document.read(write("rules.yaml", text))])
    assert told in str(error.value)


def test_an_empty_file_has_no_rules(write: Write) -> None:
    assert rule_set([document.read(write("rules.yaml", ""))]).by_place == {}
