"""The two alerts of ``--compat sloth``: what a route or a dashboard made for Sloth relies on."""

from decimal import Decimal

import promql_parser
import pytest

from firebrigade.rules import library, windows
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Alerting, Events, Extra, Objective, Query
from firebrigade.rules.windows import Windows


def _alerts(page: bool = True, ticket: bool = True) -> list[Rule]:
    chosen: Windows = windows.load("30d", library.folder())
    objective = Objective(
        service="myservice",
        name="requests-availability",
        description="requests",
        percent=Decimal("99.9"),
        sli=Events(error=Query(text="sum(rate(bad[{{.window}}]))"), total=Query(text="sum(rate(all[{{.window}}]))")),
        windows=chosen,
        tiers=tuple(tier for tier in chosen.usual() if (page if tier.is_page else ticket)),
        alerting=Alerting(
            name="MyServiceHighErrorRate",
            all=Extra(labels={"category": "availability"}, annotations={"summary": "High error rate"}),
            page=Extra(labels={"severity": "pageteam"}),
            ticket=Extra(labels={"severity": "slack"}),
        ),
    )
    return [rule for group in burnrate.groups(objective, sloth=True) for rule in group.rules if rule.alert]


def test_there_is_one_page_and_one_ticket_with_sloths_labels() -> None:
    assert [(rule.alert, dict(rule.labels)) for rule in _alerts()] == [
        ("MyServiceHighErrorRate", {"sloth_severity": "page", "category": "availability", "severity": "pageteam"}),
        ("MyServiceHighErrorRate", {"sloth_severity": "ticket", "category": "availability", "severity": "slack"}),
    ]


def test_a_words_of_the_spec_win_over_sloths_own() -> None:
    page = _alerts()[0]
    assert page.annotations["summary"] == "High error rate"
    assert page.annotations["title"].startswith("(page) {{ $labels.sloth_service }}")


def test_each_alert_is_two_pairs_of_windows_with_exact_limits() -> None:
    page, ticket = _alerts()
    for rule, windows_and_limits in (
        (page, [("5m", "0.0144"), ("1h", "0.0144"), ("30m", "0.006"), ("6h", "0.006")]),
        (ticket, [("2h", "0.003"), ("1d", "0.003"), ("6h", "0.001"), ("3d", "0.001")]),
    ):
        promql_parser.parse(rule.expr)
        written = [line for line in rule.expr.splitlines() if "ratio_rate" in line]
        for line, (window, limit) in zip(written, windows_and_limits, strict=True):
            assert f"ratio_rate{window}{{" in line
            assert f"> {limit})" in line
        assert rule.expr.count("\nor\n") == 1


@pytest.mark.parametrize(
    ("page", "ticket", "left"), [(False, True, ["ticket"]), (True, False, ["page"]), (False, False, [])]
)
def test_a_disabled_alert_is_left_out(page: bool, ticket: bool, left: list[str]) -> None:
    assert [rule.labels["sloth_severity"] for rule in _alerts(page, ticket)] == left
