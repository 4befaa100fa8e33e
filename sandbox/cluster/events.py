"""The events that controllers, scheduler and kubelet leave behind (``kubectl describe`` shows them).

An event is forgotten after an hour, as in a real cluster.
"""

from sandbox.cluster.resources import EVENTS, PODS, Json, Resource
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import stamp

KEPT_SECONDS = 3600


def record(simulation: Simulation, about: tuple[Resource, Json], event_type: str, reason: str, message: str) -> None:
    """Record what a controller did to an object.

    Args:
        simulation: where it happened.
        about: the resource and the object.
        event_type: ``Normal`` or ``Warning``.
        reason: one CamelCase word.
        message: one sentence.
    """
    resource, thing = about
    component = f"{resource.kind.lower()}-controller"
    at = stamp(simulation.now)
    body: Json = {"source": {"component": component}, "firstTimestamp": at, "lastTimestamp": at, "count": 1}
    body |= {"eventTime": None, "reportingComponent": component, "reportingInstance": ""}
    _keep(simulation, reference(resource, thing), body | {"type": event_type, "reason": reason, "message": message})


def record_kubelet(simulation: Simulation, pod: Json, event_type: str, reason: str, message: str) -> None:
    """Record what a node did to a pod's container."""
    node = pod["spec"].get("nodeName", "")
    at = stamp(simulation.now)
    container = pod["spec"]["containers"][0]["name"]
    about = reference(PODS, pod) | {"fieldPath": f"spec.containers{{{container}}}"}
    about.pop("resourceVersion")
    body: Json = {"source": {"component": "kubelet", "host": node}, "firstTimestamp": at, "lastTimestamp": at}
    body |= {"count": 1, "eventTime": None, "reportingComponent": "kubelet", "reportingInstance": node}
    _keep(simulation, about, body | {"type": event_type, "reason": reason, "message": message})


def record_scheduled(simulation: Simulation, pod: Json, node: str) -> None:
    """Record that the scheduler found a node."""
    metadata = pod["metadata"]
    message = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {node}"
    body: Json = {"source": {}, "firstTimestamp": None, "lastTimestamp": None, "type": "Normal", "action": "Binding"}
    body |= {"reason": "Scheduled", "message": message, "eventTime": simulation.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    body |= {"reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-sandbox"}
    _keep(simulation, reference(PODS, pod), body)


def reference(resource: Resource, thing: Json) -> Json:
    """Return what an event says about the object that it is about."""
    metadata = thing["metadata"]
    return {
        "kind": resource.kind,
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": resource.api_version,
        "resourceVersion": metadata["resourceVersion"],
    }


def _keep(simulation: Simulation, about: Json, body: Json) -> None:
    namespace = about["namespace"] or "default"
    name = f"{about['name']}.{int(simulation.now.timestamp() * 1e6) * 1000 + simulation.store.version:x}"
    metadata = {"name": name, "namespace": namespace}
    simulation.store.add(
        EVENTS, simulation.store.named(EVENTS, {"metadata": metadata, "involvedObject": about, **body})
    )
    simulation.after(KEPT_SECONDS, lambda: _forget(simulation, namespace, name))


def _forget(simulation: Simulation, namespace: str, name: str) -> None:
    if simulation.store.get(EVENTS, namespace, name) is not None:
        simulation.store.remove(EVENTS, namespace, name)
