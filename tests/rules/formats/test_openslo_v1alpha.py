"""OpenSLO v1alpha, as Sloth reads it: names and numbers, and what is refused."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Server
from firebrigade.rules.slo.objectives import Events, Objective

Read = Callable[..., tuple[Objective, ...]]
Refuse = Callable[..., list[str]]

SPEC = """\
apiVersion: openslo/v1alpha
kind: SLO
metadata:
  name: requests
  displayName: Requests
spec:
  service: api
  description: Requests that are answered.
  objectives:
    - ratioMetrics:
        good:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_total{code!~"5.."}[{{.window}}]))
        total:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_total[{{.window}}]))
      target: 0.9995
    - ratioMetrics:
        counter: true
        good:
          source: sloth
          queryType: PromQL
          query: sum(requests_seconds_bucket{le="0.5"})
        total:
          source: Prometheus
          queryType: promql
          query: sum(requests_seconds_count)
      target: 0.99
  timeWindows:
    - count: 4
      unit: Week
"""


def test_each_objective_is_an_slo_with_sloths_name(read: Read) -> None:
    one, other = read(SPEC)
    assert [one.id, other.id] == ["api-requests-0", "api-requests-1"]
    assert [one.percent, other.percent] == [Decimal("99.95"), 99]
    assert (one.spec, one.description) == ("openslo/v1alpha", "Requests that are answered.")
    assert one.windows.period.seconds == 28 * 86_400


def test_nobody_is_alerted_and_all_windows_are_recorded(read: Read) -> None:
    for objective in read(SPEC):
        assert objective.tiers == ()
        assert len(objective.recorded) == 4


def test_queries_keep_their_window_or_get_one(read: Read) -> None:
    one, other = read(SPEC)
    assert isinstance(one.sli, Events)
    assert isinstance(other.sli, Events)
    assert one.sli.total.text == "sum(rate(requests_total[{{.window}}]))"
    assert other.sli.total.text == "sum(rate(requests_seconds_count[{{.window}}]))"
    assert other.sli.error.text == (
        "(sum(rate(requests_seconds_count[{{.window}}]))) - "
        '((sum(rate(requests_seconds_bucket{le="0.5"}[{{.window}}]))) or vector(0))'
    )


def test_incremental_says_the_same_as_counter(read: Read) -> None:
    assert read(SPEC) == read(SPEC.replace("counter: true", "incremental: true"))


def test_without_a_window_the_builds_period_holds(read: Read) -> None:
    (one, _) = read(SPEC.partition("  timeWindows:")[0], period=Duration("30d"))
    assert one.windows.period.text == "30d"


@pytest.mark.parametrize(("unit", "days"), [("Day", 4), ("week", 28), ("Month", 120), ("Quarter", 360)])
def test_a_time_window_is_so_many_units(unit: str, days: int, read: Read) -> None:
    (one, _) = read(SPEC.replace("Week", unit), server=Server(retention=Duration("1y")))
    assert one.windows.period.seconds == days * 86_400


def test_a_service_has_no_slos(read: Read) -> None:
    assert read("apiVersion: openslo/v1alpha\nkind: Service\nmetadata: {name: api}\nspec: {description: x}\n") == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("kind: SLO", "kind: SLI", ":2: kind: must be 'SLO'", id="a kind of v1"),
        pytest.param("0.9995", "99.95", ":19: spec.objectives[0].target: must be above 0 and below 1", id="percent"),
        pytest.param(
            "source: prometheus",
            "source: datadog",
            ":12: spec.objectives[0].ratioMetrics.good.source: datadog has no rules",
            id="another source",
        ),
        pytest.param(
            "queryType: promql",
            "queryType: sql",
            ":13: spec.objectives[0].ratioMetrics.good.queryType: sql is no language of Prometheus",
            id="another language",
        ),
        pytest.param(
            "sum(requests_seconds_count)",
            "sum(requests",
            ":29: spec.objectives[1].ratioMetrics.total.query: is not valid PromQL",
            id="no PromQL",
        ),
        pytest.param(
            "        counter: true\n",
            "",
            ":24: spec.objectives[1].ratioMetrics.good.query: has no range, and nobody says what",
            id="no counter",
        ),
        pytest.param(
            "  objectives:",
            "  indicator: {thresholdMetric: {}}\n  objectives:",
            ":9: spec.indicator: is not read: it compares a value with a limit",
            id="a threshold",
        ),
        pytest.param(
            "  objectives:",
            "  budgetingMethod: Timeslices\n  objectives:",
            ":9: spec.budgetingMethod: is not read: rules count events and no time slices",
            id="time slices",
        ),
        pytest.param(
            "Week", "Fortnight", ":33: spec.timeWindows[0].unit: 'Fortnight' is no unit; use Day", id="a unit"
        ),
        pytest.param("count: 4", "count: 0", ":32: spec.timeWindows[0].count: must be greater than 0", id="no time"),
        pytest.param(
            "count: 4",
            "count: 4\n      isRolling: false",
            ":33: spec.timeWindows[0].isRolling: is not read",
            id="fixed",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: str, refuse: Refuse) -> None:
    problems = refuse(SPEC.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in problems), problems
