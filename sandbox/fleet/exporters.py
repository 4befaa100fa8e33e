"""The exporters of the platform: kube-state-metrics, cAdvisor and the node exporter, for the pods of the world.

Their series name the pod or deployment that they speak of by labels of their own, so they are scraped with
``honor_labels``. Sources: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics,
https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
"""

from collections.abc import Sequence

from sandbox.fleet.conditions import Situation
from sandbox.fleet.series import Counter, Gauge, Series
from sandbox.fleet.world import Deployment, Pod

KUBE_STATE_METRICS, CADVISOR, NODE = "kube-state-metrics", "cadvisor", "node"
NODE_NAME = "node-1"
INSTANCES = {KUBE_STATE_METRICS: KUBE_STATE_METRICS, CADVISOR: NODE_NAME, NODE: NODE_NAME}

_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_CPU_LIMIT_CORES = 1.0
_CPU_CORES = 0.3
_MEMORY_LIMIT_BYTES = 2**30
_MEMORY_SHARE, _MEMORY_SHARE_FULL = 0.4, 0.97
_KILLS_PER_SECOND = 1 / 20
_FILESYSTEM_BYTES, _FREE_SHARE = 200e9, 0.6


def restarts(pod: Pod, *, out_of_memory: bool = False) -> Counter:
    """Return the counter of a container's restarts: those that the cluster knows of, and those of the fault."""
    return Counter(
        name="kube_pod_container_status_restarts_total",
        per_second=_KILLS_PER_SECOND if out_of_memory else 0.0,
        labels=_container(pod),
        counted_elsewhere=pod.restarts,
    )


def of_pod(situation: Situation) -> Sequence[Series]:
    """Return what kube-state-metrics says of a pod."""
    pod, out_of_memory = situation.pod, situation.conditions.out_of_memory
    reason = "OOMKilled" if out_of_memory else pod.terminated_reason
    last = "kube_pod_container_status_last_terminated_reason"
    labels = {"namespace": pod.namespace, "pod": pod.name}
    return [
        restarts(pod, out_of_memory=out_of_memory),
        *_limits(pod),
        *([Gauge(name=last, value=1, labels={**_container(pod), "reason": reason})] if reason else []),
        *(
            Gauge(name="kube_pod_status_phase", value=float(phase == pod.phase), labels={**labels, "phase": phase})
            for phase in _PHASES
        ),
    ]


def _limits(pod: Pod) -> Sequence[Series]:
    limits = (("cpu", "core", _CPU_LIMIT_CORES), ("memory", "byte", _MEMORY_LIMIT_BYTES))
    return [
        Gauge(
            name="kube_pod_container_resource_limits",
            value=value,
            labels={**_container(pod), "resource": resource, "unit": unit},
        )
        for resource, unit, value in limits
    ]


def of_deployment(deployment: Deployment) -> Sequence[Series]:
    """Return what kube-state-metrics says of a deployment."""
    labels = {"namespace": deployment.namespace, "deployment": deployment.name}
    return [
        Gauge(name="kube_deployment_spec_replicas", value=deployment.replicas, labels=labels),
        Gauge(name="kube_deployment_status_replicas_available", value=deployment.available, labels=labels),
    ]


def of_container(situation: Situation) -> Sequence[Series]:
    """Return what cAdvisor says of a pod: its container, and the pod's own cgroup, whose ``container`` is empty."""
    pod = situation.pod
    if not pod.running:
        return ()
    share = _MEMORY_SHARE_FULL if situation.conditions.out_of_memory else _MEMORY_SHARE * situation.load
    cores = _CPU_CORES * situation.load * min(situation.conditions.traffic, _CPU_LIMIT_CORES / _CPU_CORES)
    return [
        one
        for labels in (_container(pod), {**_container(pod), "container": ""})
        for one in (
            Counter(name="container_cpu_usage_seconds_total", per_second=cores, labels=labels),
            Gauge(name="container_memory_working_set_bytes", value=share * _MEMORY_LIMIT_BYTES, labels=labels),
            Gauge(name="container_spec_memory_limit_bytes", value=_MEMORY_LIMIT_BYTES, labels=labels),
        )
    ]


def of_node() -> Sequence[Series]:
    """Return what the node exporter says of the one node."""
    disk = {"device": "/dev/vda1", "fstype": "ext4", "mountpoint": "/"}
    return [
        Gauge(name="node_filesystem_size_bytes", value=_FILESYSTEM_BYTES, labels=disk),
        Gauge(name="node_filesystem_avail_bytes", value=_FILESYSTEM_BYTES * _FREE_SHARE, labels=disk),
        *(
            Counter(name="node_cpu_seconds_total", per_second=share, labels={"cpu": cpu, "mode": mode})
            for cpu in ("0", "1")
            for mode, share in (("idle", 0.7), ("user", 0.2), ("system", 0.08), ("iowait", 0.02))
        ),
    ]


def _container(pod: Pod) -> dict[str, str]:
    return {"namespace": pod.namespace, "pod": pod.name, "container": pod.container}
