"""A real service with the sandbox's vendors and cluster, where everything that reaches them is looked at."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sandbox.cluster import world
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.simulation import Pace
from sandbox.http_server import Answer, HttpServer, Request
from sandbox.mail import Mail
from sandbox.pagerduty import ROUTING_KEY, PagerDuty
from sandbox.processes.servers import Serve
from sandbox.slack import CHANNEL, TOKEN, Slack

WEBHOOK = "/api/v1/webhook/alertmanager"
WEBHOOK_TOKEN = "hostile-webhook-token"
RECEIVERS = ("pagerduty", "slack", "email")


class Watched(HttpServer):
    """Hands requests on, and keeps each one's method, path and body as they came."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.seen: list[tuple[str, str, str]] = []

    def answer(self, request: Request) -> Answer:
        self.seen.append((request.method, request.path, request.body.decode("utf-8", "replace")))
        passed = {"Content-Type": request.headers.get("content-type", "application/json")}
        found = requests.request(
            request.method,
            self._url + request.path,
            params=request.query,
            data=request.body,
            headers=passed,
            timeout=10,
        )
        return Answer(status=found.status_code, body=found.json())


class TrueForAll(HttpServer):
    """A Prometheus for which every query is true; it keeps them."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []

    def answer(self, request: Request) -> Answer:
        query = request.form()["query"]
        self.queries.append(query)
        # Whoever asks whether it is down hears that it is; whoever asks whether it helped, that it did.
        sample = {"metric": {}, "value": [1, "1" if " bool " in query else "0"]}
        return Answer(body={"status": "success", "data": {"resultType": "vector", "result": [sample]}})


class NoAgents(HttpServer):
    """A supervisor that knows no agent; it keeps who was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def answer(self, request: Request) -> Answer:
        self.seen.append(request.path)
        return Answer(status=404, body={"error": "unknown agent"})


@dataclass
class Scene:
    """The service and all that it talks to."""

    folder: Path
    cluster: Cluster
    kubernetes: Watched
    prometheus: TrueForAll
    supervisor: NoAgents
    pagerduty: PagerDuty
    slack: Slack
    mail: Mail
    serve: Serve
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}

    def post(self, *alerts: Mapping[str, Any], query: str = "", **more: Any) -> requests.Response:
        """Post a group of its own with these alerts."""
        number = next(self._numbers)
        body: dict[str, Any] = {
            "version": "4",
            "groupKey": f"{{}}:{number}",
            "receiver": "firebrigade",
            "status": "firing",
        }
        body |= {"groupLabels": {}, "commonLabels": alerts[0]["labels"], "commonAnnotations": alerts[0]["annotations"]}
        body |= {"externalURL": "http://alertmanager", "alerts": list(alerts), **more}
        headers = {**self.headers, "Content-Type": "application/json"}
        return requests.post(self.serve.url + WEBHOOK + query, data=json.dumps(body), headers=headers, timeout=30)

    def open(self, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None, **more: Any) -> int:
        """Post one firing alert and return its incident."""
        answer = self.post(self.alert(labels, annotations), **more)
        assert answer.status_code == 202, answer.text
        (incident_id,) = answer.json()["incidents"]
        return int(incident_id)

    def alert(self, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
        return {
            "status": "firing",
            "labels": dict(labels),
            "annotations": dict(annotations or {}),
            "startsAt": datetime.now(UTC).isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph",
        }

    def get(self, path: str) -> Any:
        answer = requests.get(self.serve.url + path, headers=self.headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def told(self, incident_id: int) -> bool:
        """Whether everybody was told, for good, and the machine has come to an end."""
        found = self.get(f"/api/v1/incidents/{incident_id}")
        triggered = {one["receiver"]: one["status"] for one in found["deliveries"] if one["reason"] == "triggered"}
        statuses = {one["status"] for one in found["steps"]}
        over = "verified" in statuses or statuses <= {"failed", "undone", "refused", "skipped", "done"}
        return triggered == dict.fromkeys(RECEIVERS, "delivered") and over

    def command(self, *words: str) -> str:
        """Run a command against the service and return what it prints."""
        environment = {"PATH": "/usr/bin:/bin", "FIREBRIGADE_URL": self.serve.url, "LANG": "C.UTF-8"}
        environment["FIREBRIGADE_API_TOKEN"] = WEBHOOK_TOKEN
        command = [str(Path(sys.executable).parent / "firebrigade"), *words]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True, cwd=self.folder)
        return done.stdout.decode()

    def pod(self, deployment: str) -> str:
        """Return the name of one pod of a deployment."""
        pods = self.cluster.list("pods", "neurectomy")
        return str(next(one["metadata"]["name"] for one in pods if one["metadata"]["labels"]["app"] == deployment))


def _configuration(scene: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    (folder / "token").write_text(TOKEN)
    (folder / "key").write_text(ROUTING_KEY)
    config = json.loads(scene["cluster"].kubeconfig(folder / "kubeconfig").read_text())
    config["clusters"][0]["cluster"]["server"] = scene["kubernetes"].address
    (folder / "kubeconfig").write_text(json.dumps(config))
    return {
        "public_url": "https://firebrigade.example",
        "receivers": {
            "pagerduty": {"routing_key_file": "key", "base_url": scene["pagerduty"].url},
            "slack": {"token_file": "token", "channel": CHANNEL, "base_url": scene["slack"].url},
            "email": {
                "host": "localhost",
                "port": scene["mail"].port,
                "ca_file": str(scene["mail"].ca_file),
                "sender": "firebrigade@sandbox.test",
                "recipients": ["oncall@sandbox.test"],
            },
        },
        "routes": [
            {"matchers": ['kind="agent"'], "receivers": list(RECEIVERS), "runbook": "agent-failure"},
            {"receivers": list(RECEIVERS), "runbook": "service-down"},
        ],
        "automation": {"mode": "auto", "namespaces": ["neurectomy", "agents"], "storm_incidents": 10_000},
        "kubernetes": {"kubeconfig": "kubeconfig"},
        "prometheus": {"url": scene["prometheus"].address},
        "supervisor": {"url": scene["supervisor"].address},
    }


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        enter = stack.enter_context
        cluster = enter(Cluster(pace=Pace(ready_after_seconds=0.2)))
        world.fill(cluster)
        parts: dict[str, Any] = {
            "cluster": cluster,
            "kubernetes": enter(Watched(cluster.url)),
            "prometheus": enter(TrueForAll()),
            "supervisor": enter(NoAgents()),
            "pagerduty": enter(PagerDuty()),
            "slack": enter(Slack()),
            "mail": enter(Mail()),
        }
        (folder / "firebrigade.yaml").write_text(yaml.safe_dump(_configuration(parts, folder)))
        environment = {
            "FIREBRIGADE_CONFIG": str(folder / "firebrigade.yaml"),
            "FIREBRIGADE_DATABASE_URL": f"sqlite:///{folder / 'firebrigade.sqlite'}",
            "FIREBRIGADE_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
            "FIREBRIGADE_LOG_LEVEL": "debug",
        }
        yield Scene(folder=folder, serve=enter(Serve(environment, folder=folder)), **parts)
