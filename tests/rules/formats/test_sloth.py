"""Sloth's prometheus/v1 and its Kubernetes object: what is taken, and every mistake with its place."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from firebrigade.rules.slo.objectives import Events, Objective, Ratio

Read = Callable[..., tuple[Objective, ...]]
Refuse = Callable[..., list[str]]

SPEC = """\
version: prometheus/v1
service: shop
labels:
  owner: web
  tier: "2"
slos:
  - name: orders
    objective: 99.9
    description: Orders that the shop takes.
    labels: {tier: "1", flow: buy}
    sli:
      events:
        error_query: sum(rate(orders_total{code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(orders_total[{{ .window }}]))
    alerting:
      name: ShopOrdersFail
      labels: {category: availability, severity: some}
      annotations: {summary: Orders fail}
      page_alert:
        labels: {severity: pageteam, routing_key: web}
      ticket_alert:
        labels: {severity: slack}
        annotations: {channel: "#web"}
"""
RAW = """\
version: prometheus/v1
service: wifi
slos:
  - name: satisfaction
    objective: 95
    sli:
      raw:
        error_ratio_query: |
          1 - avg(avg_over_time(satisfaction_ratio[{{.window}}]))  # as the router says
    alerting:
      page_alert: {disable: true}
      ticket_alert: {disable: true}
"""
_KUBERNETES_KEYS = {
    "error_query": "errorQuery",
    "total_query": "totalQuery",
    "error_ratio_query": "errorRatioQuery",
    "page_alert": "pageAlert",
    "ticket_alert": "ticketAlert",
}


def kubernetes(text: str) -> str:
    """The same SLOs as a Kubernetes object, with four lines more at the top."""
    for name, key in _KUBERNETES_KEYS.items():
        text = text.replace(f"{name}:", f"{key}:")
    inside = text.removeprefix("version: prometheus/v1\n")
    head = (
        "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nmetadata: {name: shop, namespace: web}\nspec:\n"
    )
    return head + re.sub("(?m)^", "  ", inside).rstrip(" ")


def test_a_spec_is_taken_as_it_is(read: Read) -> None:
    (objective,) = read(SPEC)
    assert (objective.id, objective.spec) == ("shop-orders", "prometheus/v1")
    assert objective.description == "Orders that the shop takes."
    assert objective.error_budget == Decimal("0.001")
    assert isinstance(objective.sli, Events)
    assert objective.sli.error.text == 'sum(rate(orders_total{code=~"(5..|429)"}[{{.window}}]))'
    assert objective.sli.total.at == ("slos", 0, "sli", "events", "total_query")
    assert (objective.windows.period.text, objective.minimum_events, objective.up) == ("30d", 0, "")


def test_the_labels_of_an_slo_win_over_those_of_its_service(read: Read) -> None:
    (objective,) = read(SPEC)
    assert objective.labels == {"owner": "web", "tier": "1", "flow": "buy"}


def test_the_labels_of_a_page_win_over_those_of_all_alerts(read: Read) -> None:
    (objective,) = read(SPEC)
    page, ticket = (objective.alerting.added(objective.tiers[number]) for number in (0, -1))
    assert page.labels == {"category": "availability", "severity": "pageteam", "routing_key": "web"}
    assert page.annotations == {"summary": "Orders fail"}
    assert ticket.labels == {"category": "availability", "severity": "slack"}
    assert ticket.annotations == {"summary": "Orders fail", "channel": "#web"}


@pytest.mark.parametrize(
    ("old", "new", "tiers"),
    [
        pytest.param("", "", ["page-fast", "page-slow", "ticket-fast", "ticket-slow"], id="page and ticket"),
        pytest.param("page_alert:", "page_alert:\n        disable: true", ["ticket-fast", "ticket-slow"], id="tickets"),
        pytest.param("ticket_alert:", "ticket_alert:\n        disable: true", ["page-fast", "page-slow"], id="pages"),
    ],
)
def test_a_disabled_alert_is_not_made(old: str, new: str, tiers: list[str], read: Read) -> None:
    (objective,) = read(SPEC.replace(old, new, 1))
    assert [tier.tier for tier in objective.tiers] == tiers


def test_an_slo_without_alerts_needs_no_name_for_them_and_still_has_windows(read: Read) -> None:
    (objective,) = read(RAW)
    assert objective.tiers == ()
    assert len(objective.windows.usual()) == 4
    assert objective.description == "all events that are no errors."


def test_a_raw_sli_is_a_ratio_whose_comment_swallows_nothing_behind_it(read: Read) -> None:
    (objective,) = read(RAW)
    assert isinstance(objective.sli, Ratio)
    assert objective.sli.error.text == (
        "1 - avg(avg_over_time(satisfaction_ratio[{{.window}}]))  # as the router says\n"
    )


def test_what_is_written_without_a_value_is_empty(read: Read) -> None:
    text = SPEC.replace('labels: {severity: slack}\n        annotations: {channel: "#web"}', "labels:")
    text = text.replace("annotations: {summary: Orders fail}", "annotations:")
    (objective,) = read(text)
    assert objective.alerting.ticket.labels == {}


@pytest.mark.parametrize("text", [pytest.param(SPEC, id="events"), pytest.param(RAW, id="raw")])
def test_the_kubernetes_object_is_read_as_the_same_slos(text: str, read: Read) -> None:
    (plain,), (other,) = read(text), read(kubernetes(text))
    same = ("service", "name", "description", "percent", "windows", "tiers", "alerting", "labels")
    assert [getattr(plain, name) for name in same] == [getattr(other, name) for name in same]
    assert other.spec == "sloth.slok.dev/v1"
    assert other.origin == ("spec", "slos", 0)


def test_a_status_that_the_cluster_wrote_is_passed_over(read: Read) -> None:
    status = "status: {processedSLOs: 1, promOpRulesGenerated: true}\n"
    assert read(kubernetes(SPEC) + status) == read(kubernetes(SPEC))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("service: shop", "service: -shop", ":2: service: must be two or more letters", id="service"),
        pytest.param("name: orders", "name: o", ":7: slos[0].name: must be two or more letters", id="a short name"),
        pytest.param("name: orders", "name: 1", ":7: slos[0].name: must be text", id="a name that is a number"),
        pytest.param("99.9", "100", ":8: slos[0].objective: must be above 0 and below 100", id="no budget"),
        pytest.param("99.9", "0", ":8: slos[0].objective: must be above 0 and below 100", id="no objective"),
        pytest.param("99.9", ".nan", ":8: slos[0].objective: must be a finite number", id="no number"),
        pytest.param(
            "99.9",
            "90",
            ":8: slos[0].objective: tier page-fast can never fire: at 14.4 times the even pace more than all events "
            "fail; use an objective above 93.06",
            id="an objective that a tier can never reach",
        ),
        pytest.param('"2"', "2", ":5: labels.tier: must be text; put it into quotes", id="a label that is a number"),
        pytest.param('"2"', '""', ":3: labels: tier is empty", id="an empty label"),
        pytest.param("owner: web", "the-owner: web", ":3: labels: the-owner is no label's name", id="a label's name"),
        pytest.param("owner: web", "__name__: web", ":3: labels: __name__ is no label's name", id="the metric's name"),
        pytest.param("owner: web", "sloth_id: web", ":3: labels: sloth_id is made from", id="a label that is made"),
        pytest.param(
            "[{{.window}}]", "[5m]", ":13: slos[0].sli.events.error_query: must hold {{.window}}", id="no window"
        ),
        pytest.param(
            "[{{.window}}]", "[{{.window}}", ":13: slos[0].sli.events.error_query: is not valid PromQL", id="no PromQL"
        ),
        pytest.param(
            '{code=~"(5..|429)"}[{{.window}}]',
            "[{{ .window }}]",
            ":12: slos[0].sli.events: has the same query twice",
            id="only errors",
        ),
        pytest.param(
            "    sli:\n",
            "    sli:\n      raw: {error_ratio_query: 'avg_over_time(x[{{.window}}])'}\n",
            ":11: slos[0].sli: needs either events or raw",
            id="two kinds of SLI",
        ),
        pytest.param(
            "    sli:\n",
            "    sli:\n      plugin: {id: sloth-common/x}\n",
            ":12: slos[0].sli.plugin: is not read: SLI plugins are Go code",
            id="an SLI plugin",
        ),
        pytest.param(
            "slos:\n",
            "slo_plugins: {chain: []}\nslos:\n",
            ":6: slo_plugins: is not read: SLO plugins are Go code",
            id="SLO plugins of all",
        ),
        pytest.param(
            "    sli:\n",
            "    plugins: {chain: []}\n    sli:\n",
            ":11: slos[0].plugins: is not read: SLO plugins are Go code",
            id="SLO plugins of one",
        ),
        pytest.param(
            "name: ShopOrdersFail", "name: ''", ":15: slos[0].alerting: needs a name", id="alerts without a name"
        ),
        pytest.param(
            "page_alert", "pageAlert", ":19: slos[0].alerting.pageAlert: is not a key", id="the other spelling"
        ),
        pytest.param("objective:", "objektive:", ":8: slos[0].objektive: is not a key", id="a typo"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: str, refuse: Refuse) -> None:
    problems = refuse(SPEC.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in problems), problems


def test_a_mistake_in_the_kubernetes_object_is_told_in_its_spelling(refuse: Refuse) -> None:
    problems = refuse(kubernetes(SPEC.replace("[{{.window}}]", "[5m]").replace("99.9", "101")))
    assert [problem.partition(" must")[0] for problem in problems] == [
        ":11: spec.slos[0].objective:",
        ":16: spec.slos[0].sli.events.errorQuery:",
    ]
    told = refuse(kubernetes(SPEC).replace("errorQuery", "error_query"))
    assert ":16: spec.slos[0].sli.events.error_query: is not a key that is known here; check its spelling" in told


def test_all_mistakes_are_told_at_once(refuse: Refuse) -> None:
    text = SPEC.replace("99.9", "101").replace("service: shop", "servis: shop").replace("[{{.window}}]", "[5m]")
    assert len(refuse(text)) == 4


def test_no_slos_and_no_alerting_are_told(refuse: Refuse) -> None:
    assert refuse("version: prometheus/v1\nservice: shop\nslos: []\n") == [":3: slos: is empty; add at least one"]
    text = SPEC.partition("    alerting:")[0]
    assert refuse(text) == [":7: slos[0].alerting: needs a name; add it, or disable both the page and the ticket"]
