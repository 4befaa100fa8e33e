"""The deployed Alertmanager configuration: it loads, and every alert goes where it should, as the rules emit it."""

import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.processes import alertmanager_config

PROJECT = Path(__file__).resolve().parents[2]
DEPLOYED = PROJECT / "deploy" / "alertmanager" / "alertmanager.yml"
CONFIG: dict[str, Any] = yaml.safe_load(DEPLOYED.read_text())
NAMED_BY_THE_SOURCES = {
    "default-receiver", "critical-receiver", "critical-pagerduty", "critical-slo", "warning-receiver", "warning-slack",
    "warning-ops", "info-receiver", "security-critical", "slo-burn", "slo-burn-fast", "slo-burn-slow",
    "ml-ops-receiver",
}  # fmt: skip
RYOT_POD = {"service": "ryot", "namespace": "neurectomy", "deployment": "ryot", "pod": "ryot-5c9d8f7b66-x2x9z"}


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False, timeout=60)


def receivers(labels: dict[str, str], config: Path = DEPLOYED) -> list[str]:
    words = [f"{name}={value}" for name, value in labels.items()]
    done = amtool("config", "routes", "test", f"--config.file={config}", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split(",")


def routes(route: dict[str, Any]) -> list[dict[str, Any]]:
    return [route, *(below for child in route.get("routes", []) for below in routes(child))]


def test_the_deployed_file_is_valid() -> None:
    done = amtool("check-config", str(DEPLOYED))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param(
            {"alertname": "HighErrorRate", "severity": "critical", "service": "neurectomy-api", "team": "api",
             "namespace": "neurectomy", "deployment": "neurectomy-api", "endpoint": "/v1/chat"},
            ["critical-receiver"],
            id="a high error rate pages",
        ),
        pytest.param(
            {"alertname": "HighLatency", "severity": "warning", "service": "neurectomy-api", "team": "api",
             "namespace": "neurectomy", "deployment": "neurectomy-api", "endpoint": "/v1/chat"},
            ["warning-slack"],
            id="high latency goes to Slack",
        ),
        pytest.param(
            {"alertname": "ServiceDown", "severity": "critical", "team": "platform", **RYOT_POD},
            ["critical-pagerduty"],
            id="a pod that is down pages",
        ),
        pytest.param(
            {"alertname": "ServiceDown", "severity": "critical", "team": "platform", "service": "agents",
             "namespace": "agents"},
            ["critical-pagerduty"],
            id="a service without any target pages",
        ),
        pytest.param(
            {"alertname": "AgentDown", "severity": "critical", "team": "agents", "service": "agents",
             "namespace": "agents", "deployment": "agent-07", "pod": "agent-07-5c9d8f7b66-x2x9z",
             "agent_id": "agent-07"},
            ["critical-pagerduty"],
            id="a failed agent pages",
        ),
        pytest.param(
            {"alertname": "ContainerOOMKilled", "severity": "critical", "team": "platform", "container": "main",
             **RYOT_POD},
            ["critical-receiver"],
            id="a container out of memory pages",
        ),
        pytest.param(
            {"alertname": "Watchdog", "severity": "none", "team": "platform", "service": "firebrigade"},
            ["watchdog"],
            id="the heartbeat has its own way",
        ),
        pytest.param(
            {"alertname": "NeurectomyApiRequestsAvailabilityBurnRate", "severity": "critical", "team": "api",
             "service": "neurectomy-api", "namespace": "neurectomy", "slo": "requests-availability",
             "tier": "page-fast"},
            ["slo-burn-fast"],
            id="a fast burn pages",
        ),
        pytest.param(
            {"alertname": "NeurectomyApiRequestsAvailabilityBurnRate", "severity": "warning", "team": "api",
             "service": "neurectomy-api", "namespace": "neurectomy", "slo": "requests-availability",
             "tier": "ticket-slow"},
            ["slo-burn-slow"],
            id="a slow burn is a ticket",
        ),
        pytest.param(
            {"alertname": "RyotInferenceAvailabilityBurnRate", "severity": "info", "service": "ryot", "slo": "x"},
            ["slo-burn"],
            id="a burn of any other severity stays with the objectives",
        ),
        pytest.param(
            {"alertname": "RyotErrorBudgetSpent", "severity": "critical", "service": "ryot", "slo": "x"},
            ["critical-slo"],
            id="a breached objective pages",
        ),
        pytest.param(
            {"alertname": "RyotLLMHighErrorRate", "severity": "warning", "team": "ml", **RYOT_POD},
            ["ml-ops-receiver"],
            id="a warning about a model goes to those who run models",
        ),
        pytest.param(
            {"alertname": "PodCPUUsageHigh", "severity": "warning", "service": "platform"},
            ["warning-ops"],
            id="a warning about the platform goes to operations",
        ),
        pytest.param(
            {"alertname": "SomethingElse", "severity": "warning"},
            ["warning-receiver"],
            id="a warning about nobody's service is still received",
        ),
        pytest.param(
            {"alertname": "AgentUtilizationLow", "severity": "info", "service": "agents", "agent_id": "agent-07"},
            ["info-receiver"],
            id="an info is logged",
        ),
        pytest.param(
            {"alertname": "PossibleBruteForce", "severity": "critical", "service": "neurectomy-api",
             "team": "security"},
            ["security-critical"],
            id="an attack goes to security",
        ),
        pytest.param(
            {"alertname": "FirebrigadeDown", "severity": "critical", "service": "firebrigade", "team": "platform"},
            ["pipeline-pagerduty", "critical-receiver"],
            id="Firebrigade being down is told past Firebrigade, too",
        ),
        pytest.param(
            {"alertname": "NobodyKnowsThis"}, ["default-receiver"], id="what nobody thought of is received all the same"
        ),
    ],
)  # fmt: skip
def test_an_alert_is_routed(labels: dict[str, str], expected: list[str]) -> None:
    assert receivers(labels) == expected


def emitted_alerts() -> list[dict[str, str]]:
    """Return the alerts that the rules' own tests prove to be emitted."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((PROJECT / "rules" / "tests").glob("*.yaml")):
        for test in (yaml.safe_load(path.read_text()) or {}).get("tests", []):
            for case in test.get("alert_rule_test", []):
                for alert in case.get("exp_alerts") or []:
                    labels = {"alertname": case["alertname"], **alert["exp_labels"]}
                    found.setdefault(f"{case['alertname']} {labels.get('severity')}", labels)
    return list(found.values())


@pytest.mark.parametrize("labels", emitted_alerts(), ids=lambda labels: f"{labels['alertname']} {labels['severity']}")
def test_no_alert_of_the_rules_is_left_to_the_default(labels: dict[str, str]) -> None:
    family = {"critical": ("critical", "slo-burn-fast", "security"), "warning": ("warning", "slo-burn-slow", "ml-ops"),
              "info": ("info",), "none": ("watchdog",)}[labels["severity"]]  # fmt: skip
    assert receivers(labels)[-1].startswith(family)


def test_every_route_is_reached_by_a_receiver_that_exists_and_every_receiver_by_a_route() -> None:
    routed = {route["receiver"] for route in routes(CONFIG["route"])}
    assert routed == {receiver["name"] for receiver in CONFIG["receivers"]}
    assert routed >= NAMED_BY_THE_SOURCES


def test_a_group_keeps_what_an_action_needs_to_find_its_target() -> None:
    needed = {"alertname", "service", "namespace", "deployment", "pod", "agent_id"}
    for route in routes(CONFIG["route"]):
        if route["receiver"] != "watchdog":
            assert set(route.get("group_by", needed)) == needed, route["receiver"]


def test_every_webhook_is_firebrigades_tells_of_the_end_and_keeps_its_secret_in_a_file() -> None:
    for receiver in CONFIG["receivers"]:
        for webhook in receiver.get("webhook_configs", []):
            assert webhook["url"].endswith("/api/v1/webhook/alertmanager")
            assert webhook["send_resolved"] is True
            assert webhook["http_config"]["follow_redirects"] is False
            assert webhook["http_config"]["authorization"].keys() == {"credentials_file"}


def test_every_cause_says_that_it_has_what_is_compared() -> None:
    """Two missing labels are equal to Alertmanager, so a rule without this would silence what has nothing in common."""
    for rule in CONFIG["inhibit_rules"]:
        required = {matcher.partition("=")[0] for matcher in rule["source_matchers"]}
        assert set(rule["equal"]) <= required, rule


def test_the_sandboxs_variant_is_valid_and_reaches_nobody_outside(tmp_path: Path) -> None:
    config = alertmanager_config("http://127.0.0.1:9", tmp_path / "token")
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config))
    done = amtool("check-config", str(path))
    assert done.returncode == 0, done.stderr
    kinds = {key for receiver in config["receivers"] for key in receiver if key != "name"}
    assert kinds == {"webhook_configs"}
    urls = {webhook["url"] for one in config["receivers"] for webhook in one.get("webhook_configs", [])}
    assert urls == {"http://127.0.0.1:9/api/v1/webhook/alertmanager"}
    assert {route["group_wait"] for route in routes(config["route"])} == {"0s", "1s"}
    assert receivers({"alertname": "ServiceDown", "severity": "critical", **RYOT_POD}, path) == ["critical-pagerduty"]


def test_what_is_muted_is_muted_only_in_the_night() -> None:
    [muted] = CONFIG["time_intervals"][0]["time_intervals"]
    for times in muted["times"]:
        begins, ends = (datetime.strptime(times[key], "%H:%M").hour for key in ("start_time", "end_time"))  # noqa: DTZ007
        assert 0 <= begins < ends <= 6
    assert {route["receiver"] for route in routes(CONFIG["route"]) if "mute_time_intervals" in route} == {
        "warning-ops",
        "info-receiver",
    }
