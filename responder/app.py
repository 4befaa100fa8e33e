"""The Flask application: routes, errors and headers put together from explicit parts. No globals.

``serve.py`` makes one per worker process; tests make one per test. The parts decide, this file only connects them.
"""

from collections.abc import Callable

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from firebrigade.responder.api import Api, make_api
from firebrigade.responder.authentication import Access
from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import (
    ConflictError,
    FirebrigadeError,
    NotAllowedError,
    NotFoundError,
    PayloadError,
    StoreUnavailableError,
)
from firebrigade.responder.operations import make_operations
from firebrigade.responder.records import ConfigView, Engine, Records
from firebrigade.responder.runbook_pages import make_runbook_pages
from firebrigade.responder.telemetry import Metrics
from firebrigade.responder.trusting import Trusting
from firebrigade.responder.webhook import Webhook, make_webhook

RETRY_AFTER_SECONDS = 5

_STATUS_OF_ERROR: dict[type[FirebrigadeError], int] = {
    PayloadError: 400,
    NotFoundError: 404,
    NotAllowedError: 403,
    ConflictError: 409,
    StoreUnavailableError: 503,
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(
    store: Records, config_view: ConfigView, credentials: Access, clock: Clock, engine: Engine, metrics: Metrics
) -> Flask:
    """Return the application; it opens nothing and starts nothing.

    Args:
        store: opened and migrated.
        config_view: what the web needs of the configuration.
        credentials: who may post alerts, and who may use the API.
        clock: what every recorded time is read from.
        engine: woken after each commit; ``/-/ready`` asks whether it is alive.
        metrics: what is counted, and what ``/metrics`` shows.
    """
    app = _empty_app()
    webhook = Webhook(store=store, view=config_view, clock=clock, engine=engine, metrics=metrics)
    app.register_blueprint(make_webhook(webhook, credentials.webhook))
    trusting = Trusting(ledger=store.ledger, runbooks=config_view.runbooks, settings=config_view.trust)
    api = Api(store=store, clock=clock, engine=engine, trusting=trusting, approvers=credentials.approvers)
    app.register_blueprint(make_api(api, credentials))
    app.register_blueprint(make_operations(store, engine, metrics))
    app.register_blueprint(make_runbook_pages(config_view.runbooks))
    _register_errors(app)
    app.after_request(_finish_with(metrics))
    return app


def _empty_app() -> Flask:
    # Flask guesses these folders from the import path, which fails on an editable install's mapping.
    app = Flask(__name__, instance_path="/nonexistent", static_folder=None, template_folder=None)
    # Either would redirect, and a redirected webhook is an alert lost.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    return app


def _register_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> Response:
        # Werkzeug's own answer has the headers that belong to the status: Allow, WWW-Authenticate.
        response = Response(headers=error.get_headers(), status=error.code)
        response.data = jsonify(error=error.description).data
        response.mimetype = "application/json"
        return response

    @app.errorhandler(FirebrigadeError)
    def answer_ours(error: FirebrigadeError) -> tuple[Response, int]:
        status = _STATUS_OF_ERROR.get(type(error), 500)
        response = jsonify(error=str(error))
        if status == 503:
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response, status

    @app.errorhandler(Exception)
    def answer_bug(_error: Exception) -> tuple[Response, int]:
        _log().exception("unexpected_error", endpoint=request.endpoint)
        return jsonify(error="Something went wrong here; the service's log says what."), 500


def _finish_with(metrics: Metrics) -> Callable[[Response], Response]:
    def finish(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        endpoint = request.endpoint or "none"
        method = request.method if request.endpoint else "any"  # strangers choose methods, and labels must stay few
        metrics.http_requests.labels(endpoint, method, str(response.status_code)).inc()
        return response

    return finish


def _log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
    return logger
