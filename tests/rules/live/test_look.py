"""A real Prometheus with a past that is known: what it lacks, and how often alerts would have fired there."""

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from firebrigade.rules import build, check, cost, document, library
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.live.client import Client, QueryRefusedError, Server
from firebrigade.rules.live.look import Looked, Question, look
from firebrigade.rules.promql import expressions
from sandbox.processes import Prometheus

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("a Prometheus with a past")]

DAY = 1440
METRICS = """\
exporters:
  shop: {honor_labels: false, target_labels: [job], scrape_interval: 60s}
metrics:
  - {name: shop_queue, type: gauge, unit: orders, labels: [pod], service: shop, source: seeds, exporter: shop}
  - {name: shop_gone, type: gauge, unit: orders, labels: [], service: shop, source: seeds, exporter: shop}
"""
RULES = """\
groups:
  - name: shop
    rules:
      - {alert: Busy, expr: shop_queue > 9, for: 5m, labels: {severity: critical}}
      - {alert: Kept, expr: shop_queue > 9, for: 5m, keep_firing_for: 30m}
      - {alert: AtOnce, expr: shop_queue > 9}
      - {alert: Calm, expr: shop_queue > 99, for: 5m}
      - {alert: Blind, expr: shop_gone > 0, for: 5m}
      - {alert: Elsewhere, expr: 'shop_queue{pod="c"} > 9', for: 5m}
      - {alert: Absent, expr: 'absent(shop_gone)', for: 5m}
      - {alert: Slow, expr: 'shop:slow > 9', for: 5m}
      - {alert: Slower, expr: 'shop:slow > 99', for: 5m}
      - {alert: Torn, expr: 'shop_queue + on () shop_queue > 9', for: 5m}
"""
# Since how many minutes before the end pod a has 10 orders, and for how many: the last two are 20 minutes apart.
BUSY = [(6 * DAY, 60), (5 * DAY, 10), (4 * DAY, 4), (3 * DAY, 10), (3 * DAY - 30, 10)]


def value(minutes_ago: int) -> int:
    return 10 if any(start - length < minutes_ago <= start for start, length in BUSY) else 1


def openmetrics(end: int) -> str:
    """Return eight days with a sample a minute, of a pod with a known past and of a calm one."""
    lines = ["# TYPE shop_queue gauge"]
    for pod in ("a", "b"):
        for ago in range(8 * DAY, -1, -1):
            orders = value(ago) if pod == "a" else 1
            lines.append(f'shop_queue{{job="shop",pod="{pod}"}} {orders} {end - 60 * ago}')
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "past.txt").write_text(openmetrics(int(time.time()) // 60 * 60))
    # Few long blocks: each costs a flush to disk. The flag is hidden, and the same in 2.42 and 3.x.
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=480h"]
    subprocess.run([*command, "past.txt", "data"], cwd=folder, check=True, capture_output=True, timeout=60)
    config = {"global": {"scrape_interval": "1m"}, "scrape_configs": []}
    with Prometheus(config, folder=folder, ready_within=timedelta(seconds=60)) as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contract") / "metrics.yaml"
    path.write_text(METRICS)
    return load([path], default_series=2)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory, shop: Contract) -> list[Entry]:
    path = tmp_path_factory.mktemp("rules") / "shop.yaml"
    path.write_text(RULES)
    around = library.surroundings()
    return check.judge([build.compile_one(document.read(path), around)], shop, around).entries


@pytest.fixture(scope="module")
def looked(entries: list[Entry], prometheus: Prometheus) -> Looked:
    return look(entries, Question(server=Server(url=prometheus.url)))


def test_alerts_are_counted_as_prometheus_would_have_fired_them(looked: Looked) -> None:
    counted = {one.alert: (one.times, one.series, one.longest_seconds) for one in looked.fired}
    assert counted["Busy"] == (4, 1, 54 * 60), (
        "four minutes are too short, and an hour fires for all but the first five"
    )
    assert counted["AtOnce"] == (5, 1, 59 * 60)
    assert counted["Kept"] == (3, 1, 54 * 60), "the pause of twenty minutes is bridged"
    assert counted["Calm"] == (0, 0, 0)
    assert counted["Absent"] == (1, 1, 7 * DAY * 60 - 5 * 60)


def test_what_fires_most_often_comes_first(looked: Looked) -> None:
    assert [one.alert for one in looked.fired][:3] == ["AtOnce", "Busy", "Kept"]
    assert looked.fired[1].severity == "critical"
    assert looked.left_out == 0


def test_series_that_are_not_there_are_told_with_their_rule(looked: Looked) -> None:
    told = [(one.line, one.check, one.message.partition(";")[0]) for one in looked.problems]
    assert (8, "live/series", "there is no series shop_gone now") in told
    assert (9, "live/matchers", 'no series matches shop_queue{pod="c"} now') in told
    assert {line for line, name, _ in told if name != "live/refused"} == {8, 9, 11}, "and what is to be absent is not"
    assert sum("shop:slow" in message for _, _, message in told) == 1, "what is recorded once is missing once"


def test_an_expression_that_prometheus_can_not_evaluate_is_told(looked: Looked) -> None:
    (refused,) = (one for one in looked.problems if one.check == "live/refused")
    assert refused.line == 13
    assert "found duplicate series for the match group" in refused.message


def test_an_alert_that_reads_nothing_is_called_blind(looked: Looked) -> None:
    assert {one.alert for one in looked.fired if one.blind} == {"Blind", "Slow", "Slower"}


def test_after_its_time_no_alert_is_asked_for(entries: list[Entry], prometheus: Prometheus) -> None:
    server = Server(url=prometheus.url)
    done: list[tuple[int, int]] = []
    late = look(entries, Question(server=server, within_seconds=-1, progress=lambda *step: done.append(step)))
    assert (late.fired, late.left_out, done) == ((), 10, [])
    look(entries, Question(server=server, progress=lambda *step: done.append(step)))
    assert done == [(number, 10) for number in range(1, 11)]


def test_a_query_that_is_too_much_is_told_by_its_rule(prometheus: Prometheus) -> None:
    with Client(Server(url=prometheus.url)) as client, pytest.raises(QueryRefusedError, match="resolution"):
        client.query_range("shop_queue", 0, 11_001, 1)
    with Client(Server(url=prometheus.url)) as client, pytest.raises(QueryRefusedError, match="parse error"):
        client.query("sum(")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("shop_queue", id="a sample of each series"),
        pytest.param("avg_over_time(shop_queue[1h])", id="a range"),
        pytest.param('sum(max_over_time(shop_queue{pod="a"}[10m])) > sum(shop_queue)', id="two sides"),
        pytest.param("max_over_time(shop_queue[10m:1m])", id="a subquery"),
    ],
)
def test_the_cost_is_what_prometheus_counts(text: str, prometheus: Prometheus, shop: Contract) -> None:
    asked = {"query": text, "stats": "all", "time": str(time.time() // 60 * 60 - DAY * 60 - 1)}
    answer = requests.get(f"{prometheus.url}/api/v1/query", params=asked, timeout=30).json()
    counted = answer["data"]["stats"]["samples"]["totalQueryableSamples"]
    estimate = cost.samples(expressions.parse(text), shop)
    assert counted <= estimate <= 2 * counted
