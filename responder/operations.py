"""``/-/healthy``, ``/-/ready`` and ``/metrics``, for probes and Prometheus; open to everybody, with nothing secret."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.records import Engine, Records
from firebrigade.responder.telemetry import Metrics


def make_operations(store: Records, engine: Engine, metrics: Metrics) -> Blueprint:
    """Return the routes."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/-/healthy")
    def healthy() -> Response:
        """Answer that the process does; a probe that asked for more would kill it for a database's trouble."""
        return jsonify(status="healthy")

    @blueprint.get("/-/ready")
    def ready() -> Response:
        """Answer whether alerts can be taken in and are worked on."""
        store.ping()
        if not engine.alive:
            raise StoreUnavailableError("the engine does not run")
        return jsonify(status="ready")

    @blueprint.get("/metrics")
    def show_metrics() -> Response:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint
