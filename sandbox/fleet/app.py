"""The fleet over HTTP: scrapes, service discovery, and the switchboard for faults.

``__main__.py`` serves it. Service discovery is Prometheus's HTTP SD.
Source: https://prometheus.io/docs/prometheus/latest/http_sd/
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from sandbox.fleet.catalogue import FaultRequestError
from sandbox.fleet.exporters import INSTANCES
from sandbox.fleet.exposition import CONTENT_TYPE, expose
from sandbox.fleet.fleet import Fleet, NoAnswerError, NoSuchTargetError, target_labels
from sandbox.fleet.recorder import Family


def create_app(fleet: Fleet) -> Flask:
    """Return the application of a fleet."""
    app = Flask("sandbox.fleet", static_folder=None, instance_path=str(Path(__file__).parent))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    _add_scrapes(app, fleet)
    _add_service_discovery(app, fleet)
    _add_faults(app, fleet)
    _add_errors(app)
    return app


def _add_scrapes(app: Flask, fleet: Fleet) -> None:
    @app.get("/pods/<namespace>/<pod>/metrics")
    def scrape_pod(namespace: str, pod: str) -> Response:
        return _exposition(fleet.scrape_pod(namespace, pod))

    @app.get("/<exporter>/metrics")
    def scrape_exporter(exporter: str) -> Response:
        return _exposition(fleet.scrape_exporter(exporter))

    @app.get("/-/ready")
    def ready() -> str:
        return "The fleet is ready.\n"


def _add_service_discovery(app: Flask, fleet: Fleet) -> None:
    @app.get("/sd")
    def pods() -> Response:
        return jsonify(
            [_target(f"/pods/{pod.namespace}/{pod.name}/metrics", target_labels(pod)) for pod in fleet.targets()]
        )

    @app.get("/sd/<exporter>")
    def exporter(exporter: str) -> Response:
        if exporter not in INSTANCES:
            raise NoSuchTargetError(f"there is no exporter {exporter}")
        labels = {"job": exporter, "instance": INSTANCES[exporter]}
        return jsonify([_target(f"/{exporter}/metrics", labels)])


def _add_faults(app: Flask, fleet: Fleet) -> None:
    @app.get("/faults")
    def faults() -> Response:
        return jsonify(fleet.faults())

    @app.post("/faults")
    def switch_on() -> tuple[Response, int]:
        return jsonify(fleet.switch_on(request.get_json(silent=True))), 201

    @app.delete("/faults")
    def switch_all_off() -> tuple[str, int]:
        fleet.switch_off()
        return "", 204

    @app.delete("/faults/<int:number>")
    def switch_off(number: int) -> tuple[str, int]:
        fleet.switch_off(number)
        return "", 204


def _add_errors(app: Flask) -> None:
    def answer(status: int) -> Any:
        return lambda error: (jsonify({"error": str(error)}), status)

    app.register_error_handler(FaultRequestError, answer(400))
    app.register_error_handler(NoSuchTargetError, answer(404))
    app.register_error_handler(NoAnswerError, answer(503))


def _exposition(families: Iterable[Family]) -> Response:
    return Response(expose(families), content_type=CONTENT_TYPE)


def _target(path: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"targets": [request.host], "labels": {**labels, "__metrics_path__": path}}
