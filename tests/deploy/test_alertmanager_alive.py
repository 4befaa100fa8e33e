"""A real Alertmanager with the deployed routes and inhibition: what reaches the webhook, and what silences what."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.processes import Alertmanager, alertmanager_config

pytestmark = pytest.mark.acceptance

PATIENCE_SECONDS = 60
TOKEN = "a-token-for-this-test-only"
RYOT = {"service": "ryot", "namespace": "neurectomy", "deployment": "ryot", "team": "platform"}
POD = {**RYOT, "pod": "ryot-5c9d8f7b66-x2x9z"}
AGENT = {"service": "agents", "namespace": "agents", "team": "agents"}

Posts = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def webhook() -> Iterator[tuple[str, Posts]]:
    """A receiver that keeps each request's Authorization header and body."""
    posts: Posts = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posts.append((self.headers["Authorization"], {**body, "path": self.path}))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", posts
        server.shutdown()
        thread.join()


@pytest.fixture
def alertmanager(webhook: tuple[str, Posts], tmp_path: Path) -> Iterator[Alertmanager]:
    (tmp_path / "token").write_text(TOKEN)
    config = alertmanager_config(webhook[0], tmp_path / "token", group_interval="1s")
    with Alertmanager(config) as server:
        yield server


def post(alertmanager: Alertmanager, *alerts: dict[str, str], **times: str) -> None:
    body = [{"labels": labels, **times} for labels in alerts]
    requests.post(f"{alertmanager.url}/api/v2/alerts", json=body, timeout=10).raise_for_status()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.1)


def told(posts: Posts, alertname: str) -> list[dict[str, Any]]:
    return [body for _, body in posts if body["groupLabels"].get("alertname") == alertname]


def test_the_webhook_gets_the_alert_its_end_and_the_token(
    alertmanager: Alertmanager, webhook: tuple[str, Posts]
) -> None:
    posts = webhook[1]
    alert = {"alertname": "ServiceDown", "severity": "critical", **POD}
    post(alertmanager, alert)
    eventually(lambda: bool(told(posts, "ServiceDown")))
    first = told(posts, "ServiceDown")[0]
    assert (first["status"], first["receiver"], first["path"]) == (
        "firing",
        "critical-pagerduty",
        "/api/v1/webhook/alertmanager",
    )
    assert first["groupLabels"] == {"alertname": "ServiceDown", **{name: POD[name] for name in POD if name != "team"}}
    assert {authorization for authorization, _ in posts} == {f"Bearer {TOKEN}"}
    post(alertmanager, alert, endsAt="2020-01-01T00:00:00Z", startsAt="2019-01-01T00:00:00Z")
    eventually(lambda: told(posts, "ServiceDown")[-1]["status"] == "resolved")


def test_the_heartbeat_is_repeated_while_other_alerts_are_told_once(
    alertmanager: Alertmanager, webhook: tuple[str, Posts]
) -> None:
    posts = webhook[1]
    post(
        alertmanager,
        {"alertname": "Watchdog", "severity": "none", "service": "firebrigade", "team": "platform"},
        {"alertname": "ServiceDown", "severity": "critical", **POD},
    )
    eventually(lambda: len(told(posts, "Watchdog")) >= 3)
    assert len(told(posts, "ServiceDown")) == 1


DOWN = {"alertname": "ServiceDown", "severity": "critical", **POD}
GONE = {"alertname": "ServiceDown", "severity": "critical", **RYOT}
SLOW = {"alertname": "RyotLLMHighLatency", "severity": "warning", **RYOT}
AGENT_DOWN = {
    "alertname": "ServiceDown",
    "severity": "critical",
    **AGENT,
    "deployment": "agent-07",
    "pod": "agent-07-a-b",
}
PAGE = {
    "alertname": "RyotInferenceAvailabilityBurnRate",
    "slo": "inference-availability",
    **RYOT,
    "severity": "critical",
}


@pytest.mark.parametrize(
    ("cause", "other", "silenced"),
    [
        pytest.param(DOWN, SLOW, True, id="a service that is down silences its own warning"),
        pytest.param(GONE, SLOW, True, id="a service without any pod silences its own warning"),
        pytest.param(DOWN, {**SLOW, "severity": "info"}, True, id="a service that is down silences its own info"),
        pytest.param(DOWN, {**SLOW, "severity": "critical"}, False, id="a critical is never silenced by it"),
        pytest.param(DOWN, {**SLOW, "service": "akosha"}, False, id="another service's warning is not silenced"),
        pytest.param(DOWN, {**SLOW, "namespace": "staging"}, False, id="nor that of the same service elsewhere"),
        pytest.param(
            {"alertname": "ServiceDown", "severity": "critical"},
            {"alertname": "Unlabelled", "severity": "warning"},
            False,
            id="two missing labels have nothing in common",
        ),
        pytest.param(SLOW, DOWN, False, id="a symptom never silences its cause"),
        pytest.param(
            AGENT_DOWN,
            {"alertname": "AgentUtilizationLow", "severity": "info", **AGENT, "deployment": "agent-07"},
            True,
            id="an agent that is down silences its own info",
        ),
        pytest.param(
            AGENT_DOWN,
            {"alertname": "AgentUtilizationLow", "severity": "info", **AGENT, "deployment": "agent-08"},
            False,
            id="an agent that is down says nothing of another one",
        ),
        pytest.param(
            {"alertname": "ServiceDown", "severity": "critical", **AGENT},
            {"alertname": "AgentUtilizationLow", "severity": "info", **AGENT, "deployment": "agent-08"},
            True,
            id="but all agents gone silence the info of each",
        ),
        pytest.param(PAGE, {**PAGE, "severity": "warning"}, True, id="a page silences the ticket of its objective"),
        pytest.param(
            PAGE, {**PAGE, "severity": "warning", "slo": "time-to-first-token"}, False, id="but not of another one"
        ),
    ],
)
def test_inhibition(cause: dict[str, str], other: dict[str, str], silenced: bool, alertmanager: Alertmanager) -> None:
    def state(labels: dict[str, str]) -> str:
        alerts = requests.get(f"{alertmanager.url}/api/v2/alerts", timeout=10).json()
        return next((one["status"]["state"] for one in alerts if one["labels"] == labels), "unprocessed")

    # An alert is unprocessed until its group was looked at, which decides about inhibition: the cause comes first.
    post(alertmanager, cause)
    eventually(lambda: state(cause) != "unprocessed")
    post(alertmanager, other)
    eventually(lambda: state(other) != "unprocessed")
    assert state(other) == ("suppressed" if silenced else "active")
