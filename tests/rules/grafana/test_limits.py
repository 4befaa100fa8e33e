"""Lines and colours: from values, and from the limits in alerts' own expressions."""

from collections.abc import Callable
from typing import Any

import pytest

from firebrigade.rules.grafana import limits
from firebrigade.rules.grafana.limits import Limit
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.grafana.spec import Panel
from firebrigade.rules.rulefile import Rule

MakePanel = Callable[..., Panel]


def limit_of(expr: str, severity: str = "warning") -> Limit | None:
    return limits.limit(Rule(alert="A", expr=expr, labels={"severity": severity}))


@pytest.mark.parametrize(
    ("expr", "limit"),
    [
        pytest.param("x > 5", Limit(value=5, color="orange"), id="above"),
        pytest.param("x >= 4", Limit(value=4, color="orange"), id="from"),
        pytest.param("x < 0.2", Limit(value=0.2, color="orange", below=True), id="below"),
        pytest.param("5 < x", Limit(value=5, color="orange"), id="the number first"),
        pytest.param("a / b > 0.05 and c * 300 >= 10", Limit(value=0.05, color="orange"), id="with a guard"),
        pytest.param("a / (b > 0) < 15 and c > 1", Limit(value=15, color="orange", below=True), id="the outermost"),
        pytest.param("x > 0", None, id="any at all is no line"),
        pytest.param("x == 2", None, id="an equality has no side"),
        pytest.param("x > bool 2", None, id="a flag drops nothing"),
        pytest.param("a > b", None, id="no number"),
        pytest.param("absent(x)", None, id="no comparison"),
    ],
)
def test_the_limit_is_read_from_the_alert(expr: str, limit: Limit | None) -> None:
    assert limit_of(expr) == limit


@pytest.mark.parametrize(("severity", "color"), [("critical", "red"), ("warning", "orange"), ("info", "blue")])
def test_the_colour_is_the_severity_s(severity: str, color: str) -> None:
    found = limit_of("x > 1", severity)
    assert found is not None
    assert found.color == color


@pytest.mark.parametrize(
    ("thresholds", "steps"),
    [
        pytest.param([], [("green", None)], id="none"),
        pytest.param(
            [{"value": 1, "color": "orange"}, {"value": 14.4, "color": "red"}],
            [("green", None), ("orange", 1), ("red", 14.4)],
            id="above",
        ),
        pytest.param(
            [{"value": 0.25, "color": "orange", "below": True}, {"value": 0, "color": "red", "below": True}],
            [("red", None), ("orange", 0), ("green", 0.25)],
            id="below, in their order",
        ),
        pytest.param(
            [{"alert": "AgentUtilizationHigh"}, {"alert": "AgentUtilizationLow"}],
            [("blue", None), ("green", 0.2), ("orange", 0.9)],
            id="both, of alerts",
        ),
    ],
)
def test_the_colours_of_a_panel(
    thresholds: list[dict[str, Any]], steps: list[tuple[str, float | None]], panel: MakePanel, scene: Scene
) -> None:
    found = limits.limits(panel("agents_utilization_ratio", thresholds=thresholds), scene.alerts)
    assert [(one["color"], one["value"]) for one in limits.steps(found)] == steps
