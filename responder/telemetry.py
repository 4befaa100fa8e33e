"""What the service says about itself: structured log lines and metrics.

``serve.py`` sets the logging up, once, for this process; everything that counts is given a Metrics. Nothing here is
global except what structlog and ``logging`` keep themselves. The incident's own story is its timeline, not the log.
"""

import logging
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from firebrigade.responder.clock import Clock
from firebrigade.responder.redaction import Redactor
from firebrigade.responder.timestamps import format_rfc3339

_ORDER = ["timestamp", "level", "logger", "event"]
# What they say at level info is about themselves: each job, migration and connection.
_TALKATIVE = ("alembic", "apscheduler", "httpcore2", "httpx2", "urllib3")
# Up to 10 seconds, after which Alertmanager gives up the attempt.
_WEBHOOK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The web side's metrics on one registry; other parts put theirs on the same ``registry``."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.http_requests = self._counter("http_requests", "HTTP requests answered.", ("endpoint", "method", "code"))
        self.webhook_seconds = Histogram(
            "firebrigade_webhook_seconds",
            "Time from a webhook's first byte read to its answer.",
            registry=self.registry,
            buckets=_WEBHOOK_BUCKETS,
        )
        self.alerts = self._counter("webhook_alerts", "Alerts taken in by the webhook.", ("status",))
        self.truncated_alerts = self._counter(
            "webhook_truncated_alerts", "Alerts that payloads said they left out; they are asked for elsewhere."
        )
        self.wrong_fingerprints = self._counter(
            "webhook_wrong_fingerprints", "Alerts that came with another fingerprint than their labels have."
        )
        self.refused_payloads = self._counter("webhook_refused_payloads", "Bodies that were no version 4 payload.")
        self.dead_letters = self._counter("dead_letters", "Payloads kept because they could not be processed.")
        self.heartbeats = self._counter("heartbeats", "Alerts taken as heartbeats.", ("name",))

    def _counter(self, name: str, documentation: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"firebrigade_{name}", documentation, labels, registry=self.registry)


def configure_logging(
    *, level: str, log_format: str, secrets: Iterable[str], clock: Clock, stream: TextIO | None = None
) -> None:
    """Send every log record of this process, libraries' included, through redaction to one stream.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``. Libraries are heard from ``warning`` on, unless it is
            ``debug``.
        log_format: ``json``, one object a line, or ``text``, ``key='value'`` pairs; in both no value can start a line.
        secrets: literal secrets to replace wherever they appear.
        clock: what the lines' times are read from.
        stream: standard error unless given.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _timestamp_from(clock),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=shared, processors=_last_links(log_format, secrets)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else max(root.level, logging.WARNING))


def _last_links(log_format: str, secrets: Iterable[str]) -> list[Processor]:
    # Redaction comes after exceptions have become text, since their messages hold addresses and headers.
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.processors.KeyValueRenderer(key_order=_ORDER, drop_missing=True)
    )
    return [
        ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_with(Redactor(secrets)),
        renderer,
    ]


def _redact_with(redactor: Redactor) -> Processor:
    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {name: redactor.named(name, value) for name, value in event.items()}

    return redact


def _timestamp_from(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = format_rfc3339(clock.now())
        return event

    return stamp
