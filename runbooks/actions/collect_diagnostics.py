"""Collect what people would look for first: events, the log before the last restart, rollouts, resources.

It reads the target and the pod of it that is worst off, and puts what it found on the timeline: the pods, the latest
events of both, the last lines of the container's previous log (of the present one if it never restarted), the latest
revisions of a deployment, requests and limits, and the use where the cluster has the resource metrics API. Lines that
look like credentials are taken out. What can't be read is named, and the rest is collected all the same.

It changes nothing, so a dry run collects too. The target must be in a namespace that automation may change: whoever
reads the incident reads the log.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar, Self

from pydantic import Field, StrictBool, StrictInt

from firebrigade.runbooks import diagnostics, workloads
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import ActionError, ActionParams, Json, Refusal, RefusalReason, Risk, Target
from firebrigade.runbooks.diagnostics_lines import lines_of
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError
from firebrigade.runbooks.readings import Asked, Reading
from firebrigade.runbooks.rights import Right, rights

_KINDS = {"pod": "Pod", "deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}


class CollectDiagnosticsParams(ActionParams):
    """How much to collect.

    Attributes:
        log_lines: how many of the log's last lines to keep, at most 100; 0 leaves the log alone.
        send_log: put the last of them into messages too, for everybody who reads the channel or the mail; what looks
            like a credential is removed from it, but not every one looks like one.
    """

    log_lines: Annotated[StrictInt, Field(ge=0, le=100)] = 40
    send_log: StrictBool = False


class CollectDiagnostics:
    """Read what there is to read about a workload or a pod."""

    NAME: ClassVar[str] = "collect_diagnostics"
    Params: ClassVar[type[ActionParams]] = CollectDiagnosticsParams
    RISK: ClassVar[Risk] = Risk.READ
    TARGET_KIND: ClassVar[str] = "deployment"
    RESULTS: ClassVar[Sequence[str]] = ()
    RIGHTS: ClassVar[Sequence[Right]] = (
        *rights("get", "pods", kinds=["pod"]),
        *rights("list", "pods", kinds=["deployment", "statefulset", "daemonset"]),
        *rights("get", "pods/log"),
        *rights("list", "events"),
        *rights("get", "deployments", "apps", kinds=["deployment"]),
        *rights("list", "replicasets", "apps", kinds=["deployment"]),
        *rights("get", "statefulsets", "apps", kinds=["statefulset"]),
        *rights("get", "daemonsets", "apps", kinds=["daemonset"]),
        *rights("get", "pods", "metrics.k8s.io"),
    )

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def read(self, target: Target | None, params: ActionParams, asked: Asked) -> Reading | Refusal:  # noqa: ARG002
        """Come to why the worst pod ended last, or why it waits, or `ready`, `not_ready` or `no_pod`."""
        if target is None or target.kind not in _KINDS:
            text = f"collect_diagnostics knows nothing of a {target.kind if target else 'step without target'}."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        assert isinstance(params, CollectDiagnosticsParams)  # noqa: S101 - the executor validated them
        return _Collection(self._kubernetes, target, params).made()


class _Collection:
    """One collection under way: what was found, and what could not be read."""

    def __init__(self, kubernetes: KubernetesClient, target: Target, params: CollectDiagnosticsParams) -> None:
        self._kubernetes = kubernetes
        self._target = target
        self._log_lines, self._send_log = params.log_lines, params.send_log
        self._unread: list[str] = []

    def made(self) -> Reading:
        """Read everything, one thing after the other."""
        pods, replica_sets = self._workload()
        pod = pods[0] if pods else None
        evidence: dict[str, Json] = {
            "target": str(self._target),
            "pods": diagnostics.described_pods(pods),
            "pods_in_all": len(pods),
            "events": diagnostics.described_events(self._events(pod)),
            "rollouts": diagnostics.described_rollouts(replica_sets),
            "resources": diagnostics.described_resources(pod, self._usage(pod)) if pod else [],
            "log": self._log(pod) if pod and self._log_lines else {},
            "unread": self._unread,
        }
        result = diagnostics.condition_of(pod) if pod else "no_pod"
        kept = diagnostics.bounded(evidence)
        return Reading(
            result=result,
            summary=_sentence(self._target, kept),
            evidence=kept,
            lines=lines_of(kept, with_log=self._send_log),
        )

    def _workload(self) -> tuple[list[Json], list[Json]]:
        """Return the target's pods, the worst first, and its replica sets."""
        kind, namespace, name = self._target.kind, self._target.namespace, self._target.name
        if kind == "pod":
            pod = self._tried("the pod", lambda: self._kubernetes.read_pod(namespace, name))
            return [pod] if pod else [], []
        workload = self._tried(f"the {kind}", lambda: self._kubernetes.read_object(kind, namespace, name))
        if workload is None:
            return [], []
        selector = workloads.label_selector(workload)
        pods = self._tried("pods", lambda: self._kubernetes.list_pods(namespace, selector)) or []
        if kind != "deployment":
            return diagnostics.worst_first(workloads.owned_by(pods, [workloads.uid(workload)])), []
        listed = self._tried("rollouts", lambda: self._kubernetes.list_replica_sets(namespace, selector))
        if listed is None:  # whose pods they are can't be told, and the selector's are better than none
            return diagnostics.worst_first(pods), []
        replica_sets = workloads.owned_by(listed, [workloads.uid(workload)])
        owners = [workloads.uid(one) for one in replica_sets]
        return diagnostics.worst_first(workloads.owned_by(pods, owners)), replica_sets

    def _events(self, pod: Json | None) -> list[Json]:
        about = {(_KINDS[self._target.kind], self._target.name)} | ({("Pod", workloads.name(pod))} if pod else set())
        return [event for one in sorted(about) for event in self._events_of(*one)]

    def _events_of(self, kind: str, name: str) -> list[Json]:
        namespace = self._target.namespace
        return self._tried("events", lambda: self._kubernetes.list_events(namespace, kind, name)) or []

    def _log(self, pod: Json) -> Json:
        name, container = workloads.name(pod), diagnostics.worst_container(pod)
        previous = diagnostics.has_ended_before(pod, container)
        text = self._tried("the log", lambda: self._log_of(name, container, previous=previous))
        if text is None:
            return {}
        lines = diagnostics.short_lines(text.splitlines()[-self._log_lines :])
        return {"pod": name, "container": container, "previous": previous, "lines": lines}

    def _log_of(self, name: str, container: str, *, previous: bool) -> str:
        of = (self._target.namespace, name, container)
        return self._kubernetes.read_log(*of, previous=previous, lines=self._log_lines)

    def _usage(self, pod: Json | None) -> Json:
        if pod is None:
            return None
        try:
            return self._kubernetes.read_usage(self._target.namespace, workloads.name(pod))
        except NotFoundError:
            self._unread.append("usage: the resource metrics API (metrics.k8s.io) does not know the pod")
        except ActionError as error:
            self._unread.append(f"usage: {error}")
        return None

    def _tried(self, what: str, read: Callable[[], Json]) -> Json:
        """Return what is read, or None and remember why not."""
        try:
            return read()
        except ActionError as error:
            told = f"{what}: {error}"
            self._unread += [] if told in self._unread else [told]
            return None


def _sentence(target: Target, found: Json) -> str:
    pods, events = found["pods"], [event for event in found["events"] if event["type"] == "Warning"]
    parts = [f"{target}: {sum(not pod['ready'] for pod in pods)} of {found['pods_in_all']} pods not ready"]
    if found["pods_in_all"] > len(pods):
        parts[0] = f"{target}: {found['pods_in_all']} pods"
    if pods:
        worst = pods[0]
        parts.append(f"{worst['name']} is {worst['condition']}, {worst['restarts']} restarts")
    if found["rollouts"]:
        latest = found["rollouts"][0]
        parts.append(f"revision {latest['revision']} since {latest['created_at']}")
    if events:
        parts.append(f"{len(events)} warnings, the latest {events[-1]['reason']}")
    if found["log"]["lines"]:
        which = "the previous container's" if found["log"]["previous"] else "the container's"
        parts.append(f"{len(found['log']['lines'])} lines of {which} log")
    if found["unread"]:
        parts.append(f"not read: {', '.join(one.partition(':')[0] for one in found['unread'])}")
    return "; ".join(parts)[:500] + "."
