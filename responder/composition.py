"""What the service is made of: the configuration in, store and engine out. ``serve`` calls it after its fork.

The only place that knows every part; the parts know each other by their contracts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from firebrigade.receivers.contract import Receiver
from firebrigade.receivers.registry import find_receivers
from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.case import Lookup, Suppression
from firebrigade.responder.clock import Clock
from firebrigade.responder.collector import StoreCollector, TrustCollector
from firebrigade.responder.config import Config
from firebrigade.responder.engine.courier import Courier
from firebrigade.responder.engine.heartbeat_watch import HeartbeatWatch
from firebrigade.responder.engine.local import Engine
from firebrigade.responder.engine.lock import FileLock
from firebrigade.responder.engine.reconciler import Reconciler
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.engine.silence_keeper import RunSilenceKeeper, SilenceKeeper
from firebrigade.responder.engine.sweep import Sweep
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.execution import build_executor, build_restraints, build_storms
from firebrigade.responder.maintenance import suppressed_until
from firebrigade.responder.model import Labels
from firebrigade.responder.reconcile import ReconcilePolicy
from firebrigade.responder.routing import route_for, runbook_for
from firebrigade.responder.settings import Settings
from firebrigade.responder.store.database import Database, sqlite_file
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import ActionError

SILENCES_EVERY = timedelta(seconds=30)
HEARTBEATS_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything that a running service needs besides its web side."""

    store: Store
    engine: Engine
    metrics: Metrics


def build(settings: Settings, config: Config, clock: Clock) -> Service:
    """Open and migrate the store, make every client, and put the engine together; nothing runs yet.

    Raises:
        ConfigError: the database's address or the kubeconfig can't be used.
        StoreUnavailableError: the database can't be reached.
    """
    database_url = settings.database_url.get_secret_value()
    lock = FileLock(_lock_path(database_url))
    store = Store(Database(database_url), config.trust)
    store.migrate()
    receivers = build_receivers(config)
    metrics = Metrics()
    StoreCollector(store, clock, metrics.registry)
    trusting = Trusting(ledger=store.ledger, runbooks=config.runbooks, settings=config.trust)
    TrustCollector(trusting, metrics.registry)
    sweep = Sweep(
        store,
        Courier(store, receivers, clock),
        _runner(store, config, clock),
        build_lookup(config, receivers),
        clock,
    )
    engine = Engine(store, sweep, lock, clock, _jobs(store, config, clock))
    return Service(store=store, engine=engine, metrics=metrics)


def build_receivers(config: Config) -> dict[str, Receiver]:
    """Make every configured receiver."""
    types = find_receivers()
    return {name: types[found.type](found.config) for name, found in config.receivers.items()}


def build_lookup(config: Config, receivers: Mapping[str, Receiver]) -> Lookup:
    """Return the configuration as the questions that the stages ask."""

    def suppression(labels: Labels, now: datetime) -> Suppression | None:
        held = suppressed_until(config.maintenance, labels, now)
        return Suppression(until=held.until, reason=held.reason) if held else None

    return Lookup(
        route=lambda labels: route_for(config.routes, labels),
        suppression=suppression,
        runbook=lambda name, alertname: runbook_for(config.runbooks, name, alertname),
        policies=config.policies,
        living=frozenset(name for name, receiver in receivers.items() if receiver.LIVING),
        mode=config.automation.mode,
        public_url=config.public_url,
        storms=build_storms(config.automation),
        reach={name: receiver.REACHES for name, receiver in receivers.items()},
    )


def _runner(store: Store, config: Config, clock: Clock) -> Runner:
    try:
        return Runner(store, build_executor(config), clock, build_restraints(config))
    except ActionError as error:
        raise ConfigError([f"kubernetes: {error}"]) from error


def _jobs(store: Store, config: Config, clock: Clock) -> dict[str, tuple[timedelta, Callable[[], None]]]:
    alertmanagers = {source: Alertmanager(found) for source, found in config.alertmanagers.items()}
    policy = ReconcilePolicy(
        grace=config.reconcile.grace,
        expire_after=config.reconcile.expire_after,
        heartbeat=config.heartbeats[0] if config.heartbeats else (),
    )
    reconciler = Reconciler(store, alertmanagers, policy, config.reconcile.interval, clock)
    jobs: dict[str, tuple[timedelta, Callable[[], None]]] = {
        "reconcile": (config.reconcile.interval, reconciler.tick),
        "heartbeats": (HEARTBEATS_EVERY, HeartbeatWatch(store, clock).tick),
    }
    for source, alertmanager in alertmanagers.items():
        keeper = SilenceKeeper(config.maintenance, alertmanager, clock)
        jobs[f"silences of {source}"] = (SILENCES_EVERY, keeper.tick)
        jobs[f"silences of runs in {source}"] = (SILENCES_EVERY, RunSilenceKeeper(store, alertmanager).tick)
    return jobs


def _lock_path(database_url: str) -> Path:
    path = sqlite_file(database_url)
    if path is None:
        raise ConfigError(["FIREBRIGADE_DATABASE_URL: must name an SQLite file, as in sqlite:///firebrigade.sqlite"])
    return path.with_name(f"{path.name}.lock")
