"""OpenSLO v1: SLOs with indicators, data sources and alert policies in documents, lists and files of their own."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from firebrigade.rules import build, commands, library
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Links, Server
from firebrigade.rules.problems import RulesError
from firebrigade.rules.slo.objectives import Events, Objective, Ratio
from firebrigade.rules.testing.promtool import Promtool

Read = Callable[..., tuple[Objective, ...]]
Write = Callable[[str, str], Path]

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: web-search
  displayName: Search
  labels:
    env: [prod]
    team: [a, b]
    app.kubernetes.io/name: web
spec:
  description: searches that succeed.
  service: web
  indicatorRef: searches
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
  alertPolicies:
    - fast
    - alertPolicyRef: slow
"""
SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: searches}
spec:
  ratioMetric:
    counter: true
    good:
      metricSource: {type: Prometheus, spec: {query: 'sum(searches{code=~"2.."})'}}
    total:
      metricSource: {metricSourceRef: metrics, spec: {query: sum(searches)}}
"""
POLICIES = """\
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: Burns_1}]
  notificationTargets: [{targetRef: on-call}, {targetRef: chat}]
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: slow}
spec:
  alertWhenResolved: true
  conditions:
    - kind: AlertCondition
      metadata: {name: smoulders}
      spec:
        severity: ticket
        condition: {kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1d, alertAfter: 15m}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: Burns_1}
spec:
  severity: page
  description: The search is down
  condition: {kind: burnrate, op: gt, threshold: 13.44, lookbackWindow: 1h}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: metrics}
