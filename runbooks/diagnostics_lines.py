"""What diagnostics have found, in few lines for a message to people. Pure; ``collect_diagnostics`` calls it.

The evidence is that of ``diagnostics.py``, without credentials; the incident keeps all of it. A channel has room for
little, and cuts what comes last.
"""

from collections.abc import Iterator, Mapping

from firebrigade.runbooks.contract import Json

_PODS, _LOG_LINES, _WARNINGS, _ROLLOUTS, _CONTAINERS = 3, 10, 5, 2, 2


def lines_of(evidence: Mapping[str, Json], *, with_log: bool) -> tuple[str, ...]:
    """Return the worst pods, the end of the log, the latest warnings and rollouts, and resources, a line each.

    Args:
        evidence: what was found.
        with_log: whether the log may leave the house; redaction is a net with holes.
    """
    warnings = [event for event in evidence["events"] if event["type"] == "Warning"]
    return (
        *map(_pod, evidence["pods"][:_PODS]),
        *(_log(evidence["log"]) if with_log else ()),
        *map(_event, warnings[-_WARNINGS:]),
        *map(_rollout, evidence["rollouts"][:_ROLLOUTS]),
        *map(_resources, evidence["resources"][:_CONTAINERS]),
        *(f"not read: {one}" for one in evidence["unread"]),
    )


def _pod(pod: Json) -> str:
    ready = "ready" if pod["ready"] else "not ready"
    where = f", on {pod['node']}" if pod["node"] else ""
    return f"pod {pod['name']}: {pod['condition']}, {ready}, {pod['restarts']} restarts{where}"


def _event(event: Json) -> str:
    often = f" ({event['count']} times)" if event["count"] > 1 else ""
    return f"{event['at']} {event['reason']}{often}, {event['about']}: {event['message']}"


def _rollout(rollout: Json) -> str:
    images = ", ".join(rollout["images"])
    return f"revision {rollout['revision']} since {rollout['created_at']}, {rollout['pods']} pods: {images}"


def _resources(resources: Json) -> str:
    parts = (f"{kind} {_quantities(resources[kind])}" for kind in ("usage", "requests", "limits") if resources[kind])
    return f"container {resources['container']}: {'; '.join(parts) or 'neither requests nor limits'}"


def _quantities(quantities: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {quantity}" for name, quantity in sorted(quantities.items()))


def _log(log: Mapping[str, Json]) -> Iterator[str]:
    if not log.get("lines"):
        return
    before = " before its last restart" if log["previous"] else ""
    yield f"log of {log['container']} in {log['pod']}{before}:"
    yield from log["lines"][-_LOG_LINES:]
