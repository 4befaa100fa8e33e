"""Lists, page by page. What a watch sends is ``watches.py``."""

import base64
import json
from collections.abc import Callable

from sandbox.cluster import selectors
from sandbox.cluster.errors import bad_request
from sandbox.cluster.resources import Json
from sandbox.cluster.routes import Call
from sandbox.cluster.simulation import Simulation

Wanted = Callable[[Json], bool]


def wanted(call: Call) -> Wanted:
    """Return what the selectors and the namespace of a list or watch ask for.

    Raises:
        ApiError: 400 for a selector that can't be read.
    """
    by_labels = selectors.labels(call.query.get("labelSelector", ""))
    by_fields = selectors.fields(call.resource, call.query.get("fieldSelector", ""))

    def matches(thing: Json) -> bool:
        metadata = thing["metadata"]
        here = not call.namespace or metadata.get("namespace") == call.namespace
        return here and by_labels(metadata.get("labels", {})) and by_fields(thing)

    return matches


def listed(simulation: Simulation, call: Call) -> Json:
    """Return the answer to a list, with at most ``limit`` items and a token for the rest.

    Raises:
        ApiError: 400.
    """
    chosen = [thing for thing in simulation.store.all(call.resource, call.namespace) if wanted(call)(thing)]
    after = _start(call.query.get("continue", ""))
    chosen = [thing for thing in chosen if _place(thing) > after]
    limit = _limit(call.query.get("limit", ""))
    page = chosen[:limit] if limit else chosen
    metadata: Json = {"resourceVersion": str(simulation.store.version)}
    if len(page) < len(chosen):
        metadata["continue"] = _token(simulation.store.version, _place(page[-1]))
        if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(chosen) - len(page)
    items = [{key: value for key, value in thing.items() if key not in ("kind", "apiVersion")} for thing in page]
    kind = f"{call.resource.kind}List"
    return {"kind": kind, "apiVersion": call.resource.api_version, "metadata": metadata, "items": items}


def _place(thing: Json) -> str:
    metadata = thing["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _limit(text: str) -> int:
    if text and not text.isdigit():
        raise bad_request(f"limit: Invalid value: {text!r}: must be a whole number")
    return int(text or 0)


def _token(version: int, place: str) -> str:
    content = {"v": "meta.k8s.io/v1", "rv": version, "start": place}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _start(token: str) -> str:
    if not token:
        return ""
    try:
        return str(json.loads(base64.urlsafe_b64decode(token))["start"])
    except (ValueError, KeyError, TypeError) as unreadable:
        raise bad_request("continue key is not valid") from unreadable
