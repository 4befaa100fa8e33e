"""The web side on a real SQLite store, with a clock that stands still and an engine that only counts its wakings."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from firebrigade.responder.app import create_app
from firebrigade.responder.authentication import Access, make_credentials
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.records import Records
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics, configure_logging
from firebrigade.responder.trust import TrustSettings
from firebrigade.runbooks.loader import RunbookLibrary

TOKEN = "planted-token-9f3c"
PASSWORD = "planted-pässword-77aa"
PAYLOADS = Path(__file__).parents[2] / "payloads"


@dataclass
class CountingEngine:
    """An engine that works on nothing."""

    alive: bool = True
    wakings: int = 0

    def wake(self) -> None:
        self.wakings += 1


@dataclass
class View:
    """What the web needs of the configuration."""

    heartbeats: tuple[tuple[Matcher, ...], ...] = ((Matcher("alertname", "=", "Watchdog"),),)
    max_body_bytes: int = 200_000
    runbooks: RunbookLibrary = field(default_factory=RunbookLibrary.load)
    trust: TrustSettings | None = None


@dataclass
class Web:
    """One application with everything that it was made of."""

    app: Flask
    client: FlaskClient
    store: Store
    clock: ManualClock
    engine: CountingEngine
    metrics: Metrics
    authorization: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    def value(self, name: str, **labels: str) -> float:
        """Return a metric's value."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="session")
def payload_names() -> list[str]:
    return sorted(path.name for path in PAYLOADS.glob("*.json"))


@pytest.fixture
def read_payload() -> Callable[[str], bytes]:
    """Read one of the requests' bodies that real Alertmanagers sent."""
    return lambda name: (PAYLOADS / f"{name}.json").read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(Database(f"sqlite:///{tmp_path / 'web.sqlite'}"))
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def access() -> Access:
    webhook = make_credentials(bearer_tokens=[SecretStr(TOKEN)], passwords={"alertmanager": SecretStr(PASSWORD)})
    return Access(webhook=webhook, api=webhook)


@pytest.fixture
def make_web(store: Store, access: Access) -> Callable[..., Web]:
    """Make an application; ``records`` replaces the store that it sees."""

    def make(
        *,
        records: Records | None = None,
        view: View | None = None,
        access: Access = access,
        trust: TrustSettings | None = None,
    ) -> Web:
        clock, engine, metrics = ManualClock(), CountingEngine(), Metrics()
        app = create_app(records or store, view or View(trust=trust), access, clock, engine, metrics)
        return Web(app, app.test_client(), store, clock, engine, metrics)

    return make


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    return make_web()


@pytest.fixture
def log_stream() -> Iterator[io.StringIO]:
    """Log as the service does, with the planted secrets known, into a stream."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging(level="debug", log_format="json", secrets=[TOKEN, PASSWORD], clock=ManualClock(), stream=stream)
    yield stream
    root.handlers, level_before = handlers, level
    root.setLevel(level_before)
    structlog.reset_defaults()
