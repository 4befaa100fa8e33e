"""What OpenSLO knows and rules can't do, and what is wrong in it: one sentence with its place for each."""

from collections.abc import Callable

import pytest

Refuse = Callable[..., list[str]]

SPEC = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: web-search
spec:
  service: web
  indicator:
    metadata: {name: searches}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: Prometheus
            spec:
              query: sum(good)
        total:
          metricSource:
            type: Prometheus
            spec:
              query: sum(all)
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: fast}
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {name: burns}
            spec:
              severity: page
              condition:
                kind: burnrate
                op: gt
                threshold: 10
                lookbackWindow: 1h
                alertAfter: 5m
        notificationTargets:
          - targetRef: on-call
"""
_AT = "spec.indicator.spec.ratioMetric"
_POLICY = "spec.alertPolicies[0].spec"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("kind: SLO", "kind: SLOs", ":2: kind: SLOs is no kind of OpenSLO; there are SLO", id="a kind"),
        pytest.param("openslo/v1", "openslo/v2alpha", ":1: apiVersion: is OpenSLO v2alpha", id="a later version"),
        pytest.param("openslo/v1", "openslo/v3", ":1: apiVersion: openslo/v3 SLO is no format", id="no version"),
        pytest.param("web-search", "web search", ":4: metadata.name: must be letters", id="a name"),
        pytest.param("service: web", "service: [web]", ":6: spec.service: must be text", id="no text"),
        pytest.param(
            "  name: web", "  labels: {sloth_id: x}\n  name: web", ":4: metadata.labels: sloth_id is made", id="a label"
        ),
        pytest.param(
            "  name: web",
            "  labels: {tier: 1}\n  name: web",
            ":4: metadata.labels.tier: must be text",
            id="no text label",
        ),
        pytest.param("        total:", "        totals:", f":17: {_AT}.totals: is not a key", id="a typo"),
        pytest.param(
            "sum(good)", "sum(good", f":16: {_AT}.good.metricSource.spec.query: is not valid PromQL", id="no PromQL"
        ),
        pytest.param("query: sum(good)", "sql: x", f":16: {_AT}.good.metricSource.spec.sql: is not a key", id="SQL"),
        pytest.param(
            "query: sum(good)", "{}", f":15: {_AT}.good.metricSource.spec: needs a query in PromQL", id="no query"
        ),
        pytest.param(
            "        counter: true\n",
            "",
            f":15: {_AT}.good.metricSource.spec.query: has no range, and nobody says what it selects",
            id="no counter",
        ),
        pytest.param(
            "type: Prometheus",
            "type: Datadog",
            f":14: {_AT}.good.metricSource.type: Datadog has no rules",
            id="Datadog",
        ),
        pytest.param(
            "            type: Prometheus\n",
            "",
            f":13: {_AT}.good.metricSource: needs a type; write type: Prometheus",
            id="no type",
        ),
        pytest.param(
            "type: Prometheus",
            "metricSourceRef: x",
            f":14: {_AT}.good.metricSource.metricSourceRef: there is no DataSource x; name its file",
            id="no data source",
        ),
        pytest.param("good:", "raw:", f":10: {_AT}: has raw and events; give it one of them", id="raw and total"),
        pytest.param(
            "      ratioMetric:",
            "      thresholdMetric: {metricSource: {}}\n      ratioMetric:",
            ":10: spec.indicator.spec.thresholdMetric: is not read: it compares a value with a limit; write",
            id="a threshold",
        ),
        pytest.param(
            "  indicator:",
            "  indicatorRef: x\n  indicator:",
            ":5: spec: needs either indicator or indicatorRef",
            id="two indicators",
        ),
        pytest.param("28d", "28 days", ":23: spec.timeWindow[0].duration: '28 days' is not a duration", id="words"),
        pytest.param("28d", "0d", ":23: spec.timeWindow[0].duration: is no time at all", id="no time"),
        pytest.param(
            "isRolling: true",
            "calendar: {startTime: 2022-01-01 12:00:00, timeZone: UTC}",
            ":24: spec.timeWindow[0].calendar: is not read: rules look back from now and know no calendar",
            id="a calendar",
        ),
        pytest.param(
            "isRolling: true",
            "isRolling: false",
            ":24: spec.timeWindow[0].isRolling: is not read: rules look back from now",
            id="no rolling window",
        ),
        pytest.param(
            "    - duration: 28d",
            "    - duration: 7d\n    - duration: 28d",
            ":22: spec.timeWindow: has 2 items; leave 1",
            id="two windows",
        ),
        pytest.param(
            "Occurrences",
            "Timeslices",
            ":25: spec.budgetingMethod: is not read: rules count events and no time slices; use Occurrences",
            id="time slices",
        ),
        pytest.param(
            "Occurrences", "RatioTimeslices", ":25: spec.budgetingMethod: is not read: rules count", id="their ratio"
        ),
        pytest.param("Occurrences", "Chance", ":25: spec.budgetingMethod: must be Occurrences", id="no method"),
        pytest.param("0.999", "99.9", ":27: spec.objectives[0].target: must be above 0 and below 1", id="a percentage"),
        pytest.param("0.999", "1", ":27: spec.objectives[0].target: must be above 0 and below 1", id="no budget"),
        pytest.param(
            "target: 0.999",
            "targetPercent: 100",
            ":27: spec.objectives[0].targetPercent: must be above 0 and below 100",
            id="no budget in percent",
        ),
        pytest.param(
            "target: 0.999", "displayName: x", ":27: spec.objectives[0]: needs either target or", id="no target"
        ),
        pytest.param(
            "- target: 0.999",
            "- {target: 0.999, compositeWeight: 2, indicatorRef: x}",
            ":27: spec.objectives[0].compositeWeight: is not read: rules can't weigh objectives",
            id="a composite",
        ),
        pytest.param(
            "target: 0.999",
            "target: 0.9",
            ":27: spec.objectives[0].target: tier burns can never fire: at 10 times the even pace",
            id="an alert that can never fire",
        ),
        pytest.param(
            "alertWhenBreaching",
            "alertWhenNoData",
            f":32: {_POLICY}.alertWhenNoData: is not read: nobody knows what should be there",
            id="an alert without data",
        ),
        pytest.param(
            "op: gt", "op: lte", f":40: {_POLICY}.conditions[0].spec.condition.op: is not read: it", id="below"
        ),
        pytest.param(
            "burnrate", "x", f":39: {_POLICY}.conditions[0].spec.condition.kind: must be 'burnrate'", id="kind"
        ),
        pytest.param(
            "threshold: 10",
            "threshold: 0",
            f":41: {_POLICY}.conditions[0].spec.condition.threshold: must be greater than 0",
            id="no threshold",
        ),
        pytest.param(
            "threshold: 10",
            "threshold: 1000",
            f":41: {_POLICY}.conditions[0].spec.condition.threshold: would spend more than the whole budget within 1h",
            id="more than the budget",
        ),
        pytest.param(
            "Window: 1h",
            "Window: 2m",
            f":42: {_POLICY}.conditions[0].spec.condition.lookbackWindow: must be longer than 4 scrapes of 30s",
            id="a window that is too short",
        ),
        pytest.param(
            "    - kind: AlertPolicy",
            "    - nobody\n    - kind: AlertPolicy",
            ":29: spec.alertPolicies[0]: there is no AlertPolicy nobody; name its file or its folder as well",
            id="no policy",
        ),
        pytest.param(
            "          - kind: AlertCondition",
            "          - conditionRef: x\n          - kind: AlertCondition",
            f":34: {_POLICY}.conditions[0]: there is no AlertCondition x",
            id="no condition",
        ),
        pytest.param(
            "            spec:\n              severity: page",
            "            conditionRef: x\n            spec:\n              severity: page",
            f":34: {_POLICY}.conditions[0]: needs either conditionRef, or metadata and spec",
            id="a condition and a reference",
        ),
        pytest.param(
            "targetRef: on-call", "spec: {}", f":45: {_POLICY}.notificationTargets[0].spec.target: is", id="no target"
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: str, refuse: Refuse) -> None:
    problems = refuse(SPEC.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in problems), problems


def test_all_mistakes_are_told_at_once(refuse: Refuse) -> None:
    text = (
        SPEC.replace("sum(good)", "sum(good").replace("sum(all)", "sum(all").replace("threshold: 10", "threshold: 999")
    )
    assert [problem.split(":")[1] for problem in refuse(text)] == ["16", "21", "41"]


def test_a_condition_that_two_policies_have_is_told(refuse: Refuse) -> None:
    policy = SPEC.partition("  alertPolicies:\n")[2]
    (problem,) = refuse(SPEC + policy)
    assert problem == ":46: spec.alertPolicies[1]: burns is the condition of another policy already; leave one of them"


def test_a_reference_that_leads_nowhere_says_where_others_lead(refuse: Refuse) -> None:
    start, rest = SPEC.split("  indicator:\n")
    text = start + "  indicatorRef: search\n" + rest[rest.index("  timeWindow:") :]
    sli = "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: searches}\nspec: {ratioMetric: {}}\n"
    assert refuse(text) == [":7: spec.indicatorRef: there is no SLI search; name its file or its folder as well"]
    told = refuse(text + sli)
    assert told == [":7: spec.indicatorRef: there is no SLI search; there is searches"]
    assert refuse(text.replace("Ref: search", "Ref: searches") + sli) == [
        ":36: spec.ratioMetric: needs total and one of good and bad, or raw with rawType"
    ]
