"""The Kubernetes API as the actions use it: the only place that knows the official client.

Objects go in and come out as plain JSON, not as the client's models: a model drops the fields that it does not know,
and a roll back must put back every field of a template. Every call has a time-out and is tried once: the responder
decides about repeating. Not a cache, and no watch.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from firebrigade.runbooks.contract import Json, PermanentActionError, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.kube_errors import error_for
from firebrigade.runbooks.redaction import redact

Call = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """Which cluster, and how long to wait for it.

    Attributes:
        kubeconfig: the path of a kubeconfig file; empty inside a pod, whose service account is used.
        context: a context of that file; empty for its current one.
        connect_timeout_seconds: until the connection stands.
        read_timeout_seconds: between two pieces of an answer.
    """

    kubeconfig: str = ""
    context: str = ""
    connect_timeout_seconds: float = 3.0
    read_timeout_seconds: float = 10.0


def connect(settings: KubernetesSettings) -> "KubernetesClient":
    """Return a client for the cluster; connects with its first call.

    Raises:
        PermanentActionError: the configuration can't be used; says where it was looked for.
    """
    configuration = client.Configuration()
    where = f"kubeconfig {settings.kubeconfig}" if settings.kubeconfig else "the pod's service account"
    try:
        if settings.kubeconfig:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                settings.kubeconfig, settings.context or None, configuration, persist_config=False
            )
        else:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # Not chained: the loader's own errors can quote the file, which holds the credentials.
        raise PermanentActionError(
            f"Kubernetes can't be reached by {where} ({type(error).__name__}); check the file and its context."
        ) from None
    # The default repeats GET, PUT and DELETE on its own, out of the responder's sight.
    configuration.retries = False
    return KubernetesClient(client.ApiClient(configuration), settings)


class KubernetesClient:
    """The calls that the actions need. Used by several threads; keeps only its connections.

    All of them raise TemporaryActionError (throttled, unavailable, not connected), PermanentActionError (refused,
    forbidden, and its subclasses in ``kube_errors.py``), and those that change something UnknownOutcomeError.
    """

    def __init__(self, api: client.ApiClient, settings: KubernetesSettings) -> None:
        self._api = api
        self._configuration = api.configuration
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._batch = client.BatchV1Api(api)
        self._autoscaling = client.AutoscalingV2Api(api)
        self._custom = client.CustomObjectsApi(api)
        self._timeout = (settings.connect_timeout_seconds, settings.read_timeout_seconds)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()  # type: ignore[no-untyped-call]

    def read_pod(self, namespace: str, name: str) -> Json:
        """Return a pod."""
        return self._read(self._core.read_namespaced_pod, name, namespace)

    def list_pods(self, namespace: str, selector: str) -> list[Json]:
        """Return the pods that a label selector selects."""
        return self._list(self._core.list_namespaced_pod, namespace, label_selector=selector)

    def list_readable_pods(self, namespace: str, selector: str) -> list[Json]:
        """Return the pods that a label selector selects; none where listing them is forbidden, as by an older role."""
        try:
            return self.list_pods(namespace, selector)
        except PermanentActionError:
            return []

    def read_object(self, kind: str, namespace: str, name: str) -> Json:
        """Return a workload, a ``replicaset``, a ``job`` or a ``cronjob``; a ``node`` has no namespace."""
        calls: Mapping[str, Call] = {
            "deployment": self._apps.read_namespaced_deployment,
            "replicaset": self._apps.read_namespaced_replica_set,
            "statefulset": self._apps.read_namespaced_stateful_set,
            "daemonset": self._apps.read_namespaced_daemon_set,
            "job": self._batch.read_namespaced_job,
            "cronjob": self._batch.read_namespaced_cron_job,
            "node": self._core.read_node,
        }
        return self._read(calls[kind], name, *filter(None, [namespace]))

    def list_nodes(self) -> list[Json]:
        """Return the cluster's nodes."""
        return self._list(self._core.list_node)

    def list_replica_sets(self, namespace: str, selector: str) -> list[Json]:
        """Return the replica sets that a label selector selects."""
        return self._list(self._apps.list_namespaced_replica_set, namespace, label_selector=selector)

    def list_autoscalers(self, namespace: str) -> list[Json]:
        """Return the namespace's horizontal pod autoscalers."""
        return self._list(self._autoscaling.list_namespaced_horizontal_pod_autoscaler, namespace)

    def list_events(self, namespace: str, kind: str, name: str) -> list[Json]:
        """Return some of an object's events, at most 100; ``kind`` as the object says it, such as ``Pod``."""
        about = f"involvedObject.kind={kind},involvedObject.name={name}"
        return self._list(self._core.list_namespaced_event, namespace, field_selector=about, limit=100)

    def read_log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> str:
        """Return the last lines of a container's log, at most 64 KiB; ``previous``: of the one that ended before it."""
        options = {"container": container, "previous": previous, "tail_lines": lines, "limit_bytes": 65_536}
        return str(self._answer(self._core.read_namespaced_pod_log, (pod, namespace), options, read=_text))

    def read_usage(self, namespace: str, pod: str) -> Json:
        """Return what a pod's containers use, by the resource metrics API, which not every cluster has.

        https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/
        """
        of = ("metrics.k8s.io", "v1beta1", namespace, "pods", pod)
        return self._read(self._custom.get_namespaced_custom_object, *of)

    def patch_object(self, kind: str, namespace: str, name: str, operations: Sequence[Json]) -> Json:
        """Change a ``deployment``, ``statefulset``, ``daemonset`` or ``node`` by a JSON patch, all or nothing.

        A failed ``test`` is a PreconditionError. https://www.rfc-editor.org/rfc/rfc6902
        """
        calls: Mapping[str, Call] = {
            "deployment": self._apps.patch_namespaced_deployment,
            "statefulset": self._apps.patch_namespaced_stateful_set,
            "daemonset": self._apps.patch_namespaced_daemon_set,
            "node": self._core.patch_node,
        }
        return self._change(calls[kind], name, *filter(None, [namespace]), list(operations))

    def evict_pod(self, namespace: str, name: str, uid: str) -> None:
        """Ask for a pod's eviction, which respects disruption budgets, if it still is the pod with this UID.

        https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        self._change(self._core.create_namespaced_pod_eviction, name, namespace, body)

    def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Delete a pod if it still is the one with this UID; asks no disruption budget."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        self._change(self._core.delete_namespaced_pod, name, namespace, body=body)

    def create_job(self, namespace: str, job: Json) -> Json:
        """Make a job and return it; one that has its name already is a PreconditionError."""
        return self._change(self._batch.create_namespaced_job, namespace, job)

    def _without_secrets(self, body: bytes | str | None) -> str | None:
        """Return an error's body without the credentials: proxies in front of the API repeat what they refuse."""
        if body is None:
            return None
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        # Asked each time: a kubeconfig that runs a command gets new tokens. "Bearer " stands in front of them.
        tokens = [value.rpartition(" ")[2] for value in self._configuration.api_key.values()]
        return redact(text, filter(None, [*tokens, self._configuration.password]))

    def _read(self, call: Call, *arguments: Json, **options: Json) -> Json:
        return self._answer(call, arguments, options)

    def _change(self, call: Call, *arguments: Json, **options: Json) -> Json:
        return self._answer(call, arguments, options, changes=True)

    def _list(self, call: Call, *arguments: Json, **options: Json) -> list[Json]:
        items: list[Json] = self._read(call, *arguments, **options).get("items") or []
        return items

    def _answer(
        self,
        call: Call,
        arguments: Sequence[Json],
        options: Json,
        *,
        changes: bool = False,
        read: Callable[[bytes], Json] = json.loads,
    ) -> Json:
        try:
            response = call(*arguments, **options, _preload_content=False, _request_timeout=self._timeout)
            return read(response.data)
        except ApiException as error:
            raise error_for(error.status, self._without_secrets(error.body), error.headers, changes=changes) from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise TemporaryActionError(f"The Kubernetes API can't be reached: {_cause(error)}.") from None
        except (HTTPError, ValueError) as error:
            if changes:
                message = f"The Kubernetes API did not answer a change: {_cause(error)}; it may have been made."
                raise UnknownOutcomeError(message) from None
            raise TemporaryActionError(f"The Kubernetes API did not answer: {_cause(error)}.") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _cause(error: Exception) -> str:
    """Return the kind of failure: the client's own text names addresses and objects' memory."""
    return type(error).__name__.removesuffix("Error")
