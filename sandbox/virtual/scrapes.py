"""What one scrape finds: the series of the metric contract that runbooks and alarms ask for, from the world's state.

Labels are those that ``deploy/prometheus/prometheus.yml`` makes. Counters go on from scrape to scrape.
"""

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from sandbox.cluster.podstatus import status_of
from sandbox.cluster.resources import Json
from sandbox.virtual.series import Labels, labels_of
from sandbox.virtual.troubles import Symptom, Workload

if TYPE_CHECKING:
    from sandbox.virtual.world import World

REQUESTS = 150.0  # to one pod between two scrapes
FAILING, SLOW = 0.3, 0.4  # shares of the requests to a sick pod
ENDPOINT = "/api/v1/orders"
FAST_SECONDS, SLOW_SECONDS = 0.25, 8.0
BOUNDS = ("0.1", "0.5", "1.0", "5.0", "10.0", "+Inf")

Counters = MutableMapping[tuple[str, ...], float]


def found_by_scrape(world: "World", counters: Counters) -> dict[Labels, float]:
    """Return every series with its value now."""
    found: dict[Labels, float] = {}
    for workload in world.workloads:
        for pod in world.pods(workload):
            found |= dict(_of_pod(world, workload, pod, counters))
    return found


def _of_pod(world: "World", workload: Workload, pod: Json, counters: Counters) -> Iterator[tuple[Labels, float]]:
    name = str(pod["metadata"]["name"])
    yield from _of_kube_state_metrics(workload, pod, name)
    if not workload.scraped:
        return
    of = _target_labels(workload, name)
    answers = world.answers(pod)
    yield labels_of("up", **of), float(answers)
    if not answers:
        return
    if workload.namespace == "agents":
        status = 2.0 if world.agent_failed(workload.name) else 0.0
        yield labels_of("agents_health_status", **of, agent_id=workload.name), status
    else:
        symptoms = {one.symptom for one in world.troubles_of(pod)}
        yield from _of_requests(of, symptoms, counters)


def _target_labels(workload: Workload, pod: str) -> dict[str, str]:
    """Return the labels of a scraped pod; a stateful set's has neither deployment nor service."""
    labels = {"namespace": workload.namespace, "pod": pod}
    if workload.kind == "deployment":
        labels |= {"deployment": workload.name}
        labels |= {"service": "agents" if workload.namespace == "agents" else workload.name}
    return labels


def _of_kube_state_metrics(workload: Workload, pod: Json, name: str) -> Iterator[tuple[Labels, float]]:
    status = status_of(pod, "main")
    if status:
        labels = {"namespace": workload.namespace, "pod": name, "container": "main"}
        restarts = labels_of("kube_pod_container_status_restarts_total", **labels)
        yield restarts, float(status.get("restartCount", 0))


def _of_requests(of: dict[str, str], symptoms: set[Symptom], counters: Counters) -> Iterator[tuple[Labels, float]]:
    failing = REQUESTS * FAILING if Symptom.ERRORS in symptoms else 0.0
    slow = REQUESTS * SLOW if Symptom.SLOW in symptoms else 0.0
    for status, requests in (("200", REQUESTS - failing), ("500", failing)):
        labels = labels_of("neurectomy_http_requests_total", **of, endpoint=ENDPOINT, status=status)
        yield labels, _counted(counters, (of["pod"], "status", status), requests)
    for bound in BOUNDS:
        fast = REQUESTS - slow if float(bound) >= FAST_SECONDS else 0.0
        rise = fast + (slow if float(bound) >= SLOW_SECONDS else 0.0)
        labels = labels_of("neurectomy_http_request_duration_seconds_bucket", **of, endpoint=ENDPOINT, le=bound)
        yield labels, _counted(counters, (of["pod"], "le", bound), rise)


def _counted(counters: Counters, key: tuple[str, ...], rise: float) -> float:
    counters[key] = counters.get(key, 0.0) + rise
    return counters[key]
