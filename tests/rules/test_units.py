"""In which unit a result is, from the units of what it is made of."""

from pathlib import Path

import pytest

from firebrigade.rules import recorded
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.promql import expressions
from firebrigade.rules.promql.units import Units
from firebrigade.rules.rulefile import Group, Rule

METRICS = """\
metrics:
  - {name: requests_total, type: counter, unit: requests, labels: [status], service: shop, source: seeds}
  - {name: busy_total, type: counter, unit: seconds, labels: [], service: shop, source: seeds}
  - {name: took, type: histogram, unit: seconds, labels: [], buckets: [1, 5], service: shop, source: seeds}
  - {name: delay, type: gauge, unit: milliseconds, labels: [], service: shop, source: seeds}
  - {name: free, type: gauge, unit: bytes, labels: [], service: shop, source: seeds}
  - {name: load, type: gauge, unit: ratio 0-1, labels: [], service: shop, source: seeds}
  - {name: full, type: gauge, unit: percent, labels: [], service: shop, source: seeds}
  - {name: cost, type: gauge, unit: US cents, labels: [], service: shop, source: seeds}
  - {name: state, type: gauge, unit: "state: 0 open, 1 closed", labels: [], service: shop, source: seeds}
"""
RULES = (
    Rule(record="shop:errors:ratio", expr="sum(rate(requests_total[5m])) / sum(rate(requests_total[5m]))"),
    Rule(record="shop:mixed", expr="free"),
    Rule(record="shop:mixed", expr="delay"),
    Rule(record="shop:itself", expr="shop:itself"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path: Path = tmp_path_factory.mktemp("contract") / "metrics.yaml"
    path.write_text(METRICS)
    contract = load([path])
    return contract.with_series(recorded.series([Group(name="g", rules=RULES)], contract))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        pytest.param("free", "bytes", id="a metric"),
        pytest.param("max by (pod) (-(free))", "bytes", id="what keeps the unit"),
        pytest.param("rate(requests_total[5m])", "requests per second", id="a rate is by second"),
        pytest.param("increase(requests_total[5m])", "requests", id="an increase is not"),
        pytest.param("rate(busy_total[5m])", "seconds per second", id="a rate of seconds"),
        pytest.param("count(free)", "series", id="a count is of series"),
        pytest.param("changes(free[5m])", "times", id="changes are times"),
        pytest.param("time() - delay / 1000", "seconds", id="a thousandth of milliseconds"),
        pytest.param("0.001 * delay", "seconds", id="from the left, too"),
        pytest.param("delay * 2", "None", id="twice as many milliseconds are no unit"),
        pytest.param("took_count", "observations", id="a histogram's count"),
        pytest.param("histogram_quantile(0.9, sum by (le) (rate(took_bucket[5m])))", "seconds", id="a quantile"),
        pytest.param("rate(took_sum[5m]) / rate(took_count[5m])", "seconds", id="a mean"),
        pytest.param("free / free", "a share of 1", id="a quotient of one kind"),
        pytest.param("100 * free / free", "None", id="bytes a hundred times are no unit"),
        pytest.param("(free / free) * 100", "percent", id="a hundred times a share"),
        pytest.param("full / 100", "a share of 1", id="a hundredth of percent"),
        pytest.param("load", "a share of 1", id="a ratio"),
        pytest.param("1 - load > 0.5", "a share of 1", id="the rest of a share, compared"),
        pytest.param("sum(load)", "ratio 0-1", id="many shares are no share"),
        pytest.param("load > bool 0.5", "None", id="a truth has no unit"),
        pytest.param("free and load", "bytes", id="a set has the left side's"),
        pytest.param("free or load", "None", id="one or the other"),
        pytest.param("free or 0 * load", "bytes", id="nothing has any unit"),
        pytest.param("free or vector(0)", "bytes", id="and so has a number"),
        pytest.param("free + delay", "None", id="a sum of different ones"),
        pytest.param("cost / cost", "a share of 1", id="money by money"),
        pytest.param("free / ignoring (a) requests_total", "bytes", id="bytes of a request"),
        pytest.param("state", "None", id="a state is no amount"),
        pytest.param("nobody_knows", "None", id="what is unknown"),
        pytest.param('label_replace(free, "a", "b", "", "")', "bytes", id="another label"),
        pytest.param("quantile_over_time(0.5, free[1h])", "bytes", id="the second argument"),
        pytest.param("max_over_time(free[1h:5m])", "bytes", id="a subquery"),
        pytest.param("predict_linear(free[1h], 60)", "None", id="a prediction is left alone"),
        pytest.param("shop:errors:ratio", "a share of 1", id="what is recorded"),
        pytest.param("shop:mixed", "None", id="what is recorded in two ways"),
        pytest.param("shop:itself", "None", id="what records itself"),
    ],
)
def test_a_result_has_its_unit(text: str, unit: str, shop: Contract) -> None:
    assert str(Units(shop).of(expressions.parse(text))) == unit
