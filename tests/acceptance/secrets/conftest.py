"""A ``firebrigade serve`` with a planted secret in every setting that holds one, and servers that echo what they get.

The echoing servers answer with everything that a request carried, headers and body, the way careless proxies do. What
was planted must then be nowhere: ``Planted.leaks`` looks for it in every spelling.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from firebrigade.responder.config import Config, load_config
from firebrigade.responder.settings import Settings, load_settings
from sandbox.echo import Echo, EchoMail, EchoSupervisor
from sandbox.http_server import Answer, Request
from sandbox.leaks import leaks
from sandbox.pagerduty import PagerDuty
from sandbox.processes.ports import free_port
from sandbox.processes.servers import Serve
from sandbox.slack import Slack

NOBODY = "http://127.0.0.1:1"
WEBHOOK = "/api/v1/webhook/alertmanager"
PLANTS = {
    "webhook token": "plant-webhook+token/with=signs",
    "webhook password": 'plant webhook "pass"\\word+1',
    "api token": "plant-api-token/+with=signs",
    "routing key": "plantedroutingkey000000000000001",
    "slack token": "xoxb-plant-slack-token-0123456789",
    "mail password": 'plant mail "pass"\\word/1',
    "prometheus token": "plant-prometheus+token/1=",
    "supervisor token": "plant-supervisor+token/1=",
    "alertmanager password": 'plant alertmanager "pass"\\word',
    "alertmanager token": "plant-alertmanager+token/1=",
    "kubeconfig token": "plant-kubeconfig-token.with-dots_1",
}
WAYS = ("value", "file", "environment", "environment file")
RUN_WAYS = ("value", "environment file")


@dataclass
class Planted:
    """The service, what it talks to, and everything that anybody could read of it."""

    folder: Path
    environment: dict[str, str]
    way: str
    echoes: dict[str, Echo]
    mail: EchoMail
    serve: Serve
    seen: list[str] = field(default_factory=list)
    posted: int = 0

    def go_wrong(self, mode: str) -> None:
        """Let every server answer this way from now on; the supervisor's agent-01 has failed again."""
        self.mail.go_wrong(mode)
        for echo in self.echoes.values():
            echo.go_wrong(mode)

    def ask(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Ask the service, and keep what it answers."""
        answer = requests.request(method, self.serve.url + path, timeout=20, **arguments)
        self.seen.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer

    def api(self, path: str) -> Any:
        return self.ask("GET", path, headers={"Authorization": f"Bearer {PLANTS['api token']}"}).json()

    def post(self, **labels: str) -> int:
        """Post one new alert and return its incident's id."""
        self.posted += 1
        labels = {"severity": "critical", "service": "ryot", "namespace": "neurectomy", **labels}
        alert: dict[str, Any] = {
            "status": "firing",
            "labels": {**labels, "n": str(self.posted)},
            "annotations": {"summary": "down"},
        }
        alert |= {"startsAt": datetime.now(UTC).isoformat(), "endsAt": "0001-01-01T00:00:00Z"}
        body: dict[str, Any] = {
            "version": "4",
            "groupKey": f"{{}}:{self.posted}",
            "receiver": "firebrigade",
            "status": "firing",
        }
        body |= {"groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "alerts": [alert]}
        headers = {"Authorization": f"Bearer {PLANTS['webhook token']}"}
        (incident_id,) = self.ask("POST", WEBHOOK, json=body, headers=headers).json()["incidents"]
        return int(incident_id)

    def was_tried(self, incident_id: int) -> bool:
        """Whether every receiver was tried, and the machine has come to some end or delay."""
        found = self.api(f"/api/v1/incidents/{incident_id}")
        first, steps = [one for one in found["deliveries"] if one["reason"] == "triggered"], found["steps"]
        return bool(first and all(one["detail"] for one in first) and any(step["verdict"] for step in steps))

    def command(self, *words: str) -> str:
        """Run a command beside the service and return all that it prints, which is kept too."""
        command = [str(Path(sys.executable).parent / "firebrigade"), *words]
        environment = {**_clean_environment(), **self.environment, "FIREBRIGADE_URL": self.serve.url}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        self.seen.append(done.stdout + done.stderr)
        return done.stdout + done.stderr

    def everything(self) -> str:
        """Return the log, every answer, every command's output, and the bytes of the database."""
        files = [path.read_bytes().decode("latin-1") for path in sorted(self.folder.glob("firebrigade.sqlite*"))]
        return "\n".join([self.serve.log, *self.seen, *files])


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FIREBRIGADE_")}


class _Planting:
    """Writes secrets the chosen way: into the file, beside it, or into the environment."""

    def __init__(self, folder: Path, way: str) -> None:
        self.environment: dict[str, str] = {}
        self._folder, self._way = folder, way

    def setting(self, variable: str, plant: str) -> None:
        if "file" in self._way:
            self.environment[f"{variable}_FILE"] = str(self._file(plant))
        else:
            self.environment[variable] = PLANTS[plant]

    def key(self, name: str, plant: str, variable: str = "") -> dict[str, str]:
        if variable and self._way.startswith("environment"):
            self.setting(variable, plant)
            return {}
        return {f"{name}_file": str(self._file(plant))} if "file" in self._way else {name: PLANTS[plant]}

    def _file(self, plant: str) -> Path:
        path = self._folder / plant.replace(" ", "-")
        path.write_text(PLANTS[plant] + "\n")
        return path


def _receivers(plant: _Planting, addresses: Mapping[str, str], mail_port: int) -> dict[str, Any]:
    pagerduty, gone = addresses["pagerduty"], f"http://127.0.0.1:{free_port()}"
    prefix = "FIREBRIGADE_RECEIVER_"
    return {
        "pagerduty": {
            "base_url": pagerduty,
            **plant.key("routing_key", "routing key", f"{prefix}PAGERDUTY_ROUTING_KEY"),
        },
        "tls-error": {
            "type": "pagerduty",
            "base_url": pagerduty.replace("http:", "https:"),
            **plant.key("routing_key", "routing key", f"{prefix}TLS_ERROR_ROUTING_KEY"),
        },
        "slack": {
            "base_url": f"{addresses['slack']}/api",
            "channel": "C0INCIDENTS",
            **plant.key("token", "slack token", f"{prefix}SLACK_TOKEN"),
        },
        "unreachable": {
            "type": "slack",
            "base_url": gone,
            "channel": "C0INCIDENTS",
            **plant.key("token", "slack token", f"{prefix}UNREACHABLE_TOKEN"),
        },
        "email": {
            "host": "127.0.0.1",
            "port": mail_port,
            "security": "none",
            "sender": "firebrigade@sandbox.test",
            "recipients": ["oncall@sandbox.test"],
            "username": "firebrigades",  # of a length with which AUTH PLAIN holds the password in a third spelling
            **plant.key("password", "mail password", f"{prefix}EMAIL_PASSWORD"),
        },
    }


def _configuration(plant: _Planting, addresses: Mapping[str, str], mail_port: int, folder: Path) -> dict[str, Any]:
    receivers = _receivers(plant, addresses, mail_port)
    return {
        "receivers": receivers,
        "routes": [{"receivers": [*receivers, "log"], "policy": "default"}],
        # So many incidents are a storm; here each of them has to be told.
        "automation": {
            "mode": "auto",
            "namespaces": ["neurectomy", "agents"],
            "cooldown": "0",
            "storm_holds_pages_for": "0",
        },
        "kubernetes": {"kubeconfig": str(_kubeconfig(addresses["kubernetes"], folder))},
        "prometheus": {"url": addresses["prometheus"], **plant.key("bearer_token", "prometheus token")},
        "supervisor": {"url": addresses["supervisor"], **plant.key("token", "supervisor token")},
        "alertmanagers": {
            "alertmanager": {
                "url": addresses["alertmanager"],
                "username": "firebrigade",
                **plant.key("password", "alertmanager password"),
            },
            "other": {"url": addresses["alertmanager"], **plant.key("bearer_token", "alertmanager token")},
        },
        "maintenance": {
            "upgrade": {
                "matchers": ['service="akosha"'],
                "owner": "ops",
                "reason": "an upgrade",
                "cron": "0 3 * * *",
                "duration": "1h",
            }
        },
        "reconcile": {"interval": "1s"},
    }


def _kubeconfig(url: str, folder: Path) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "planted",
        "clusters": [{"name": "planted", "cluster": {"server": url}}],
        "users": [{"name": "planted", "user": {"token": PLANTS["kubeconfig token"]}}],
        "contexts": [{"name": "planted", "context": {"cluster": "planted", "user": "planted"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def _write(plant: _Planting, addresses: Mapping[str, str], mail_port: int, folder: Path) -> Path:
    config = folder / "firebrigade.yaml"
    config.write_text(yaml.safe_dump(_configuration(plant, addresses, mail_port, folder)))
    plant.setting("FIREBRIGADE_WEBHOOK_TOKEN", "webhook token")
    plant.setting("FIREBRIGADE_WEBHOOK_PASSWORD", "webhook password")
    plant.setting("FIREBRIGADE_API_TOKEN", "api token")
    plant.environment["FIREBRIGADE_WEBHOOK_USERNAME"] = "alertmanager"
    return config


def make_planted(folder: Path, way: str, stack: ExitStack) -> Planted:
    rightly: dict[str, Callable[[Request], Answer]] = {
        "pagerduty": PagerDuty(routing_keys=(PLANTS["routing key"],)).answer,
        "slack": Slack(token=PLANTS["slack token"]).answer,
        "prometheus": lambda _: Answer(body={"status": "success", "data": {"resultType": "vector", "result": []}}),
        "alertmanager": lambda request: Answer(body=[] if request.method == "GET" else {"silenceID": "1"}),
        "kubernetes": lambda _: Answer(status=404, body={"kind": "Status", "message": "not found"}),
    }
    echoes: dict[str, Echo] = {name: stack.enter_context(Echo(answer)) for name, answer in rightly.items()}
    echoes["supervisor"] = stack.enter_context(EchoSupervisor())
    mail = stack.enter_context(EchoMail())
    plant = _Planting(folder, way)
    config = _write(plant, {name: echo.address for name, echo in echoes.items()}, mail.port, folder)
    environment = {
        **plant.environment,
        "FIREBRIGADE_CONFIG": str(config),
        "FIREBRIGADE_DATABASE_URL": f"sqlite:///{folder / 'firebrigade.sqlite'}",
        "FIREBRIGADE_LOG_LEVEL": "debug",
        "FIREBRIGADE_LOG_FORMAT": "text" if way == "file" else "json",
    }
    serve = stack.enter_context(Serve(environment, folder=folder))
    return Planted(folder=folder, environment=environment, way=way, echoes=echoes, mail=mail, serve=serve)


@pytest.fixture(scope="module", params=RUN_WAYS)
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with ExitStack() as stack:
        yield make_planted(tmp_path_factory.mktemp("planted"), request.param, stack)


@pytest.fixture(params=WAYS)
def settings_and_config(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Settings, Config]:
    """Read the planted settings and configuration in this process, each way that they can be given."""
    plant = _Planting(tmp_path, request.param)
    echoes = dict.fromkeys(("pagerduty", "slack", "prometheus", "alertmanager", "kubernetes", "supervisor"), NOBODY)
    path = _write(plant, echoes, 25, tmp_path)
    settings = load_settings(plant.environment)
    return settings, load_config(path, settings)


@pytest.fixture(scope="session")
def plants() -> Mapping[str, str]:
    return PLANTS


@pytest.fixture(scope="session")
def find_leaks() -> Callable[[str], list[str]]:
    return lambda text: leaks(text, PLANTS)
