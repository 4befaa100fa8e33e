"""Which route an alert takes."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from firebrigade.responder.config import Config
from firebrigade.responder.routing import explain, route_for

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
CONFIG = """
    receivers: {night: {type: log}}
    routes:
      - {matchers: 'severity="critical", team="db"', receivers: [night], policy: default, runbook: service-down}
      - {matchers: 'severity="critical"', receivers: [log, night]}
      - {matchers: 'severity=~"warning|info"', receivers: []}
    heartbeats: ['alertname="Watchdog"']
    maintenance:
      open: {matchers: 'service="ryot"', starts_at: 2026-01-05T08:00Z, ends_at: 2026-01-05T10:00Z, owner: o, reason: r}
      over: {matchers: 'service="ryot"', starts_at: 2026-01-05T07:00Z, ends_at: 2026-01-05T09:00Z, owner: o, reason: r}
"""


@pytest.fixture
def config(config_of: Callable[..., Config]) -> Config:
    return config_of(CONFIG)


@pytest.mark.parametrize(
    ("labels", "position"),
    [
        ({"severity": "critical", "team": "db"}, 1),
        ({"severity": "critical", "team": "web"}, 2),
        ({"severity": "critical"}, 2),
        ({"severity": "info"}, 3),
        ({"severity": "informal"}, 0),
        ({}, 0),
    ],
    ids=["all matchers", "one matcher fails", "a missing label", "an expression", "an expression is anchored", "none"],
)
def test_the_first_route_that_matches_wins(labels: dict[str, str], position: int, config: Config) -> None:
    route = route_for(config.routes, labels)
    assert explain(config, labels, NOW).position == position
    assert route == (config.routes[position - 1] if position else None)


def test_a_heartbeat_goes_no_further(config: Config) -> None:
    found = explain(config, {"alertname": "Watchdog", "severity": "critical"}, NOW)
    assert found.heartbeat is not None
    assert (found.route, found.runbook, found.position) == (None, None, 0)


@pytest.mark.parametrize(
    ("labels", "runbook"),
    [
        ({"severity": "critical", "team": "db", "alertname": "HighLatency"}, "service-down"),
        ({"severity": "critical", "alertname": "HighLatency"}, "high-latency"),
        ({"severity": "critical", "alertname": "Unheard"}, None),
        ({"severity": "critical"}, None),
    ],
    ids=["the route's", "the one that answers the alert", "none answers it", "an alert without a name"],
)
def test_the_runbook_is_the_routes_or_the_alerts(labels: dict[str, str], runbook: str | None, config: Config) -> None:
    found = explain(config, labels, NOW).runbook
    assert (found.name if found else None) == runbook


def test_only_a_window_that_is_open_and_matches_is_named(config: Config) -> None:
    assert [window.name for window in explain(config, {"service": "ryot"}, NOW).maintenance] == ["open"]
    assert explain(config, {"service": "akosha"}, NOW).maintenance == ()
