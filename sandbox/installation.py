"""A whole installation on this machine: the watched world, the vendors, Prometheus, Alertmanager and Firebrigade.

The demo and the acceptance tests start one. Prometheus, Alertmanager and ``firebrigade serve`` are real processes; the
cluster, the vendors and the supervisor are real servers in threads of this process, so that a test can look into them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import yaml

from sandbox.cluster import world
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.simulation import Pace
from sandbox.mail import Mail
from sandbox.pagerduty import ROUTING_KEY, PagerDuty
from sandbox.processes.configuration import alertmanager_config, prometheus_config
from sandbox.processes.ports import free_port
from sandbox.processes.servers import Alertmanager, Prometheus, PythonServer, Serve
from sandbox.slack import CHANNEL, TOKEN, Slack
from sandbox.supervisor import ClusterPods, Supervisor

WEBHOOK_TOKEN = "sandbox-webhook-token"  # noqa: S105 - it opens nothing but this sandbox
GENERATED_RULES = Path(__file__).resolve().parents[1] / "rules" / "generated" / "*.yaml"
READY_AFTER_SECONDS = 2.0

Report = Callable[[str], None]


class Installation:
    """Everything, as a context manager; after ``start`` each part is an attribute.

    Args:
        folder: where configuration, secrets and the database go.
        rule_files: what Prometheus loads; the library by default.
        group_interval: how often Alertmanager tells of a group's changes.
        changes: blocks of firebrigade.yaml that replace the sandbox's own.
        report: told what is being started.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rule_files: Sequence[Path | str] = (GENERATED_RULES,),
        group_interval: str = "5s",
        changes: Mapping[str, Any] | None = None,
        report: Report = lambda _line: None,
    ) -> None:
        self.folder = folder
        self._rule_files = rule_files
        self._group_interval = group_interval
        self._changes = dict(changes or {})
        self._report = report
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._report("the cluster, the agents' supervisor, PagerDuty, Slack and the mail server")
        enter = self._stack.enter_context
        self.cluster = enter(Cluster(pace=Pace(ready_after_seconds=READY_AFTER_SECONDS)))
        world.fill(self.cluster)
        self.supervisor = enter(Supervisor(pods=ClusterPods(self.cluster.url)))
        self.pagerduty = enter(PagerDuty())
        self.slack = enter(Slack())
        self.mail = enter(Mail())
        self._report("the fleet of watched services")
        arguments = ["--cluster", self.cluster.url, "--supervisor", self.supervisor.address]
        self.fleet = enter(PythonServer("sandbox.fleet", arguments, ready_path="/-/ready"))
        self._start_pipeline()

    def _start_pipeline(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        token_file = self._secret("webhook-token", WEBHOOK_TOKEN)
        self._report("Alertmanager")
        self.alertmanager = self._stack.enter_context(
            Alertmanager(alertmanager_config(url, token_file, group_interval=self._group_interval))
        )
        self._report("Prometheus")
        pipeline = {"firebrigade": url, "alertmanager": self.alertmanager.url}
        self.prometheus = self._stack.enter_context(
            Prometheus(
                prometheus_config(
                    self.fleet.url,
                    alertmanager_url=self.alertmanager.url,
                    rule_files=self._rule_files,
                    pipeline=pipeline,
                )
            )
        )
        self._report("firebrigade serve")
        config = self.folder / "firebrigade.yaml"
        config.write_text(yaml.safe_dump(self.configuration(), sort_keys=False))
        environment = {
            "FIREBRIGADE_CONFIG": str(config),
            "FIREBRIGADE_DATABASE_URL": f"sqlite:///{self.folder / 'firebrigade.sqlite'}",
            "FIREBRIGADE_WEBHOOK_TOKEN_FILE": str(token_file),
        }
        self.serve = self._stack.enter_context(Serve(environment, port=port))

    def configuration(self) -> dict[str, Any]:
        """Return what stands in firebrigade.yaml; secrets are in files beside it."""
        return {
            "receivers": {
                "pagerduty": {
                    "routing_key_file": str(self._secret("routing-key", ROUTING_KEY)),
                    "base_url": self.pagerduty.url,
                },
                "slack": {
                    "token_file": str(self._secret("slack-token", TOKEN)),
                    "channel": CHANNEL,
                    "base_url": self.slack.url,
                },
                "email": {
                    "host": "localhost",
                    "port": self.mail.port,
                    "ca_file": str(self.mail.ca_file),
                    "sender": "firebrigade@sandbox.test",
                    "recipients": ["oncall@sandbox.test"],
                },
            },
            "automation": {
                "mode": "auto",
                "off_file": "off",
                "namespaces": [world.SYSTEMS_NAMESPACE, world.AGENTS_NAMESPACE],
                "cooldown": "10m",
                # Here is more trouble in an hour than elsewhere in a week, and on a machine that is busy with other
                # things the whole fleet can seem to be down for a moment.
                "runs_per_hour": 200,
                "storm_incidents": 100,
            },
            "kubernetes": {"kubeconfig": str(self.cluster.kubeconfig(self.folder / "kubeconfig"))},
            "prometheus": {"url": self.prometheus.url},
            "supervisor": {"url": self.supervisor.address},
            "alertmanagers": {"alertmanager": {"url": self.alertmanager.url}},
            "reconcile": {"interval": "10s", "grace": "1m"},
            **self._changes,
        }

    def switch_on(self, **fault: Any) -> None:
        """Switch on a fault in the fleet, such as ``fault="wedged", deployment="ryot", pods="one"``."""
        requests.post(f"{self.fleet.url}/faults", json=fault, timeout=10).raise_for_status()

    def get(self, path: str) -> Any:
        """Ask the responder's API, such as ``/api/v1/incidents/1``."""
        headers = {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}
        answer = requests.get(self.serve.url + path, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _secret(self, name: str, value: str) -> Path:
        path = self.folder / name
        path.write_text(value)
        path.chmod(0o600)
        return path
