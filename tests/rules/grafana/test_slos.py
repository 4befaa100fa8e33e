"""The panels of an SLO: from its objective, and with the numbers that its rules really record."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from firebrigade.rules import build, library
from firebrigade.rules.build import Compiled
from firebrigade.rules.commands import dashboards
from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana import slos, sources
from firebrigade.rules.grafana.spec import Panel
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Alerting, Events, Objective, Query, Ratio
from firebrigade.rules.testing import oracle
from firebrigade.rules.testing.oracle import Question, Simulation
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.windows import Windows, load

THIRTY_DAYS = load("30d", Path())


def objective(*tiers: str, percent: str = "99.9", windows: Windows = THIRTY_DAYS) -> Objective:
    named = tiers or ("page-fast", "page-slow", "ticket-fast", "ticket-slow")
    return Objective(
        service="shop",
        name="orders",
        description="orders that arrive.",
        percent=Decimal(percent),
        sli=Events(error=Query(text="sum(rate(bad[{{.window}}]))"), total=Query(text="sum(rate(all[{{.window}}]))")),
        windows=windows,
        tiers=tuple(tier for tier in windows.tiers if tier.tier in named),
        alerting=Alerting(name="OrdersBurnRate"),
    )


def panels(of: Objective) -> dict[str, Panel]:
    return {panel.title: panel for panel in slos.row(of).panels}


def test_each_tier_has_a_panel_with_its_windows_and_its_exact_factor() -> None:
    found = panels(objective())
    lines = {
        title: (panel.thresholds[0].value, panel.thresholds[0].color, [query.legend for query in panel.queries])
        for title, panel in found.items()
        if ":" in title
    }
    assert lines == {
        "page-fast: 1h and 5m": (14.4, "red", ["1h", "5m"]),
        "page-slow: 6h and 30m": (6, "red", ["6h", "30m"]),
        "ticket-fast: 1d and 2h": (3, "orange", ["1d", "2h"]),
        "ticket-slow: 3d and 6h": (1, "orange", ["3d", "6h"]),
    }


@pytest.mark.parametrize(
    ("tiers", "widths", "alerts"),
    [
        pytest.param(["page-fast"], [24], 24, id="one"),
        pytest.param(["page-fast", "page-slow"], [12, 12], 24, id="two"),
        pytest.param(["page-fast", "page-slow", "ticket-fast", "ticket-slow"], [6] * 4, 24, id="four"),
        pytest.param([tier.tier for tier in THIRTY_DAYS.tiers], [8] * 5, 8, id="five leave room for the alerts"),
    ],
)
def test_tiers_stand_beside_each_other(tiers: list[str], widths: list[int], alerts: int) -> None:
    found = panels(objective(*tiers))
    assert [panel.size[0] for title, panel in found.items() if ":" in title] == widths
    assert found["Budget alerts"].size[0] == alerts


def test_an_objective_without_alerts_shows_its_budget_all_the_same() -> None:
    found = panels(objective("none of them"))
    assert "Budget left" in found
    assert not any(":" in title for title in found)
    assert "Budget alerts" not in found


def test_a_ratio_has_no_events_to_show() -> None:
    found = panels(replace(objective(), sli=Ratio(error=Query(text="failing[{{.window}}]"))))
    assert "Share of bad events" in found
    assert "Events per second" not in found


@pytest.mark.parametrize(("percent", "decimals"), [("99.9", 1), ("99.99", 2), ("95", 0), ("99.50", 1)])
def test_an_objective_is_shown_with_all_its_digits(percent: str, decimals: int) -> None:
    assert panels(objective(percent=percent))["Objective"].decimals == decimals


def test_a_long_service_name_still_gives_a_uid_that_grafana_takes() -> None:
    assert slos.uid("ryot") == "slo-ryot"
    assert len(slos.uid("a" * 60)) == 40


def answers(of: Objective, minutes: int, **series: str) -> dict[str, list[float]]:
    """Return what each query of the row's panels answers after some minutes, by panel and legend."""
    asked = {f"{panel.title}/{query.legend}": query.expr for panel in slos.row(of).panels for query in panel.queries}
    simulation = Simulation(groups=burnrate.groups(of), series=series)
    found = oracle.ask(Promtool(), simulation, [Question(expr=expr, minute=minutes) for expr in asked.values()])
    return {name: [round(value, 6) for value in one.values()] for name, one in zip(asked, found, strict=True)}


def test_the_panels_say_what_happened() -> None:
    """10 of 1000 events a minute fail for two hours: ten times what 99.9 % allow."""
    found = answers(objective("page-fast", "page-slow"), 120, all="0+1000x120", bad="0+10x120")
    assert found["Objective/objective"] == [0.999]
    assert found["Burn rate now/burn rate now"] == [10]
    assert found["Burn rate of the period/burn rate of the period"] == [10]
    assert found["Budget left/budget left"] == [-9]
    assert found["Gone at this pace in/gone at this pace in"] == [0]
    assert found["Events per second/good"] == [16.5]
    assert found["Events per second/bad"] == [pytest.approx(10 / 60, abs=1e-6)]
    assert found["page-fast: 1h and 5m/1h"] == found["page-fast: 1h and 5m/5m"] == [10]
    assert found["page-slow: 6h and 30m/6h"] == [10]
    assert found["Alerts firing/alerts firing"] == [1]
    assert list(found.values()).count([2]) == 1, "one tier fires, and the timeline says so"


def test_the_panels_of_a_service_without_a_single_error_are_not_empty() -> None:
    found = answers(objective("page-fast"), 120, all="0+60x120")
    assert found["Events per second/good"] == [1]
    assert found["Events per second/bad"] == []
    assert found["Burn rate now/burn rate now"] == [0]
    assert found["Budget left/budget left"] == [1]
    assert found["Gone at this pace in/gone at this pace in"] == []
    assert found["Alerts firing/alerts firing"] == [0]


def test_how_long_the_rest_lasts_is_the_rest_at_this_pace() -> None:
    """Half an hour of twice the even pace after days of nothing: nearly all of 30 days, at twice the pace, is half."""
    found = answers(objective("page-fast"), 600, all="0+1000x600", bad="0x570 2+2x30")
    left, lasts = found["Budget left/budget left"][0], found["Gone at this pace in/gone at this pace in"][0]
    assert 0.85 < left < 0.95
    assert lasts == pytest.approx(left * 30 * 86_400 / 2, rel=0.02)


SLOTH = """\
version: prometheus/v1
service: shop
slos:
  - name: orders
    objective: 99.9
    description: Orders that arrive.
    sli:
      events:
        error_query: sum(rate(agents_failures_total[{{.window}}]))
        total_query: sum(rate(agents_tasks_assigned_total[{{.window}}]))
    alerting: {name: OrdersFail}
  - name: quiet
    objective: 95
    sli: {raw: {error_ratio_query: 'max(avg_over_time(agents_utilization_ratio[{{.window}}]))'}}
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


def test_dashboards_of_slos_are_right_by_construction(
    compiled: tuple[Compiled, ...], metrics: Contract, tmp_path: Path
) -> None:
    """A build does not judge them, because a thousand take long; so here the bundled ones and Sloth's are judged."""
    (tmp_path / "sloth.yaml").write_text(SLOTH)
    parts = [*compiled, *build.compile_all([tmp_path / "sloth.yaml"], library.surroundings())]
    scenery = dashboards.Scenery(around=library.surroundings(), metrics=metrics, compiled=parts)
    found = sources.of_services(parts)
    assert {source.dashboard.uid for source in found} >= {"slo-shop", "slo-ryot", "slo-agents"}
    assert scenery.problems(found) == []
