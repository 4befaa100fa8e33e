"""The command line in this process and as a process of its own, and the real API for it to ask."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr
from werkzeug.serving import WSGIRequestHandler, make_server

from firebrigade.responder.app import create_app
from firebrigade.responder.authentication import Access, make_approvers, make_credentials
from firebrigade.responder.cli import main
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics
from firebrigade.responder.trust import TrustSettings
from firebrigade.runbooks.loader import RunbookLibrary

TOKEN = "planted-token-51ab"
APPROVERS = {"anna": "annas-own-token-000000", "bert": "berts-own-token-000000"}
COMMAND = Path(sys.executable).parent / "firebrigade"

# A shell's background job ignores SIGINT, and its children inherit that: Ctrl-C must mean something here all the same.
_WITH_CTRL_C = ["env", "--default-signal=INT"]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_arguments: Any) -> None:
        pass


class _IdleEngine:
    alive = True

    def wake(self) -> None:
        pass


@dataclass(frozen=True)
class _View:
    heartbeats: tuple[tuple[Matcher, ...], ...] = ()
    max_body_bytes: int = 100_000
    runbooks: RunbookLibrary = field(default_factory=RunbookLibrary.load)
    trust: TrustSettings | None = None


@dataclass
class Service:
    """A running API with its store."""

    url: str
    store: Store
    clock: ManualClock
    approvers: Mapping[str, str]
    last: AlertGroup | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What the command line needs to find it."""
        return {"FIREBRIGADE_URL": self.url, "FIREBRIGADE_API_TOKEN": TOKEN}

    def fires(self, alertname: str = "ServiceDown", **labels: str) -> int:
        """Record an alert of its own group, and return its incident's id."""
        labels = {"alertname": alertname, "severity": "critical", "service": "ryot", **labels}
        now = self.clock.advance(timedelta(seconds=1))
        alert = Alert(
            fingerprint=f"{now.timestamp():.0f}",
            status=AlertStatus.FIRING,
            labels=labels,
            annotations={"summary": f"{alertname} fires"},
            starts_at=now,
        )
        self.last = AlertGroup(
            source="alertmanager",
            receiver="firebrigade",
            status=AlertStatus.FIRING,
            group_key=f"{alertname}:{now}",
            group_labels=labels,
            common_labels=labels,
            common_annotations=alert.annotations,
            external_url="",
            alerts=(alert,),
        )
        return self.store.record(self.last, now)[0]

    def ends(self) -> None:
        """Record that the alert that fired last is over."""
        assert self.last is not None
        now = self.clock.advance(timedelta(seconds=1))
        alerts = tuple(replace(alert, status=AlertStatus.RESOLVED, ends_at=now) for alert in self.last.alerts)
        self.store.record(replace(self.last, status=AlertStatus.RESOLVED, alerts=alerts), now)


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The API; with trust where a test names its settings as the fixture's parameter."""
    store = Store(Database(f"sqlite:///{tmp_path / 'api.sqlite'}"))
    store.migrate()
    clock = ManualClock()
    credentials = make_credentials(bearer_tokens=[SecretStr(TOKEN)], passwords={"am": SecretStr(TOKEN)})
    approvers = make_approvers({name: SecretStr(token) for name, token in APPROVERS.items()})
    access = Access(webhook=credentials, api=credentials, approvers=approvers)
    app = create_app(store, _View(trust=getattr(request, "param", None)), access, clock, _IdleEngine(), Metrics())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Service(url=f"http://127.0.0.1:{server.server_port}", store=store, clock=clock, approvers=APPROVERS)
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()


@pytest.fixture(scope="session")
def command() -> Path:
    """The installed command."""
    return COMMAND


@pytest.fixture
def firebrigade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function: arguments (and the environment) to what the command line does, in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env={"XDG_CACHE_HOME": str(tmp_path / "cache"), **(env or {})})

    return run


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[str], str]:
    """Return a function: the text of firebrigade.yaml to its path."""

    def write(text: str) -> str:
        path = tmp_path / "firebrigade.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function: arguments to a process of the installed command in a bare environment."""

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        environ = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(env or {})}
        pipe = subprocess.PIPE
        running = subprocess.Popen(
            [*_WITH_CTRL_C, COMMAND, *arguments], stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=environ
        )
        started.append(running)
        return running

    started: list[subprocess.Popen[str]] = []
    yield start
    for running in started:
        running.kill()
        running.wait()
