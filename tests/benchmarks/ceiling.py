"""The least that a durable webhook can do: Flask on one gunicorn worker, one parsed body, one committed INSERT.

``webhook.py`` starts it as ``python ceiling.py PORT DATABASE``, and compares the service with it.
"""

import sqlite3
import sys
import threading

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication


def make_app(database: str) -> Flask:
    """Return the application; each thread has a connection of its own, as durable as the service's."""
    app = Flask(__name__, instance_path="/nonexistent", static_folder=None, template_folder=None)
    local = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(database, isolation_level=None, timeout=10)
            local.connection.execute("PRAGMA journal_mode = WAL")
            local.connection.execute("PRAGMA synchronous = FULL")
            local.connection.execute("CREATE TABLE IF NOT EXISTS bodies (body TEXT)")
        found: sqlite3.Connection = local.connection
        return found

    @app.post("/api/v1/webhook/alertmanager")
    def take() -> Response:
        request.get_json()
        connection().execute("INSERT INTO bodies VALUES (?)", (request.get_data(as_text=True),))
        return Response(status=202)

    @app.get("/-/ready")
    def ready() -> Response:
        return Response("ready")

    return app


class Server(BaseApplication):  # type: ignore[misc]
    """One worker with as many threads as the service has."""

    def __init__(self, port: int, database: str) -> None:
        self._port = port
        self._database = database
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options."""
        options = {"bind": f"127.0.0.1:{self._port}", "workers": 1, "worker_class": "gthread", "threads": 16}
        for name, value in {**options, "keepalive": 75, "loglevel": "error"}.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application."""
        return make_app(self._database)


if __name__ == "__main__":
    Server(int(sys.argv[1]), sys.argv[2]).run()
