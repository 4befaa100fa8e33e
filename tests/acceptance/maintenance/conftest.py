"""A real Alertmanager and a real service with maintenance windows, and the sandbox's PagerDuty and cluster."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sandbox.cluster import world
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.simulation import Pace
from sandbox.pagerduty import ROUTING_KEY, PagerDuty
from sandbox.processes.servers import Alertmanager, Serve

WEBHOOK_TOKEN = "maintenance-webhook-token"


@dataclass
class Works:
    """The service, its configuration, and what it works with."""

    folder: Path
    alertmanager: Alertmanager
    cluster: Cluster
    pagerduty: PagerDuty
    serve: Serve
    config: dict[str, Any]
    environment: dict[str, str]
    windows: dict[str, Any] = field(default_factory=dict)

    def configure(self, windows: Mapping[str, Any]) -> None:
        """Write the configuration with these windows; it counts from the next start."""
        path = self.folder / "firebrigade.yaml"
        path.write_text(yaml.safe_dump({**self.config, "maintenance": dict(windows)}))

    def amtool(self, *words: str) -> list[dict[str, Any]]:
        """Return the silences that amtool shows."""
        command = ["amtool", f"--alertmanager.url={self.alertmanager.url}", "-o", "json", "silence", "query", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return list(json.loads(done.stdout or "[]"))

    def silences(self, window: str) -> list[dict[str, Any]]:
        """Return every silence of a window, whatever its state, as the API lists them."""
        listed = requests.get(f"{self.alertmanager.url}/api/v2/silences", timeout=10).json()
        return [one for one in listed if one["comment"].startswith(f"{window}:")]

    def states(self, window: str) -> list[str]:
        return sorted(one["status"]["state"] for one in self.silences(window))

    def command(self, *words: str) -> str:
        """Run a command beside the service and return what it prints."""
        command = [str(Path(sys.executable).parent / "firebrigade"), *words]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **self.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pod(self, deployment: str) -> str:
        pods = self.cluster.list("pods", "neurectomy")
        return str(next(one["metadata"]["name"] for one in pods if one["metadata"]["labels"]["app"] == deployment))

    def fires(self, service: str) -> int:
        """Post an alert about a pod straight to the webhook, past Alertmanager's silences."""
        labels = {"alertname": "ServiceDown", "severity": "critical", "service": service, "namespace": "neurectomy"}
        labels |= {"deployment": service, "pod": self.pod(service)}
        alert = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": datetime.now(UTC).isoformat()}
        body = {"version": "4", "groupKey": f"{{}}:{service}", "receiver": "firebrigade", "status": "firing"}
        sent = {**body, "groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "alerts": [alert]}
        answer = requests.post(
            f"{self.serve.url}/api/v1/webhook/alertmanager?source=elsewhere",
            json=sent,
            headers={"Authorization": f"Bearer {WEBHOOK_TOKEN}"},
            timeout=20,
        )
        return int(answer.json()["incidents"][0])

    def incident(self, incident_id: int) -> dict[str, Any]:
        url = f"{self.serve.url}/api/v1/incidents/{incident_id}"
        found = requests.get(url, headers={"Authorization": f"Bearer {WEBHOOK_TOKEN}"}, timeout=20)
        return dict(found.json())

    def kinds(self, incident_id: int) -> list[str]:
        return [entry["kind"] for entry in self.incident(incident_id)["timeline"]]


def window(service: str, **times: Any) -> dict[str, Any]:
    """Return a window's block: one-off ``starts_in`` and ``ends_in`` seconds, or cron and duration."""
    block = {"matchers": [f'service="{service}"'], "owner": "ops", "reason": "a planned upgrade"}
    now = datetime.now(UTC)
    ends = {f"{key}s_at": (now + timedelta(seconds=times.pop(f"{key}s_in"))).isoformat() for key in _one_off(times)}
    return {**block, **ends, **times}


def _one_off(times: Mapping[str, Any]) -> list[str]:
    return [key for key in ("start", "end") if f"{key}s_in" in times]


@pytest.fixture(scope="session")
def make_window() -> Any:
    return window


def _configuration(folder: Path, cluster: Cluster, pagerduty: PagerDuty, alertmanager: Alertmanager) -> dict[str, Any]:
    (folder / "key").write_text(ROUTING_KEY)
    cluster.kubeconfig(folder / "kubeconfig")
    return {
        "receivers": {"pagerduty": {"routing_key_file": "key", "base_url": pagerduty.url}},
        "routes": [{"receivers": ["pagerduty"], "runbook": "service-down"}],
        "automation": {"mode": "auto", "namespaces": ["neurectomy"]},
        "kubernetes": {"kubeconfig": "kubeconfig"},
        "prometheus": {"url": "http://127.0.0.1:1"},
        "alertmanagers": {"alertmanager": {"url": alertmanager.url}},
    }


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    folder = tmp_path_factory.mktemp("maintenance")
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(pace=Pace(ready_after_seconds=0.2)))
        world.fill(cluster)
        pagerduty = stack.enter_context(PagerDuty())
        nobody = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
        alertmanager = stack.enter_context(Alertmanager(nobody))
        environment = {
            "FIREBRIGADE_CONFIG": str(folder / "firebrigade.yaml"),
            "FIREBRIGADE_DATABASE_URL": f"sqlite:///{folder / 'firebrigade.sqlite'}",
            "FIREBRIGADE_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        }
        serve = Serve(environment, folder=folder)
        config = _configuration(folder, cluster, pagerduty, alertmanager)
        works = Works(folder, alertmanager, cluster, pagerduty, serve, config, environment)
        works.configure({})
        with serve:
            yield works
