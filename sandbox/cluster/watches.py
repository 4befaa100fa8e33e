"""One watch: what it still has to be told. ``http.py`` writes it to the connection, line by line."""

from sandbox.cluster.errors import expired
from sandbox.cluster.listing import wanted
from sandbox.cluster.resources import Json
from sandbox.cluster.routes import Call
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import Change

ANY_VERSION = ("", "0")


class Watch:
    """Reads the store's history from a version on; a watch without one begins with all that is there.

    Attributes:
        began: the cluster's time at its beginning.

    Raises:
        ApiError: 400 for a selector that can't be read.
    """

    def __init__(self, simulation: Simulation, call: Call) -> None:
        self._store = simulation.store
        self._call = call
        self.began = simulation.now
        self._wanted = wanted(call)
        self._first: list[Json] = []
        version = call.query.get("resourceVersion", "")
        if version in ANY_VERSION or not version.isdigit():
            there = filter(self._wanted, self._store.all(call.resource, call.namespace))
            self._first = [{"type": "ADDED", "object": thing} for thing in there]
            self._seen = self._store.version
        else:
            self._seen = int(version)

    def news(self) -> list[Json]:
        """Return the events since the last look; an ERROR event ends the watch."""
        events, self._first = self._first, []
        history = self._store.history
        if history and self._seen < history[0].version - 1:
            return [{"type": "ERROR", "object": expired(self._seen, history[0].version).status()}]
        fresh: list[Change] = []
        for change in reversed(history):
            if change.version <= self._seen:
                break
            fresh.append(change)
        self._seen = max(self._seen, self._store.version)
        return [*events, *filter(None, map(self._event, reversed(fresh)))]

    def bookmark(self) -> Json:
        """Return the event that says how far this watch has seen."""
        metadata = {"resourceVersion": str(self._seen)}
        resource = self._call.resource
        kept: Json = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return {"type": "BOOKMARK", "object": kept}

    def _event(self, change: Change) -> Json | None:
        """Return what a change means here: an object that stops matching is as good as deleted."""
        if change.resource is not self._call.resource:
            return None
        was = change.before is not None and self._wanted(change.before)
        now = change.after is not None and self._wanted(change.after)
        if not was and not now:
            return None
        kind = "MODIFIED" if was and now else ("ADDED" if now else "DELETED")
        return {"type": kind, "object": change.object}
