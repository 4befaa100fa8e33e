"""Between which numbers a result always is."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules.contract import Contract, load
from firebrigade.rules.promql import bounds, expressions
from firebrigade.rules.promql.bounds import Bounds

METRICS = """\
metrics:
  - {name: requests_total, type: counter, unit: requests, labels: [status], service: shop, source: seeds}
  - {name: took, type: histogram, unit: seconds, labels: [], buckets: [1, 5], service: shop, source: seeds}
  - {name: queue, type: gauge, unit: orders, labels: [], service: shop, source: seeds}
  - {name: load, type: gauge, unit: ratio 0-1, labels: [], service: shop, source: seeds}
  - {name: ready, type: gauge, unit: 1 when it is, labels: [], service: shop, source: seeds}
  - {name: state, type: gauge, unit: "state: 1 open, 2 closed, 5 broken", labels: [], service: shop, source: seeds}
"""
ANY, ABOVE, SHARE = (-math.inf, math.inf), (0, math.inf), (0, 1)
PART = 'rate(requests_total{status="500"}[5m])'
ALL = "rate(requests_total[5m])"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path: Path = tmp_path_factory.mktemp("contract") / "metrics.yaml"
    path.write_text(METRICS)
    return load([path])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", (3, 3)),
        ("-3", (-3, -3)),
        ("queue", ANY),
        ("nobody_knows", ANY),
        ("requests_total", ABOVE),
        ("load", SHARE),
        ("-load", (-1, 0)),
        ("ready", SHARE),
        ("state", (1, 5)),
        ("max(state)", (1, 5)),
        ("sum(state)", (1, math.inf)),
        ("sum(queue)", ANY),
        ("count(queue)", (1, math.inf)),
        ("group(queue)", (1, 1)),
        ("stddev(queue)", ANY),
        ("rate(queue[5m])", ABOVE),
        ("delta(queue[5m])", ANY),
        ("absent(queue)", (1, 1)),
        ("count_over_time(queue[5m])", (1, math.inf)),
        ("sum_over_time(load[5m])", ABOVE),
        ("avg_over_time(load[5m])", SHARE),
        ("quantile_over_time(0.5, load[5m])", SHARE),
        ("max_over_time(load[1h:5m])", SHARE),
        ("abs(queue)", ABOVE),
        ("abs(-load)", SHARE),
        ("round(load)", SHARE),
        ("ln(load)", ANY),
        ("load + state", (1, 6)),
        ("1 - load", SHARE),
        ("queue - load", ANY),
        ("requests_total * load", ABOVE),
        ("requests_total * queue", ANY),
        ("load ^ 2", ANY),
        ("load > bool 5", SHARE),
        ("load > 0.5", SHARE),
        ("load and queue", SHARE),
        ("load or state", (0, 5)),
        ("load or queue", ANY),
        (f"{PART} / {ALL}", SHARE),
        (f"sum({PART}) / (sum({ALL}) > 0)", SHARE),
        (f"{ALL} / {PART}", ABOVE),
        (f"{ALL} - {PART}", ABOVE),
        (f"sum by (a) ({PART}) / sum({ALL})", ABOVE),
        ('rate(took_bucket{le="1.0"}[5m]) / rate(took_count[5m])', SHARE),
        ('rate(took_bucket{le="1.0"}[5m]) / rate(took_count[1m])', ABOVE),
        ("rate(took_sum[5m]) / rate(took_count[5m])", ABOVE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_result_has_its_bounds(text: str, expected: tuple[float, float], shop: Contract) -> None:
    found = bounds.of(expressions.parse(text), shop)
    assert (found.low, found.high) == expected


NUMBERS = st.floats(-10, 10)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), st.data())
def test_what_two_values_do_their_bounds_allow(
    a: float, b: float, c: float, d: float, sign: str, data: st.DataObject
) -> None:
    left, right = Bounds(min(a, b), max(a, b)), Bounds(min(c, d), max(c, d))
    one, other = (data.draw(st.floats(side.low, side.high)) for side in (left, right))
    holds = {
        ">": one > other,
        ">=": one >= other,
        "<": one < other,
        "<=": one <= other,
        "==": one == other,
        "!=": one != other,
    }[sign]
    assert not holds or left.can(sign, right)
