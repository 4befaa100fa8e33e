"""The paths below ``/sandbox``: faults, the journal of requests, and trouble for single pods. No real cluster has them.

``GET|POST|DELETE /sandbox/faults`` · ``GET|DELETE /sandbox/requests`` ·
``POST /sandbox/pods`` with ``{"namespace", "name", "mood": "serves" | "never-ready" | "killed"}``
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sandbox.cluster import faults, pods, podstatus
from sandbox.cluster.resources import PODS, Json
from sandbox.cluster.server import Server

MOODS = (podstatus.SERVES, podstatus.NEVER_READY, podstatus.KILLED)
Answer = tuple[int, Json | list[Json]]


def answer(server: Server, method: str, path: str, body: bytes) -> Answer:
    """Answer one request; a mistake is 400 with one sentence."""
    routes: dict[tuple[str, str], Callable[[], Answer]] = {
        ("GET", "/sandbox/faults"): lambda: (200, [asdict(fault) for fault in server.faults.on()]),
        ("POST", "/sandbox/faults"): lambda: _add_fault(server, _read(body)),
        ("DELETE", "/sandbox/faults"): lambda: _cleared(server.faults),
        ("GET", "/sandbox/requests"): lambda: (200, [request.as_json() for request in server.journal.all()]),
        ("DELETE", "/sandbox/requests"): lambda: _cleared(server.journal),
        ("POST", "/sandbox/pods"): lambda: _trouble(server, _read(body)),
    }
    if (method, path) not in routes:
        return 404, {"error": f"{method} {path} is not served; see the top of sandbox/cluster/admin.py"}
    with server.changed:
        try:
            return routes[method, path]()
        except ValueError as mistake:
            return 400, {"error": str(mistake)}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as unreadable:
        raise ValueError(f"the body is not JSON: {unreadable}") from unreadable


def _add_fault(server: Server, given: Any) -> Answer:
    fault = faults.read(given)
    server.faults.add(fault)
    return 201, asdict(fault)


def _cleared(what: Any) -> Answer:
    what.clear()
    return 200, {}


def _trouble(server: Server, given: Any) -> Answer:
    if not isinstance(given, dict) or given.get("mood") not in MOODS:
        raise ValueError(f"the body is an object with namespace, name and mood, one of {', '.join(MOODS)}")
    server.run()
    pod = server.simulation.store.get(PODS, str(given.get("namespace")), str(given.get("name")))
    if pod is None:
        return 404, {"error": f"no pod {given.get('namespace')}/{given.get('name')}"}
    pods.trouble(server.simulation, pod, given["mood"])
    server.run()
    return 200, dict(given)