spec: {type: prometheus, connectionDetails: {url: "http://127.0.0.1:9090"}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: on-call}
spec: {target: email}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: web}
spec:
"""
ALL = "---\n".join([SLO, SLI, POLICIES])
INLINE = SLI.partition("spec:\n")[2]


def _inline(indicator: str = INLINE) -> str:
    """The SLO with its indicator inside and no policies."""
    text = SLO.partition("  alertPolicies")[0]
    inside = indicator.replace("metricSourceRef: metrics", "type: Prometheus").replace("\n", "\n    ").rstrip(" ")
    return text.replace("  indicatorRef: searches\n", f"  indicator:\n    spec:\n      {inside.lstrip()}")


def test_documents_that_refer_to_each_other_make_one_objective(read: Read) -> None:
    (objective,) = read(ALL)
    assert (objective.id, objective.spec) == ("web-web-search", "openslo/v1")
    assert objective.error_budget == Decimal("0.001")
    assert objective.windows.period.seconds == 28 * 86_400
    assert isinstance(objective.sli, Events)
    assert objective.sli.total.text == "sum(rate(searches[{{.window}}]))"
    assert objective.sli.error.text == (
        '(sum(rate(searches[{{.window}}]))) - ((sum(rate(searches{code=~"2.."}[{{.window}}]))) or vector(0))'
    )


def test_labels_become_what_prometheus_takes(read: Read) -> None:
    (objective,) = read(ALL)
    assert objective.labels == {"env": "prod", "team": "a,b", "app_kubernetes_io_name": "web"}


def test_conditions_become_tiers_with_exact_factors(read: Read) -> None:
    (objective,) = read(ALL)
    quick, slow = objective.tiers
    assert (quick.tier, quick.severity, quick.budget_percent) == ("burns-1", "critical", Decimal(2))
    assert (slow.tier, slow.severity, slow.hold.text) == ("smoulders", "warning", "15m")
    assert [(tier.long.text, tier.short.text) for tier in objective.tiers] == [("1h", "5m"), ("1d", "2h")]
    assert [tier.factor(objective.windows.period) for tier in objective.tiers] == [Decimal("13.44"), Decimal(2)]


def test_alerts_carry_the_users_words(read: Read) -> None:
    (objective,) = read(ALL)
    quick, slow = (objective.alerting.added(tier) for tier in objective.tiers)
    assert objective.alerting.name == "WebSearchBurnRate"
    assert quick.labels == {"severity": "page", "notification_targets": "on-call,chat"}
    assert quick.annotations == {"summary": "The search is down"}
    assert slow.labels == {"severity": "ticket"}


def test_an_slo_without_policies_is_recorded_and_alerts_nobody(read: Read) -> None:
    (objective,) = read(_inline())
    assert objective.tiers == ()
    assert len(objective.recorded) == 4
    (odd,) = read(_inline().replace("duration: 28d", "duration: 2w"))
    assert odd.windows.period.text == "2w"


@pytest.mark.parametrize(
    ("written", "days"),
    [("36h", "1.5"), ("2w", "14"), ("1M", "30"), ("1Q", "90"), ("1Y", "365"), ("45d", "45")],
)
def test_a_time_window_is_as_long_as_openslo_counts_it(written: str, days: str, read: Read) -> None:
    (objective,) = read(
        _inline().replace("duration: 28d", f"duration: {written}"), server=Server(retention=Duration("1y"))
    )
    assert Decimal(objective.windows.period.seconds) / 86_400 == Decimal(days)
    assert all(tier.long.length <= objective.windows.period.length for tier in objective.recorded)


def test_slos_of_two_services_may_have_the_same_name(write: Write) -> None:
    other = _inline().replace("service: web", "service: api")
    (compiled,) = build.compile_all([write("slos.yaml", f"{_inline()}---\n{other}")], library.surroundings())
    assert [objective.id for objective in compiled.objectives] == ["web-web-search", "api-web-search"]


def test_a_policy_that_does_not_tell_of_breaches_makes_no_alerts(read: Read) -> None:
    text = ALL.replace("alertWhenBreaching: true", "alertWhenBreaching: false")
    (objective,) = read(text.replace("    - alertPolicyRef: slow\n", ""))
    assert objective.tiers == ()


def test_several_objectives_become_several_slos(read: Read) -> None:
    one, other = read(_inline().replace("    - target: 0.999\n", "    - targetPercent: 99.95\n    - target: 0.9999\n"))
    assert [(one.name, one.percent), (other.name, other.percent)] == [
        ("web-search-0", Decimal("99.95")),
        ("web-search-1", Decimal("99.99")),
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("failure", "avg(avg_over_time(search:errors[{{.window}}]))", id="the share of bad events"),
        pytest.param("success", "1 - (avg(avg_over_time(search:errors[{{.window}}])))", id="the share of good events"),
    ],
)
def test_a_share_that_is_recorded_already_is_a_ratio(kind: str, expected: str, read: Read) -> None:
    source = "{metricSource: {type: Prometheus, spec: {query: 'search:errors'}}}"
    (objective,) = read(_inline(f"  ratioMetric:\n    rawType: {kind}\n    raw: {source}\n"))
    assert isinstance(objective.sli, Ratio)
    assert objective.sli.error.text == expected


def test_bad_events_are_taken_as_they_are(read: Read) -> None:
    (objective,) = read(_inline(INLINE.replace("good:", "bad:").replace("2..", "5..")))
    assert isinstance(objective.sli, Events)
    assert objective.sli.error.text == 'sum(rate(searches{code=~"5.."}[{{.window}}]))'


def test_an_slo_without_a_window_has_the_builds_period(read: Read) -> None:
    text = _inline().replace("  timeWindow: [{duration: 28d, isRolling: true}]\n", "")
    (objective,) = read(text, period=Duration("7d"))
    assert objective.windows.period.text == "1w"


def test_a_list_of_objects_is_read_as_the_tools_of_openslo_write_it(read: Read) -> None:
    listed = "".join(f"- {document.strip()}".replace("\n", "\n  ") + "\n" for document in ALL.split("---\n"))
    (objective,) = read(listed)
    assert objective.origin == (0, "spec")
    (same,) = read(ALL)
    assert objective.alerting == same.alerting
    assert objective.tiers == same.tiers


def test_a_link_that_was_chosen_leads_to_the_alerts_runbook(read: Read) -> None:
    links = Links(runbook_url="https://wiki.example/{name}", dashboard_url="https://grafana.example/{name}")
    (objective,) = read(ALL, links=links, own_links=("runbook_url",))
    assert objective.alerting.added(objective.tiers[0]).annotations["runbook_url"] == (
        "https://wiki.example/WebSearchBurnRate"
    )


def test_objects_may_be_in_files_of_their_own(write: Write, tmp_path: Path) -> None:
    write("openslo/slo.yaml", SLO)
    write("openslo/indicators/sli.yaml", SLI)
    write("openslo/alerts.yaml", POLICIES)
    (compiled,) = build.compile_all([tmp_path / "openslo"], library.surroundings())
    assert compiled.file.name == "slo-slo.yaml"
    assert Promtool().check_rules({"rules.yaml": compiled.file.text}) == {}
    places = {compiled.source.problem(rule.origin, "").key for group in compiled.file.groups for rule in group.rules}
    assert "spec.indicatorRef" in places


def test_files_without_any_slo_are_told(write: Write) -> None:
    with pytest.raises(RulesError, match=r"sli\.yaml:1: has no SLO; name the files of the SLOs as well"):
        build.compile_all([write("sli.yaml", SLI)], library.surroundings())


def test_a_name_that_two_objects_have_is_told(write: Write) -> None:
    paths = [write("slo.yaml", ALL), write("again.yaml", SLI)]
    with pytest.raises(RulesError) as error:
        build.compile_all(paths, library.surroundings())
    (problem,) = error.value.problems
    assert str(problem).startswith(f"{paths[1]}:3: metadata.name: searches is the name of another SLI ({paths[0]}:22)")


def test_what_is_built_is_checked_without_errors(write: Write) -> None:
    checked = commands.check([write("slo.yaml", ALL)])
    assert not checked.fails(), checked.problems
