"""The cluster's memory: objects, their versions, and the changes that watches are told.

The API (``api.py``) and the controllers write here; nobody else keeps an object. Stored objects are never changed in
place: an answer that was handed out stays as it was. It does not lock (``cluster.py`` does) and decides nothing.
"""

import json
import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox.cluster.resources import Json, Resource

Key = tuple[Resource, str, str]  # resource, namespace, name

REMEMBERED_CHANGES = 20_000


def copied(thing: Json) -> Json:
    """Return a deep copy; everything here is JSON, and this is faster than ``copy.deepcopy``."""
    copy: Json = json.loads(json.dumps(thing))
    return copy


def stamp(at: datetime) -> str:
    """Return the API's form of a time: RFC 3339, whole seconds, UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> datetime:
    """Return the aware time of a stamp."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def key_of(resource: Resource, thing: Json) -> Key:
    """Return where an object is kept."""
    return resource, thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


def controller_of(thing: Json) -> Json | None:
    """Return the reference to the object that controls this one, or None."""
    owners: list[Json] = thing["metadata"].get("ownerReferences", [])
    return next((owner for owner in owners if owner.get("controller")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write, as watches see it: ``before`` is None for a new object, ``after`` for a removed one."""

    version: int
    resource: Resource
    before: Json | None
    after: Json | None

    @property
    def object(self) -> Json:
        """Return the object after the write; a removed one carries the version of its removal."""
        if self.after is not None:
            return self.after
        last = copied(self.before or {})
        last["metadata"]["resourceVersion"] = str(self.version)
        return last


class Store:
    """Objects by resource, namespace and name, with one version counter for all of them, as etcd has."""

    def __init__(self, now: Callable[[], datetime], source: random.Random) -> None:
        self._now = now
        self._random = source
        self._objects: dict[Resource, dict[tuple[str, str], Json]] = {}
        self._owned: dict[str, set[Key]] = {}
        self._uids: set[str] = set()
        self.version = 0
        self.history: deque[Change] = deque(maxlen=REMEMBERED_CHANGES)
        self.listeners: list[Callable[[Change], None]] = []

    def get(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """Return one object, or None."""
        return self._objects.get(resource, {}).get((namespace, name))

    def all(self, resource: Resource, namespace: str = "") -> list[Json]:
        """Return the objects of one namespace, or of all, ordered by namespace and name."""
        found = self._objects.get(resource, {})
        return [found[key] for key in sorted(found) if not namespace or key[0] == namespace]

    def owned(self, owner: Json, resource: Resource) -> list[Json]:
        """Return the objects that ``owner`` controls, ordered by name."""
        keys = sorted(key[1:] for key in self._owned.get(owner["metadata"]["uid"], ()) if key[0] is resource)
        return [self._objects[resource][key] for key in keys]

    def exists(self, uid: str) -> bool:
        """Say whether an object with this UID is there."""
        return uid in self._uids

    def owned_keys(self, uid: str) -> list[Key]:
        """Return where the objects are that the object with this UID controls."""
        return sorted(self._owned.get(uid, ()), key=lambda key: (key[0].plural, *key[1:]))

    def everything_in(self, namespace: str) -> Iterator[tuple[Resource, Json]]:
        """Yield each object of one namespace."""
        for resource in list(self._objects):
            yield from ((resource, thing) for thing in self.all(resource, namespace))

    def named(self, resource: Resource, thing: Json) -> Json:
        """Return a new object with what the server gives it: kind, UID, creation time, generation 1."""
        metadata = {**thing.get("metadata", {})}
        metadata["uid"] = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        metadata["creationTimestamp"] = stamp(self._now())
        if resource.has_generation:
            metadata["generation"] = 1
        return {"kind": resource.kind, "apiVersion": resource.api_version, **thing, "metadata": metadata}

    def add(self, resource: Resource, thing: Json) -> Json:
        """Keep a new object and return it as kept."""
        return self._write(resource, None, thing)

    def replace(self, resource: Resource, thing: Json) -> Json:
        """Keep a changed object and return it as kept; one that did not change keeps its version."""
        _, namespace, name = key_of(resource, thing)
        before = self._objects[resource][namespace, name]
        if before == thing:
            return before
        return self._write(resource, before, thing)

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        """Forget an object."""
        before = self._objects[resource].pop((namespace, name))
        self._uids.discard(before["metadata"]["uid"])
        owner = controller_of(before)
        if owner is not None:
            self._owned[owner["uid"]].discard((resource, namespace, name))
        self._tell(resource, before, None)

    def _write(self, resource: Resource, before: Json | None, thing: Json) -> Json:
        kept = copied(thing)
        kept["metadata"]["resourceVersion"] = str(self.version + 1)
        _, namespace, name = key = key_of(resource, kept)
        self._objects.setdefault(resource, {})[namespace, name] = kept
        self._uids.add(kept["metadata"]["uid"])
        owner = controller_of(kept)
        if owner is not None:
            self._owned.setdefault(owner["uid"], set()).add(key)
        self._tell(resource, before, kept)
        return kept

    def _tell(self, resource: Resource, before: Json | None, after: Json | None) -> None:
        self.version += 1
        change = Change(version=self.version, resource=resource, before=before, after=after)
        self.history.append(change)
        for listener in self.listeners:
            listener(change)
