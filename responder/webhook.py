"""``POST /api/v1/webhook/alertmanager``: the way in for alerts.

The answer decides what Alertmanager does next, so each one is chosen by that: 2xx means it forgets, 5xx that it tries
again within seconds, 4xx that it tries again at every group interval for ever, and 3xx would lose the alert. Nothing is
decided about incidents here (``store``), and nothing is done about them (``engine``).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from flask import Blueprint, Response, jsonify, request

from firebrigade.responder.authentication import Credentials
from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import PayloadError, StoreUnavailableError
from firebrigade.responder.incoming import authenticate, read_json_body
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.own_alerts import SOURCE
from firebrigade.responder.payload import Payload, parse_payload
from firebrigade.responder.records import ConfigView, Engine, Records
from firebrigade.responder.routing import heartbeat_for
from firebrigade.responder.telemetry import Metrics

PATH = "/api/v1/webhook/alertmanager"
DEFAULT_SOURCE = "alertmanager"
MAX_SOURCE_CHARACTERS = 100
MAX_HEARTBEAT_CHARACTERS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Takes one request's body in. Used by several threads."""

    store: Records
    view: ConfigView
    clock: Clock
    engine: Engine
    metrics: Metrics

    def take(self, body: bytes, source: str) -> tuple[int, ...]:
        """Commit what the body says and return the ids of the incidents that it belongs to.

        A payload of version 4 that can't be processed is committed as a dead letter and belongs to none: refusing it
        would make Alertmanager send it for ever, and dropping it would lose an alert unseen.

        Raises:
            PayloadError: it is no payload of version 4.
            StoreUnavailableError: nothing was committed, not even a dead letter.
        """
        now = self.clock.now()
        try:
            incident_ids = self._record(parse_payload(body, source), _hash(body), now)
        except PayloadError:
            self.metrics.refused_payloads.inc()
            raise
        except StoreUnavailableError:
            raise
        except Exception as error:
            self._keep_dead_letter(body, source, error, now)
            return ()
        self._wake()
        return incident_ids

    def _record(self, payload: Payload, body_hash: str, now: datetime) -> tuple[int, ...]:
        self._count(payload)
        group, heartbeats = split_heartbeats(payload.group, self.view.heartbeats)
        for name, alert in heartbeats:
            self.store.record_heartbeat(name, alert.labels, now)
            self.metrics.heartbeats.labels(name).inc()
        return self.store.record(group, now, body_hash) if group.alerts else ()

    def _count(self, payload: Payload) -> None:
        for status in AlertStatus:
            self.metrics.alerts.labels(status.value).inc(sum(alert.status is status for alert in payload.group.alerts))
        self.metrics.truncated_alerts.inc(payload.group.truncated_alerts)
        if payload.wrong_fingerprints:
            self.metrics.wrong_fingerprints.inc(payload.wrong_fingerprints)
            _log().warning("wrong_fingerprints", source=payload.group.source, alerts=payload.wrong_fingerprints)

    def _keep_dead_letter(self, body: bytes, source: str, error: Exception, now: datetime) -> None:
        sentence = f"{type(error).__name__}: {error}"[:1000]
        try:
            dead_letter_id = self.store.record_dead_letter(source, sentence, body, now)
        except StoreUnavailableError:
            raise
        except Exception as second_error:
            _log().exception("dead_letter_not_kept", source=source)
            raise StoreUnavailableError("the payload could not be kept; send it again") from second_error
        self.metrics.dead_letters.inc()
        _log().error("dead_letter", source=source, dead_letter_id=dead_letter_id, exc_info=error)

    def _wake(self) -> None:
        # The payload is durable already, so trouble here must not make Alertmanager send it again.
        try:
            self.engine.wake()
        except Exception:
            _log().exception("engine_not_woken")


def make_webhook(webhook: Webhook, credentials: Credentials) -> Blueprint:
    """Return the webhook's route; ``app.py`` sees to it that no variant of its path is redirected."""
    blueprint = Blueprint("webhook", __name__)

    @blueprint.post(PATH)
    def receive() -> tuple[Response, int]:
        authenticate(credentials)
        with webhook.metrics.webhook_seconds.time():
            source = read_source(request.args.get("source", DEFAULT_SOURCE))
            incident_ids = webhook.take(read_json_body(webhook.view.max_body_bytes), source)
        return jsonify(incidents=list(incident_ids)), 202

    return blueprint


def split_heartbeats(
    group: AlertGroup, heartbeats: Sequence[tuple[Matcher, ...]]
) -> tuple[AlertGroup, list[tuple[str, Alert]]]:
    """Return the group without its heartbeat alerts, and the heartbeats that fire with their alerts.

    A resolved heartbeat alert says nothing: it is taken out and is no heartbeat.
    """
    named = [(_heartbeat_of(alert, heartbeats), alert) for alert in group.alerts]
    remaining = tuple(alert for name, alert in named if name is None)
    fired = [(name, alert) for name, alert in named if name is not None and alert.status is AlertStatus.FIRING]
    return replace(group, alerts=remaining), fired


def read_source(source: str) -> str:
    """Return the name of the sending Alertmanager, as its webhook address gives it in ``?source=``.

    Raises:
        PayloadError: it is empty, too long, holds characters that nobody could see, or is the name of what Firebrigade
            says for itself: who used that could end or forge its alerts.
    """
    if not source or len(source) > MAX_SOURCE_CHARACTERS or not source.isprintable():
        raise PayloadError("?source", f"must be a name of 1 to {MAX_SOURCE_CHARACTERS} printable characters")
    if source == SOURCE:
        raise PayloadError("?source", f"must not be {SOURCE}, the name of Firebrigade's own alerts; choose another")
    return source


def _heartbeat_of(alert: Alert, heartbeats: Sequence[tuple[Matcher, ...]]) -> str | None:
    matchers = heartbeat_for(heartbeats, alert.labels)
    # As the configuration writes it, so a heartbeat's name is not the sender's choice.
    return None if matchers is None else ",".join(map(str, matchers))[:MAX_HEARTBEAT_CHARACTERS]


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
    return logger
