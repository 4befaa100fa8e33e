"""What the API server fills in when a client leaves it out, and what it leaves out because it is empty.

Used when an object is created or changed, before it is validated. Pure: each function returns a new object.
"""

from sandbox.cluster.resources import (
    AUTOSCALERS,
    BUDGETS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Json,
    Resource,
)
from sandbox.cluster.shapes import pruned
from sandbox.cluster.store import copied

TEMPLATED = (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS)
LATEST = ("latest", "")
ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}


def with_defaults(resource: Resource, thing: Json) -> Json:
    """Return the object as the server keeps it."""
    filled = copied(thing)
    for key in ("metadata", "spec"):
        if key in filled:
            filled[key] = pruned(filled[key])
    _drop_empty_metadata(filled.setdefault("metadata", {}))
    spec = filled.setdefault("spec", {}) if resource.has_status else {}
    if "template" in spec and resource in TEMPLATED:
        _template(spec["template"])
    fill = _FILL.get(resource)
    if fill is not None:
        fill(filled)
    return filled


def _drop_empty_metadata(metadata: Json) -> None:
    for key in ("labels", "annotations", "ownerReferences", "finalizers", "creationTimestamp"):
        if key in metadata and not metadata[key]:
            del metadata[key]


def _template(template: Json) -> None:
    metadata = template.setdefault("metadata", {})
    _drop_empty_metadata(metadata)
    _pod_spec(template.setdefault("spec", {}))


def _pod_spec(spec: Json) -> None:
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        _container(container)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")


def _container(container: Json) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    tag = str(container.get("image", "")).rsplit("/", 1)[-1].partition(":")[2]
    container.setdefault("imagePullPolicy", "Always" if tag in LATEST else "IfNotPresent")
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for key in ("env", "ports", "volumeMounts", "args", "command"):
        if key in container and not container[key]:
            del container[key]


def _deployment(deployment: Json) -> None:
    spec = deployment["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {**ROLLING, **(strategy.get("rollingUpdate") or {})}
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    for key in ("paused", "minReadySeconds"):  # Go leaves out what is zero
        if key in spec and not spec[key]:
            del spec[key]
    deployment.setdefault("status", {})


def _replica_set(replica_set: Json) -> None:
    replica_set["spec"].setdefault("replicas", 1)
    replica_set.setdefault("status", {"replicas": 0})


def _stateful_set(stateful_set: Json) -> None:
    spec = stateful_set["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    stateful_set.setdefault("status", {"replicas": 0, "availableReplicas": 0})


def _daemon_set(daemon_set: Json) -> None:
    spec = daemon_set["spec"]
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"maxUnavailable": 1, "maxSurge": 0, **(strategy.get("rollingUpdate") or {})}
    spec.setdefault("revisionHistoryLimit", 10)
    counts = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
    daemon_set.setdefault("status", dict.fromkeys(counts, 0))


def _job(job: Json) -> None:
    spec = job["spec"]
    for key, value in (("parallelism", 1), ("completions", 1), ("backoffLimit", 6), ("manualSelector", False)):
        spec.setdefault(key, value)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")
    job.setdefault("status", {})


def _cron_job(cron_job: Json) -> None:
    spec = cron_job["spec"]
    for key, value in (("concurrencyPolicy", "Allow"), ("suspend", False)):
        spec.setdefault(key, value)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    _template(spec.setdefault("jobTemplate", {}).setdefault("spec", {}).setdefault("template", {}))
    cron_job.setdefault("status", {})


def _budget(budget: Json) -> None:
    empty = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    budget.setdefault("status", empty)


def _autoscaler(autoscaler: Json) -> None:
    autoscaler["spec"].setdefault("minReplicas", 1)
    autoscaler.setdefault("status", {"desiredReplicas": 0, "currentMetrics": None})


def _node(node: Json) -> None:
    if not node["spec"].get("unschedulable"):
        node["spec"].pop("unschedulable", None)


def _namespace(namespace: Json) -> None:
    metadata = namespace["metadata"]
    metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata.get("name", "")
    namespace["spec"].setdefault("finalizers", ["kubernetes"])
    namespace.setdefault("status", {"phase": "Active"})


def _pod(pod: Json) -> None:
    spec = pod["spec"]
    _pod_spec(spec)
    for container in spec.get("containers", []):
        limits = container["resources"].get("limits")
        if limits:  # a request that is left out is the limit; this happens in pods, not in templates
            container["resources"]["requests"] = {**limits, **container["resources"].get("requests", {})}
    pod.setdefault("status", {"phase": "Pending"})


_FILL = {
    DEPLOYMENTS: _deployment,
    REPLICA_SETS: _replica_set,
    STATEFUL_SETS: _stateful_set,
    DAEMON_SETS: _daemon_set,
    JOBS: _job,
    CRON_JOBS: _cron_job,
    BUDGETS: _budget,
    AUTOSCALERS: _autoscaler,
    NAMESPACES: _namespace,
    NODES: _node,
    PODS: _pod,
}
