"""The world as the sandbox's Kubernetes API tells it: pods and deployments of all namespaces, by plain requests.

Not through the Kubernetes client: the fleet is not part of the product, and only two lists are read.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests

from sandbox.fleet.world import Deployment, Pod, World, static_world

Json = dict[str, Any]
_MAX_AGE = timedelta(seconds=0.5)
_NEVER = datetime.min.replace(tzinfo=UTC)


class WorldSource(Protocol):
    """Where the world comes from."""

    def world(self, now: datetime) -> World:
        """Return what runs."""
        ...


class StaticSource:
    """The shared world without a cluster, made when it is first asked for."""

    def __init__(self) -> None:
        self._world: World | None = None

    def world(self, now: datetime) -> World:
        """Return the world, always the same one."""
        if self._world is None:
            self._world = static_world(now)
        return self._world


class ClusterSource:
    """Reads the cluster when asked, at most every half second. While it can't be reached, the last world holds.

    Args:
        url: the API server's base address.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._world = World()
        self._read_at = _NEVER

    def world(self, now: datetime) -> World:
        """Return what runs now or did half a second ago."""
        if not timedelta() <= now - self._read_at < _MAX_AGE:
            self._read_at = now
            self._world = self._read() or self._world
        return self._world

    def _read(self) -> World | None:
        try:
            pods = self._items("/api/v1/pods")
            deployments = self._items("/apis/apps/v1/deployments")
        except requests.RequestException:
            return None
        return World(
            pods=tuple(parse_pod(pod) for pod in pods),
            deployments=tuple(parse_deployment(deployment) for deployment in deployments),
        )

    def _items(self, path: str) -> list[Json]:
        answer = self._session.get(self._url + path, timeout=3)
        answer.raise_for_status()
        items: list[Json] = answer.json()["items"]
        return items


def parse_pod(pod: Json) -> Pod:
    """Return a pod of the API as the fleet sees it."""
    metadata, status = pod["metadata"], pod.get("status", {})
    containers: list[Json] = status.get("containerStatuses") or [{}]
    container = containers[0]
    running: Json | None = container.get("state", {}).get("running")
    started_at = (running or {}).get("startedAt") or metadata["creationTimestamp"]
    return Pod(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        deployment=_deployment_of(metadata),
        template_hash=metadata.get("labels", {}).get("pod-template-hash", ""),
        started_at=_time(started_at),
        container=pod["spec"]["containers"][0]["name"],
        phase=status.get("phase", "Pending"),
        running=running is not None,
        ready=bool(container.get("ready")),
        restarts=container.get("restartCount", 0),
        terminated_reason=container.get("lastState", {}).get("terminated", {}).get("reason", ""),
        terminating="deletionTimestamp" in metadata,
    )


def parse_deployment(deployment: Json) -> Deployment:
    """Return a deployment of the API as the fleet sees it."""
    metadata = deployment["metadata"]
    return Deployment(
        namespace=metadata["namespace"],
        name=metadata["name"],
        replicas=deployment["spec"].get("replicas", 1),
        available=deployment.get("status", {}).get("availableReplicas", 0),
    )


def _deployment_of(metadata: Json) -> str:
    """A deployment's pod belongs to a ReplicaSet, which is named after the deployment and the template's hash."""
    template_hash = metadata.get("labels", {}).get("pod-template-hash", "")
    for owner in metadata.get("ownerReferences", []):
        if owner["kind"] == "ReplicaSet" and template_hash and owner["name"].endswith(f"-{template_hash}"):
            return str(owner["name"]).removesuffix(f"-{template_hash}")
    return ""


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
