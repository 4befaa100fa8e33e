"""What of a workload's objects is worth showing to people who look for a cause. Pure.

``collect_diagnostics`` reads the objects. Everything is cut to a size that fits the timeline, and nothing of a
container's environment is kept.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Json
from firebrigade.runbooks.redaction import redact_foreign

MOST_CHARACTERS = 7_000  # as JSON; the timeline keeps 8,000
_PODS, _EVENTS, _REVISIONS, _CONTAINERS = 5, 10, 5, 5
_LINE = 300  # characters of a log's line or an event's message
_LOOKED_THROUGH = 1_000  # characters of a line in which credentials are looked for; what is behind them is not shown


def worst_first(pods: Iterable[Json]) -> list[Json]:
    """Return pods ordered by trouble: not ready first, then by restarts, then the youngest."""
    return sorted(
        pods, key=lambda pod: (workloads.pod_ready(pod), -_restarts(pod), -workloads.created_at(pod).timestamp())
    )


def worst_container(pod: Json) -> str:
    """Return the name of the container whose log is worth reading: not ready, most restarts; the first of equals."""
    statuses = sorted(_statuses(pod), key=lambda one: (bool(one.get("ready")), -int(one.get("restartCount", 0))))
    found = statuses[0] if statuses else pod["spec"]["containers"][0]
    return str(found["name"])


def has_ended_before(pod: Json, container: str) -> bool:
    """Return whether the container was restarted, so that there is a log of the one before."""
    statuses = (one for one in _statuses(pod) if one["name"] == container)
    return any((one.get("lastState") or {}).get("terminated") for one in statuses)


def condition_of(pod: Json) -> str:
    """Return in one word how a pod is: why it ended last, else why it waits, else ``ready`` or ``not_ready``.

    The words are Kubernetes' own (``OOMKilled``, ``Error``, ``CrashLoopBackOff``, ``ImagePullBackOff``, ``Evicted``).
    """
    states = [state for one in _statuses(pod) for state in (one.get("lastState"), one.get("state")) if state]
    ended = [state["terminated"].get("reason") for state in states if state.get("terminated")]
    waits = [state["waiting"].get("reason") for state in states if state.get("waiting")]
    reasons = [str(reason) for reason in (*ended, (pod.get("status") or {}).get("reason"), *waits) if reason]
    return reasons[0] if reasons else ("ready" if workloads.pod_ready(pod) else "not_ready")


def described_pods(pods: Sequence[Json]) -> list[Json]:
    """Return the worst pods in short, of pods that are ordered by trouble."""
    return [
        {
            "name": workloads.name(pod),
            "phase": (pod.get("status") or {}).get("phase", ""),
            "ready": workloads.pod_ready(pod),
            "restarts": _restarts(pod),
            "condition": condition_of(pod),
            "node": pod["spec"].get("nodeName", ""),
        }
        for pod in pods[:_PODS]
    ]


def described_events(events: Iterable[Json]) -> list[Json]:
    """Return the latest events in short, oldest first."""
    latest = sorted(events, key=_at)[-_EVENTS:]
    return [
        {
            "at": _at(event),
            "type": event.get("type", ""),
            "reason": event.get("reason", ""),
            "about": f"{event['involvedObject'].get('kind', '')}/{event['involvedObject'].get('name', '')}",
            "message": short_lines([str(event.get("message", ""))])[0],
            "count": int(event.get("count") or (event.get("series") or {}).get("count") or 1),
        }
        for event in latest
    ]


def described_rollouts(replica_sets: Iterable[Json]) -> list[Json]:
    """Return a deployment's latest revisions in short, the latest first."""
    ordered = sorted(replica_sets, key=workloads.revision, reverse=True)
    return [
        {
            "revision": workloads.revision(one),
            "images": workloads.images(one)[:_CONTAINERS],
            "created_at": one["metadata"]["creationTimestamp"],
            "pods": int((one.get("status") or {}).get("replicas", 0)),
        }
        for one in ordered[:_REVISIONS]
    ]


def described_resources(pod: Json, usage: Mapping[str, Json] | None) -> list[Json]:
    """Return requests, limits and, as far as it is known, the use of each container."""
    used = {one.get("name"): one.get("usage") for one in (usage or {}).get("containers") or []}
    return [
        {
            "container": container["name"],
            "requests": (container.get("resources") or {}).get("requests") or {},
            "limits": (container.get("resources") or {}).get("limits") or {},
            "usage": used.get(container["name"]) or {},
        }
        for container in pod["spec"]["containers"][:_CONTAINERS]
    ]


def short_lines(lines: Iterable[str]) -> list[str]:
    """Return lines of a server fit for people: printable, without what looks like a credential, not too long."""
    printable = ("".join(one if one.isprintable() else " " for one in line[:_LOOKED_THROUGH]) for line in lines)
    return [line if len(line) <= _LINE else line[: _LINE - 1] + "…" for line in redact_foreign(printable)]


def bounded(evidence: dict[str, Json]) -> dict[str, Json]:
    """Return evidence of at most ``MOST_CHARACTERS`` as JSON: the oldest lines and events are left out first."""
    kept = {**evidence, "log": dict(evidence.get("log") or {})}
    lists = [kept["log"].setdefault("lines", []), *(kept.get(key, []) for key in ("events", "rollouts", "resources"))]
    while len(json.dumps(kept)) > MOST_CHARACTERS and any(lists):
        longest = max(lists, key=lambda one: len(json.dumps(one)))
        longest.pop(0)
        kept["shortened"] = True
    return kept


def _statuses(pod: Json) -> list[Json]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _restarts(pod: Json) -> int:
    return sum(int(one.get("restartCount", 0)) for one in _statuses(pod))


def _at(event: Json) -> str:
    last = (event.get("series") or {}).get("lastObservedTime")
    moments = (last, event.get("lastTimestamp"), event.get("eventTime"), event["metadata"].get("creationTimestamp"))
    return str(next(filter(None, moments), ""))
