"""What a right configuration becomes, and what holds where it says nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from firebrigade.responder.config import Config, load_config
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Automation
from firebrigade.responder.routing import route_for
from firebrigade.responder.settings import load_settings
from firebrigade.runbooks.modes import AutomationMode

ConfigOf = Callable[..., Config]

PAGERDUTY = "pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}"
SLACK = "slack: {token: xoxb-1, channel: C0123456789}"
EMAIL = "email: {host: localhost, sender: a@example.org, recipients: [b@example.org]}"


def test_without_a_file_alerts_go_to_the_log_and_runbooks_run_dry() -> None:
    config = load_config(None, load_settings({}))
    assert list(config.receivers) == ["log"]
    assert {route.receivers for route in config.routes} == {("log",)}
    assert config.automation.mode is AutomationMode.DRY_RUN
    assert config.automation.namespaces == ()
    assert config.heartbeats == ((Matcher("alertname", "=", "Watchdog"),),)
    assert (config.kubernetes, config.prometheus, config.supervisor) == (None, None, None)
    assert dict(config.alertmanagers) == {}


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "routes:\nreceivers:\nmaintenance:\n"], ids=["empty", "a comment", "empty blocks"]
)
def test_a_file_that_says_nothing_is_as_good_as_none(text: str, config_of: ConfigOf) -> None:
    config, without = config_of(text), load_config(None, load_settings({}))
    assert config.routes == without.routes
    assert config.automation == without.automation


@pytest.mark.parametrize(
    ("receivers", "severity", "expected"),
    [
        ([PAGERDUTY, SLACK, EMAIL], "critical", ("pagerduty", "slack", "email")),
        ([PAGERDUTY, SLACK, EMAIL], "warning", ("slack",)),
        ([PAGERDUTY, SLACK, EMAIL], "info", ("log",)),
        ([PAGERDUTY, SLACK, EMAIL], "unheard-of", ("slack",)),
        ([PAGERDUTY], "critical", ("pagerduty",)),
        ([PAGERDUTY], "warning", ("log",)),
        ([EMAIL], "warning", ("email",)),
        ([SLACK], "critical", ("slack",)),
        ([], "critical", ("log",)),
    ],
)
def test_default_routes_go_by_severity_to_what_is_configured(
    receivers: list[str], severity: str, expected: tuple[str, ...], config_of: ConfigOf
) -> None:
    config = config_of("receivers:\n" + "".join(f"  {receiver}\n" for receiver in receivers))
    route = route_for(config.routes, {"severity": severity})
    assert route is not None
    assert route.receivers == expected
    assert bool(route.policy) is (severity == "critical")


def test_the_default_policy_escalates_to_three_levels() -> None:
    policy = load_config(None, load_settings({})).policies["default"]
    assert [step.level for step in policy.steps] == [1, 2, 3]


def test_a_policy_is_read_with_its_levels_in_order(config_of: ConfigOf) -> None:
    config = config_of("""
        receivers: {night: {type: log}}
        policies:
          weekend:
            steps:
              - acknowledge_within: 5m
              - {acknowledge_within: 1h30m, targets: [night, log]}
            repeat: 2
            automation: first
            page_after: 90s
            resolve_within: 20m
    """)
    policy = config.policies["weekend"]
    assert [(step.level, step.acknowledge_within, step.targets) for step in policy.steps] == [
        (1, timedelta(minutes=5), ()),
        (2, timedelta(minutes=90), ("night", "log")),
    ]
    assert (policy.repeat, policy.automation) == (2, Automation.FIRST)
    assert (policy.page_after, policy.resolve_within) == (timedelta(seconds=90), timedelta(minutes=20))


def test_routes_keep_their_order_and_their_matchers(config_of: ConfigOf) -> None:
    config = config_of("""
        routes:
          - matchers: ['severity="critical", team=~"a|b"', 'env!="test"']
            receivers: [log]
            policy: default
          - matchers: severity="warning"
            receivers: []
          - receivers: [log]
    """)
    assert [len(route.matchers) for route in config.routes] == [3, 1, 0]
    assert config.routes[0].matchers[1] == Matcher("team", "=~", "a|b")
    assert config.routes[1].receivers == ()


@pytest.mark.parametrize("mode", ["auto", "dry-run", "off"])
def test_automation_may_be_off_without_quotes(mode: str, config_of: ConfigOf) -> None:
    config = config_of(f"automation: {{mode: {mode}, namespaces: [agents], cooldown: 0}}")
    assert config.automation.mode == mode
    assert config.automation.namespaces == ("agents",)
    assert config.automation.cooldown == timedelta()


def test_services_are_read_with_their_credentials(config_of: ConfigOf) -> None:
    config = config_of("""
        kubernetes: {in_cluster: true}
        prometheus: {url: http://prometheus:9090/, bearer_token: planted-1}
        supervisor: {url: http://supervisor:8080, token: planted-2}
        alertmanagers:
          alertmanager: {url: http://am:9093/prefix/, username: u, password: planted-3}
    """)
    assert config.kubernetes is not None
    assert config.kubernetes.kubeconfig is None
    assert config.prometheus is not None
    assert config.prometheus.url == "http://prometheus:9090"
    assert config.supervisor is not None
    assert config.supervisor.bearer_token is not None
    assert config.supervisor.bearer_token.get_secret_value() == "planted-2"
    assert config.alertmanagers["alertmanager"].url == "http://am:9093/prefix"
    assert "planted" not in repr(config)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T09:00:00+01:00", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ("2026-01-05 09:00", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ("2026-07-05 09:00", datetime(2026, 7, 5, 7, tzinfo=UTC)),
    ],
    ids=["in UTC", "with an offset", "local winter time", "local summer time"],
)
def test_a_one_off_window_starts_when_it_says(written: str, expected: datetime, config_of: ConfigOf) -> None:
    config = config_of(f"""
        maintenance:
          upgrade:
            matchers: service="ryot"
            starts_at: {written}
            ends_at: 2027-01-01 00:00
            timezone: Europe/Berlin
            owner: platform
            reason: upgrade
    """)
    (window,) = config.maintenance
    assert window.starts_at == expected


def test_a_recurring_window_keeps_its_expression_and_zone(config_of: ConfigOf) -> None:
    config = config_of("""
        maintenance:
          patches:
            matchers: ['service="ryot"', 'severity!="critical"']
            cron: 0 3 * * sun
            duration: 2h
            timezone: America/New_York
            owner: platform
            reason: patches
    """)
    (window,) = config.maintenance
    assert (window.cron, window.duration, window.timezone) == ("0 3 * * sun", timedelta(hours=2), "America/New_York")
    assert len(window.matchers) == 2


def test_heartbeats_may_be_none_at_all(config_of: ConfigOf) -> None:
    assert config_of("heartbeats: []").heartbeats == ()


def test_a_heartbeat_is_a_list_of_matchers(config_of: ConfigOf) -> None:
    found = config_of("""heartbeats: [['alertname="A"', 'x="1"'], 'alertname="B"']""").heartbeats
    assert [[matcher.value for matcher in matchers] for matchers in found] == [["A", "1"], ["B"]]


def test_a_configuration_can_not_be_changed(config_of: ConfigOf) -> None:
    config = config_of("")
    with pytest.raises(AttributeError):
        config.public_url = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.receivers["x"] = config.receivers["log"]  # type: ignore[index]
