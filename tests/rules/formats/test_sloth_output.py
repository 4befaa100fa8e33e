"""What Sloth records for a spec is recorded here too, by the same names and with the same labels.

The names and labels are those of Sloth's published examples (slok/sloth, examples/_gen/getting-started.yml,
no-alerts.yml and raw-home-wifi.yml).
"""

from collections.abc import Callable, Mapping

import pytest

from firebrigade.rules.rulefile import Rule, render
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.testing.promtool import Promtool

Read = Callable[..., tuple[Objective, ...]]

SPEC = """\
version: prometheus/v1
service: checkout
labels: {owner: payments, repo: shop/checkout, tier: "2"}
slos:
  - name: requests-availability
    objective: 99.9
    description: Requests that are answered.
    sli:
      events:
        error_query: sum(rate(http_request_duration_seconds_count{job="checkout",code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(http_request_duration_seconds_count{job="checkout"}[{{.window}}]))
    alerting:
      name: CheckoutHighErrorRate
      labels: {category: availability}
      annotations: {summary: Many requests to checkout fail}
      page_alert: {labels: {severity: pageteam, routing_key: payments}}
      ticket_alert: {labels: {severity: slack, slack_channel: "#payments"}}
"""
QUIET = SPEC.partition("    alerting:")[0] + (
    "    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}\n"
)
COUNTED = """\
version: prometheus/v1
service: wifi
slos:
  - name: satisfaction
    objective: 95
    sli:
      events:
        error_query: sum_over_time((count(satisfaction_ratio < 0.75))[{{.window}}:]) OR on() vector(0)
        total_query: sum_over_time((count(satisfaction_ratio))[{{.window}}:])
    alerting: {name: WifiSatisfaction, page_alert: {labels: {severity: home}}}
  - name: satisfaction-raw
    objective: 95
    sli:
      raw:
        error_ratio_query: |
          1 - (
            sum(sum_over_time(satisfaction_ratio[{{.window}}]))
            /
            sum(count_over_time(satisfaction_ratio[{{.window}}]))
          )
    alerting: {name: WifiSatisfactionRaw}
"""
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
METADATA = {
    "slo:objective:ratio": "vector(0.999)",
    "slo:error_budget:ratio": "vector(0.001)",
    "slo:time_period:days": "vector(30)",
    "slo:current_burn_rate:ratio": "",
    "slo:period_burn_rate:ratio": "",
    "slo:period_error_budget_remaining:ratio": "",
}
IDENTITY = {
    "owner": "payments",
    "repo": "shop/checkout",
    "tier": "2",
    "sloth_id": "checkout-requests-availability",
    "sloth_service": "checkout",
    "sloth_slo": "requests-availability",
}


def _rules(objective: Objective, *, sloth: bool = False) -> list[Rule]:
    return [rule for group in burnrate.groups(objective, sloth=sloth) for rule in group.rules]


def _recorded(objective: Objective) -> Mapping[str, Rule]:
    return {rule.record: rule for rule in _rules(objective) if rule.record}


@pytest.mark.parametrize("text", [pytest.param(SPEC, id="with alerts"), pytest.param(QUIET, id="without alerts")])
def test_the_share_of_errors_is_recorded_for_each_of_sloths_windows(text: str, read: Read) -> None:
    (objective,) = read(text)
    recorded = _recorded(objective)
    ratios = {name: rule.labels for name, rule in recorded.items() if name.startswith("slo:sli_error:ratio_rate")}
    assert ratios == {f"slo:sli_error:ratio_rate{w}": {**IDENTITY, "sloth_window": w} for w in WINDOWS}


def test_the_metadata_are_sloths_with_exact_numbers(read: Read) -> None:
    (objective,) = read(SPEC)
    recorded = _recorded(objective)
    for name, expr in METADATA.items():
        assert recorded[name].labels == IDENTITY
        assert recorded[name].expr == (expr or recorded[name].expr)


def test_the_info_tells_the_spec_and_the_objective(read: Read) -> None:
    (objective,) = read(SPEC)
    labels = _recorded(objective)["sloth_slo_info"].labels
    assert set(labels) == {*IDENTITY, "sloth_mode", "sloth_objective", "sloth_spec", "sloth_version"}
    assert (labels["sloth_spec"], labels["sloth_objective"]) == ("prometheus/v1", "99.9")


def test_sloths_two_alerts_carry_what_the_spec_says(read: Read) -> None:
    (objective,) = read(SPEC)
    alerts = [rule for rule in _rules(objective, sloth=True) if rule.alert]
    assert [(alert.alert, alert.labels, alert.annotations["summary"]) for alert in alerts] == [
        (
            "CheckoutHighErrorRate",
            {
                "category": "availability",
                "routing_key": "payments",
                "severity": "pageteam",
                "sloth_severity": "page",
            },
            "Many requests to checkout fail",
        ),
        (
            "CheckoutHighErrorRate",
            {
                "category": "availability",
                "severity": "slack",
                "slack_channel": "#payments",
                "sloth_severity": "ticket",
            },
            "Many requests to checkout fail",
        ),
    ]
    assert [rule.alert for rule in _rules(read(QUIET)[0], sloth=True) if rule.alert] == []


def test_that_data_is_missing_goes_where_tickets_go_and_is_not_told_as_errors(read: Read) -> None:
    (objective,) = read(SPEC)
    (missing,) = [rule for rule in _rules(objective) if rule.alert == "SloDataMissing"]
    assert missing.labels["slack_channel"] == "#payments"
    assert missing.labels["owner"] == "payments"
    assert "fail" not in missing.annotations["summary"]


@pytest.mark.parametrize("sloth", [False, True])
@pytest.mark.parametrize("text", [SPEC, QUIET, COUNTED], ids=["events", "no alerts", "counts and a share"])
def test_promtool_takes_what_is_built(text: str, sloth: bool, read: Read) -> None:
    groups = [group for objective in read(text) for group in burnrate.groups(objective, sloth=sloth)]
    assert Promtool().check_rules({"rules.yaml": render(groups, "a test")}) == {}
