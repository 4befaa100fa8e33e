"""How many samples an evaluation reads: series, times the samples in the range."""

from pathlib import Path

import pytest

from firebrigade.responder.clock import ManualClock
from firebrigade.rules import build, check, cost, document, library, recorded
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.library import Surroundings
from firebrigade.rules.promql import expressions
from firebrigade.rules.rulefile import Group, Rule
from sandbox.fleet.cluster import StaticSource
from sandbox.fleet.fleet import Fleet
from sandbox.fleet.supervisor import NoSupervisor

# A sample every 15 seconds: 4 a minute, 20 in 5 minutes.
EXPRESSIONS = [
    pytest.param("vector(1)", 0, id="nothing is read"),
    pytest.param("shop_requests_total", 100, id="one sample of each series"),
    pytest.param("rate(shop_requests_total[5m])", 100 * 20, id="all samples of the range"),
    pytest.param('rate(shop_orders_total{kind="new"}[5m])', 5 * 20, id="half of the values are half of the series"),
    pytest.param('rate(shop_orders_total{kind!="new"}[5m])', 5 * 20, id="the other half"),
    pytest.param('rate(shop_orders_total{kind=~"n.*|again"}[5m])', 10 * 20, id="all values by a pattern"),
    pytest.param('rate(shop_requests_total{status="500"}[5m])', 100 * 20, id="a label with any values says nothing"),
    pytest.param("rate(shop_seconds_bucket[5m])", 20 * 4 * 20, id="each bucket is a series, and +Inf is one"),
    pytest.param('rate(shop_seconds_bucket{le="5.0"}[5m])', 20 * 20, id="one bucket"),
    pytest.param("sum(rate(shop_requests_total[5m])) / shop_queue > 5", 2001, id="both sides"),
    pytest.param("max_over_time(shop_requests_total[10m:30s])", 100 * 20, id="a subquery, at its steps"),
    pytest.param("max_over_time(rate(shop_requests_total[5m])[10m:])", 100 * 20 * 10, id="at one a minute without"),
    pytest.param("nobody_knows_this[1m]", 1, id="what is unknown is one series, with a sample a minute"),
]


@pytest.mark.parametrize(("text", "samples"), EXPRESSIONS)
def test_samples_are_counted(text: str, samples: int, shop: Contract) -> None:
    assert cost.samples(expressions.parse(text), shop) == samples


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("sum(shop_requests_total)", 1),
        ("sum by (status) (shop_requests_total)", 100),
        ("sum(shop_requests_total) / on () group_right () shop_orders_total", 10),
        ("vector(1)", 1),
        ('count_values("x", shop_requests_total)', 100),
    ],
)
def test_a_result_has_no_more_series_than_what_it_reads(text: str, series: int, shop: Contract) -> None:
    assert cost.result_series(expressions.parse(text), shop) == series


def test_a_metric_that_does_not_say_has_as_many_series_as_is_asked_for(tmp_path: Path) -> None:
    assert load((), 7).series["prometheus_notifications_sent_total"].count == 7
    assert load((), 7).series["kube_pod_status_phase"].count == load().series["kube_pod_status_phase"].count


def test_a_rule_beyond_the_budget_is_told(tmp_path: Path, shop: Contract, surroundings: Surroundings) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("groups: [{name: g, rules: [{record: 'shop:r', expr: 'sum(rate(shop_requests_total[5m]))'}]}]")
    compiled = [build.compile_one(document.read(path), surroundings)]

    def told(budget: int) -> list[str]:
        found = check.judge(compiled, shop, surroundings, budget).problems
        return [one.message for one in found if one.check == "cost/samples"]

    assert told(2_000) == []
    assert [message.partition(";")[0] for message in told(1_999)] == [
        "shop:r reads about 2,000 samples at each evaluation, and the budget is 1,999"
    ]


def test_what_others_record_has_the_series_that_their_rules_make(shop: Contract) -> None:
    rules = [
        Rule(record="shop:orders:rate5m", expr="sum(rate(shop_orders_total[5m]))", labels={"id": str(number)})
        for number in range(3)
    ]
    rules.append(Rule(record="shop:orders:rate5m", expr="rate(shop_orders_total[5m])", labels={"id": "3"}))
    known = shop.with_series(recorded.series([Group(name="g", rules=tuple(rules))], shop))
    assert cost.samples(expressions.parse("shop:orders:rate5m"), known) == 3 + 10
    assert cost.samples(expressions.parse("max_over_time(shop:orders:rate5m[1h])"), known) == 13 * 60


def test_the_dearest_rule_and_the_dearest_group_come_first(
    tmp_path: Path, shop: Contract, surroundings: Surroundings
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(
        "groups:\n"
        "  - {name: a, rules: [{record: 'shop:a', expr: 'sum(rate(shop_requests_total[5m]))'}]}\n"
        "  - {name: b, rules: [{record: 'shop:b', expr: 'sum(rate(shop_requests_total[4m]))'},"
        " {record: 'shop:c', expr: 'sum(rate(shop_requests_total[3m]) * on () group_left () shop:a)'}]}\n"
    )
    judged = check.judge([build.compile_one(document.read(path), surroundings)], shop, surroundings)
    costs = cost.rules(judged.entries)
    assert [(one.name, one.line, one.samples) for one in costs] == [
        ("shop:a", 2, 2000),
        ("shop:b", 3, 1600),
        ("shop:c", 3, 1201),
    ]
    assert [(one.group, one.rules, one.samples) for one in cost.groups(costs)] == [("b", 2, 2801), ("a", 1, 2000)]


def test_the_contracts_estimates_cover_what_the_sandboxs_systems_emit(contract: Contract) -> None:
    fleet = Fleet(StaticSource(), NoSupervisor(), ManualClock())
    families = [family for pod in fleet.targets() for family in fleet.scrape_pod(pod.namespace, pod.name)]
    families += [f for name in ("kube-state-metrics", "cadvisor", "node") for f in fleet.scrape_exporter(name)]
    emitted: dict[str, int] = {}
    for sample in (sample for family in families for sample in family.samples):
        emitted[sample.name] = emitted.get(sample.name, 0) + 1
    too_low = {n: many for n, many in emitted.items() if n in contract.series and contract.series[n].count < many}
    assert too_low == {}


def test_the_library_keeps_its_budget_by_far(contract: Contract) -> None:
    bundled = library.surroundings()
    judged = check.judge(build.compile_all(library.specs(), bundled), contract, bundled)
    assert 10_000 < cost.rules(judged.entries)[0].samples < 1_000_000
