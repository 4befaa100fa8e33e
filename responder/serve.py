"""``firebrigade serve``: one gunicorn worker process with threads, and the engine in a thread of it.

Called by the command line. Exactly one worker, because the engine lives in it; the store, the engine and every client
are made after the fork, since neither connections nor threads survive one. Not the place for routes (``app.py``) or for
what the service is made of (``composition.py``).
"""

import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.workers.gthread import ThreadWorker

from firebrigade.responder.app import create_app
from firebrigade.responder.authentication import Access, make_approvers, make_credentials
from firebrigade.responder.clock import Clock, SystemClock
from firebrigade.responder.config import Config
from firebrigade.responder.database_check import check_database
from firebrigade.responder.errors import ConfigError, FirebrigadeError
from firebrigade.responder.listener import BACKLOG, open_listener
from firebrigade.responder.records import Engine, Records
from firebrigade.responder.redaction import find_secrets
from firebrigade.responder.settings import Settings
from firebrigade.responder.telemetry import Metrics, configure_logging

THREADS = 16
GRACEFUL_SECONDS = 25  # Kubernetes kills after 30; what is still in hand then is found again by the next start
KEEPALIVE_SECONDS = 75  # Alertmanager keeps one connection; closing it first makes a delivery race with the close
READ_SECONDS = 5.0  # for a request to come; Alertmanager gives up after ten, so it still gets in behind slow ones
USER_MISTAKE = 2
_PR_SET_PDEATHSIG = 1
_BOOT_ERROR = 3  # what gunicorn's master takes for "do not start another worker"


class RunningEngine(Engine, Protocol):
    """An engine with a life of its own."""

    def start(self) -> None:
        """Start working, in threads of its own."""
        ...

    def stop(self) -> None:
        """Finish what is in hand and return."""
        ...


class Service(Protocol):
    """What ``composition.build`` returns."""

    @property
    def store(self) -> Records:
        """Opened and migrated."""
        ...

    @property
    def engine(self) -> RunningEngine:
        """Not yet started."""
        ...

    @property
    def metrics(self) -> Metrics:
        """What everything is counted in."""
        ...


Build = Callable[[], Service]


def run(settings: Settings, config: Config, insecure: bool) -> int:
    """Serve until SIGTERM or SIGINT, and return the process' exit code: 0, or 2 after one sentence on standard error.

    Args:
        settings: the environment.
        config: firebrigade.yaml.
        insecure: let everybody post alerts where no credentials are configured.
    """
    clock = SystemClock()
    try:
        access = replace(make_access(settings, insecure=insecure), approvers=make_approvers(config.approvers))
        check_database(settings)
        listener = open_listener(settings.bind, threading.Event().wait)
    except ConfigError as error:
        return _refuse(error)
    configure_logging(
        level=settings.log_level, log_format=settings.log_format, secrets=find_secrets(settings, config), clock=clock
    )
    _log().info("listening", address=_address(listener.getsockname()), insecure=access.webhook.open_to_anyone)
    server = Server(
        listener.detach(),
        lambda: _build(settings, config, clock),
        lambda service: _make_app(service, config, access, clock),
    )
    master = os.getpid()
    try:
        server.run()
    except SystemExit as end:
        if os.getpid() != master:
            raise  # the worker leaves through here too, and its master reads the code
        return USER_MISTAKE if end.code == _BOOT_ERROR else int(end.code or 0)
    return 0


def make_access(settings: Settings, *, insecure: bool) -> Access:
    """Return who may post alerts and who may use the API: the same, unless the API has a token of its own.

    Raises:
        ConfigError: anybody could post alerts, and nobody said that they may.
    """
    tokens = [settings.webhook_token] if settings.webhook_token else []
    passwords = {settings.webhook_username: settings.webhook_password} if settings.webhook_password else {}
    webhook = make_credentials(bearer_tokens=tokens, passwords=passwords, insecure=insecure)
    if not webhook.configured and not insecure:
        raise ConfigError(
            [
                "No credentials are configured for the webhook: set FIREBRIGADE_WEBHOOK_TOKEN, or "
                "FIREBRIGADE_WEBHOOK_USERNAME and FIREBRIGADE_WEBHOOK_PASSWORD, or start with --insecure."
            ]
        )
    api = make_credentials(bearer_tokens=[settings.api_token]) if settings.api_token else webhook
    return Access(webhook=webhook, api=api)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told everything by us and nothing by files, arguments or GUNICORN_CMD_ARGS.

    Args:
        listener_fd: a listening socket.
        build: makes the service; called in the worker.
        make_app: makes the application of a service; called in the worker.
    """

    def __init__(self, listener_fd: int, build: Build, make_app: Callable[[Service], Flask]) -> None:
        self._listener_fd = listener_fd
        self._build = build
        self._make_app = make_app
        self._service: Service | None = None
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its options; called by its constructor."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the service and its application; called in the worker, after the fork."""
        try:
            self._service = self._build()
        except FirebrigadeError as error:
            _refuse(error)
            sys.exit(_BOOT_ERROR)
        return self._make_app(self._service)

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"fd://{self._listener_fd}",
            "backlog": BACKLOG,
            "workers": 1,
            "worker_class": Worker,
            "threads": THREADS,
            "preload_app": False,
            "keepalive": KEEPALIVE_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "post_fork": _die_with_master,
            "post_worker_init": self._start_engine,
            "worker_exit": self._stop_engine,
            "logger_class": PropagatingLogger,
            "control_socket_disable": True,
        }

    def _start_engine(self, _worker: Any) -> None:
        if self._service is not None:
            self._service.engine.start()

    def _stop_engine(self, _server: Any, _worker: Any) -> None:
        if self._service is not None:
            self._service.engine.stop()


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, with an end to the time in which a client may send its request.

    gunicorn waits for ever for the rest of a request once its first byte has come: sixteen connections that send no
    more would keep Alertmanager out for good. No defence against a flood: each still holds a thread for READ_SECONDS.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Handle one request, in a thread; called by gunicorn."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._begun.pop(conn, None)

    def murder_pending(self) -> None:
        """Close what waits for too long; called by gunicorn's loop, about once a second."""
        super().murder_pending()
        latest = time.monotonic() - READ_SECONDS
        for conn in [conn for conn, begun in self._begun.copy().items() if begun < latest]:
            # Only reading ends: a request that was read and is being answered is not touched.
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)


class PropagatingLogger(GunicornLogger):  # type: ignore[misc]
    """gunicorn's logger without handlers of its own, so that its lines go through our redaction too."""

    def setup(self, cfg: Any) -> None:
        """Leave everything to the root logger; called by gunicorn."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers = []
            logger.propagate = True


def _die_with_master(_server: Any, worker: Any) -> None:
    # gunicorn's worker outlives a killed master by a second or more, port and engine with it, while the next master
    # starts already. Linux can end it at once: PR_SET_PDEATHSIG in prctl(2).
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker.ppid:
        os.kill(os.getpid(), signal.SIGKILL)


def _build(settings: Settings, config: Config, clock: Clock) -> Service:
    # Imported in the worker: the composition imports every client there is.
    from firebrigade.responder import composition

    return composition.build(settings, config, clock)


def _make_app(service: Service, config: Config, access: Access, clock: Clock) -> Flask:
    return create_app(service.store, config, access, clock, service.engine, service.metrics)


def _address(name: tuple[Any, ...]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _refuse(error: FirebrigadeError) -> int:
    print(error, file=sys.stderr, flush=True)
    return USER_MISTAKE


def _log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
    return logger
