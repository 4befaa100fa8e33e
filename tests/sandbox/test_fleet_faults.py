"""Each fault: what it does to the metrics, and what cures it without anybody saying so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from firebrigade.responder.clock import ManualClock
from sandbox.fleet.catalogue import FaultRequestError
from sandbox.fleet.fleet import Fleet, NoAnswerError, NoSuchTargetError
from sandbox.fleet.supervisor import AgentState
from sandbox.fleet.world import AGENTS, NEURECTOMY, Pod, World, static_world


class ChangingWorld:
    """A cluster in which pods are replaced, rolled back and scaled by hand."""

    def __init__(self, now: datetime) -> None:
        self.current = static_world(now)

    def world(self, now: datetime) -> World:
        return self.current

    def pod(self, deployment: str, number: int = 0) -> Pod:
        return next(pod for pod in self.current.pods if pod.deployment == deployment and pod.uid.endswith(str(number)))

    def change(self, before: Pod, **changes: object) -> None:
        pods = tuple(replace(pod, **changes) if pod is before else pod for pod in self.current.pods)  # type: ignore[arg-type]
        self.current = replace(self.current, pods=pods)

    def scale(self, name: str, replicas: int) -> None:
        changed = tuple(
            replace(one, replicas=replicas) if one.name == name else one for one in self.current.deployments
        )
        self.current = replace(self.current, deployments=changed)


class HandSupervisor:
    """A supervisor that says what the test tells it to."""

    def __init__(self) -> None:
        self.says: dict[str, AgentState] = {}
        self.told: list[tuple[str, bool]] = []

    def states(self, now: datetime) -> Mapping[str, AgentState]:
        return self.says

    def fail(self, agent_id: str, *, deaf: bool) -> None:
        self.told.append((agent_id, deaf))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> ChangingWorld:
    return ChangingWorld(clock.now())


@pytest.fixture
def supervisor() -> HandSupervisor:
    return HandSupervisor()


@pytest.fixture
def fleet(world: ChangingWorld, supervisor: HandSupervisor, clock: ManualClock) -> Fleet:
    return Fleet(world, supervisor, clock)


def value(fleet: Fleet, pod: Pod, metric: str, **labels: str) -> float:
    families = fleet.scrape_pod(pod.namespace, pod.name)
    samples = [sample for family in families for sample in family.samples if sample.name == metric]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def exported(fleet: Fleet, exporter: str, metric: str, **labels: str) -> list[float]:
    samples = [one for family in fleet.scrape_exporter(exporter) for one in family.samples if one.name == metric]
    return [sample.value for sample in samples if labels.items() <= sample.labels.items()]


def growth(fleet: Fleet, clock: ManualClock, pod: Pod, metric: str, **labels: str) -> float:
    """Return how much a counter grows in 100 seconds."""
    before = value(fleet, pod, metric, **labels)
    clock.advance(timedelta(seconds=100))
    return value(fleet, pod, metric, **labels) - before


def test_a_wedged_pod_answers_nothing_until_another_one_takes_its_place(fleet: Fleet, world: ChangingWorld) -> None:
    pod = world.pod("ryot")
    fleet.switch_on({"fault": "wedged", "deployment": "ryot"})
    with pytest.raises(NoAnswerError):
        fleet.scrape_pod(NEURECTOMY, pod.name)
    # Even under the same name, the replacement has another UID.
    world.change(pod, uid="another")
    assert fleet.scrape_pod(NEURECTOMY, pod.name)


def test_kubernetes_still_lists_a_wedged_pod_as_a_target(fleet: Fleet) -> None:
    before = len(fleet.targets())
    fleet.switch_on({"fault": "wedged", "deployment": "ryot"})
    assert len(fleet.targets()) == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, {"ryot-7d9f5c6b48-stat0", "ryot-7d9f5c6b48-stat1"}, id="all pods, if nothing else is said"),
        pytest.param({"pods": "one"}, {"ryot-7d9f5c6b48-stat0"}, id="only the oldest"),
        pytest.param({"pod": "ryot-7d9f5c6b48-stat1"}, {"ryot-7d9f5c6b48-stat1"}, id="the one that is named"),
    ],
)
def test_a_wedge_befalls(fleet: Fleet, options: dict[str, str], expected: set[str]) -> None:
    assert set(fleet.switch_on({"fault": "wedged", "deployment": "ryot", **options})["suffering"]) == expected


def test_a_pod_made_after_the_wedge_is_fine(fleet: Fleet, world: ChangingWorld) -> None:
    fleet.switch_on({"fault": "wedged", "deployment": "ryot"})
    new = replace(world.pod("ryot"), uid="new", name="ryot-7d9f5c6b48-after")
    world.current = replace(world.current, pods=(*world.current.pods, new))
    assert fleet.scrape_pod(NEURECTOMY, new.name)


def test_errors_befall_the_share_that_was_asked_for(fleet: Fleet, world: ChangingWorld, clock: ManualClock) -> None:
    pod, metric = world.pod("neurectomy-api"), "neurectomy_http_requests_total"
    fleet.switch_on({"fault": "errors", "deployment": "neurectomy-api", "share": 0.4, "endpoint": "/v1/chat"})
    chat = {"endpoint": "/v1/chat"}
    before = value(fleet, pod, metric, **chat)
    failed = growth(fleet, clock, pod, metric, **chat, status="500")
    assert failed / (value(fleet, pod, metric, **chat) - before) == pytest.approx(0.4, abs=0.01)
    assert growth(fleet, clock, pod, metric, endpoint="/v1/storage", status="500") <= 1


def test_errors_of_one_template_end_when_it_is_rolled_back(
    fleet: Fleet, world: ChangingWorld, clock: ManualClock
) -> None:
    first, second = world.pod("neurectomy-api"), world.pod("neurectomy-api", 1)
    world.change(second, template_hash="newer", started_at=clock.now())
    switched_on = fleet.switch_on(
        {"fault": "errors", "deployment": "neurectomy-api", "share": 1, "template_hash": "current"}
    )
    assert (switched_on["template_hash"], switched_on["suffering"]) == ("newer", [second.name])
    assert growth(fleet, clock, first, "neurectomy_http_requests_total", status="500") <= 4
    world.change(world.pod("neurectomy-api", 1), template_hash=first.template_hash, uid="rolled-back-1")
    assert growth(fleet, clock, second, "neurectomy_http_requests_total", status="500") <= 4
    assert [one["holds"] for one in fleet.faults()] == [False]


def test_errors_of_a_backend_reach_its_caller_and_open_the_breaker(
    fleet: Fleet, world: ChangingWorld, clock: ManualClock
) -> None:
    api = world.pod("neurectomy-api")
    assert value(fleet, api, "neurectomy_circuit_breaker_state", service="ryot") == 0
    fleet.switch_on({"fault": "errors", "deployment": "ryot", "share": 0.9})
    assert value(fleet, api, "neurectomy_circuit_breaker_state", service="ryot") == 1
    assert growth(fleet, clock, api, "neurectomy_ryot_requests_total", status="error") > 200


def test_slow_requests_leave_the_low_buckets(fleet: Fleet, world: ChangingWorld, clock: ManualClock) -> None:
    pod, metric = world.pod("neurectomy-api"), "neurectomy_http_request_duration_seconds_bucket"
    fleet.switch_on({"fault": "slow", "deployment": "neurectomy-api", "seconds": 8})
    slow = growth(fleet, clock, pod, metric, endpoint="/v1/chat", le="5.0")
    assert slow < 0.3 * growth(fleet, clock, pod, metric, endpoint="/v1/chat", le="+Inf")


def test_traffic_is_scaled(fleet: Fleet, world: ChangingWorld, clock: ManualClock) -> None:
    pod, metric = world.pod("ryot"), "ryot_inference_requests_total"
    normal = growth(fleet, clock, pod, metric)
    fleet.switch_on({"fault": "traffic", "deployment": "ryot", "share": 0.25})
    assert growth(fleet, clock, pod, metric) == pytest.approx(normal / 4, abs=4)


def test_a_failed_agent_is_well_again_when_the_supervisor_has_restarted_it(
    fleet: Fleet, world: ChangingWorld, supervisor: HandSupervisor
) -> None:
    pod = world.pod("agent-07")
    supervisor.says = {"agent-07": AgentState(health=0, restarts=3)}
    fleet.switch_on({"fault": "agent_failed", "agent_id": "agent-07"})
    assert value(fleet, pod, "agents_health_status") == 2
    assert value(fleet, world.pod("agent-supervisor"), "agents_active_total") == 39
    supervisor.says = {"agent-07": AgentState(health=1, restarts=4)}
    assert value(fleet, pod, "agents_health_status") == 2  # restarted, and not well
    supervisor.says = {"agent-07": AgentState(health=0, restarts=4)}
    assert value(fleet, pod, "agents_health_status") == 0
    assert value(fleet, world.pod("agent-supervisor"), "agents_active_total") == 40


def test_a_failed_agent_is_well_again_when_its_pod_was_replaced(fleet: Fleet, world: ChangingWorld) -> None:
    fleet.switch_on({"fault": "agent_failed", "agent_id": "agent-07"})
    assert value(fleet, world.pod("agent-07"), "agents_health_status") == 2
    assert value(fleet, world.pod("agent-08"), "agents_health_status") == 0
    pod = world.pod("agent-07")
    world.change(pod, uid="another-0")
    assert value(fleet, world.pod("agent-07"), "agents_health_status") == 0


def test_the_supervisor_sees_the_agent_fail_and_a_deaf_one_stays_failed_after_its_restart(
    fleet: Fleet, world: ChangingWorld, supervisor: HandSupervisor
) -> None:
    supervisor.says = {"agent-07": AgentState(health=0, restarts=0)}
    fleet.switch_on({"fault": "agent_failed", "agent_id": "agent-07", "deaf": True})
    assert supervisor.told == [("agent-07", True)]
    supervisor.says = {"agent-07": AgentState(health=0, restarts=1)}
    assert value(fleet, world.pod("agent-07"), "agents_health_status") == 2


def test_what_the_supervisor_says_of_an_agent_is_its_health(
    fleet: Fleet, world: ChangingWorld, supervisor: HandSupervisor
) -> None:
    supervisor.says = {"agent-07": AgentState(health=2, restarts=0)}
    assert value(fleet, world.pod("agent-07"), "agents_health_status") == 2


def test_a_container_out_of_memory_restarts_at_once_and_again_until_the_deployment_is_scaled(
    fleet: Fleet, world: ChangingWorld, clock: ManualClock
) -> None:
    pod = world.pod("sigmalang")
    metric, reason = "kube_pod_container_status_restarts_total", "kube_pod_container_status_last_terminated_reason"
    assert exported(fleet, "kube-state-metrics", metric, pod=pod.name) == [0]
    fleet.switch_on({"fault": "oom", "deployment": "sigmalang"})
    assert exported(fleet, "kube-state-metrics", metric, pod=pod.name) == [1]
    assert exported(fleet, "kube-state-metrics", reason, pod=pod.name, reason="OOMKilled") == [1]
    working_set = exported(fleet, "cadvisor", "container_memory_working_set_bytes", pod=pod.name, container="app")
    limit = exported(fleet, "cadvisor", "container_spec_memory_limit_bytes", pod=pod.name, container="app")
    assert working_set[0] > 0.9 * limit[0]
    clock.advance(timedelta(seconds=60))
    assert exported(fleet, "kube-state-metrics", metric, pod=pod.name) == [4]
    world.scale("sigmalang", 3)
    assert exported(fleet, "kube-state-metrics", reason, pod=pod.name) == []
    at_scaling = exported(fleet, "kube-state-metrics", metric, pod=pod.name)
    clock.advance(timedelta(seconds=60))
    assert exported(fleet, "kube-state-metrics", metric, pod=pod.name) == at_scaling


def test_what_the_cluster_itself_killed_is_told_too(fleet: Fleet, world: ChangingWorld) -> None:
    pod = world.pod("akosha")
    world.change(pod, restarts=2, terminated_reason="OOMKilled")
    assert exported(fleet, "kube-state-metrics", "kube_pod_container_status_restarts_total", pod=pod.name) == [2]
    reasons = "kube_pod_container_status_last_terminated_reason"
    assert exported(fleet, "kube-state-metrics", reasons, pod=pod.name, reason="OOMKilled") == [1]


def test_any_gauge_can_be_set_where_the_labels_match(fleet: Fleet, world: ChangingWorld) -> None:
    first, second = world.pod("neurectomy-api"), world.pod("neurectomy-api", 1)
    labels = {"service": "ryot", "pod": first.name}
    fleet.switch_on({"fault": "value", "metric": "neurectomy_circuit_breaker_state", "value": 2, "labels": labels})
    assert value(fleet, first, "neurectomy_circuit_breaker_state", service="ryot") == 2
    assert value(fleet, first, "neurectomy_circuit_breaker_state", service="sigmalang") == 0
    assert value(fleet, second, "neurectomy_circuit_breaker_state", service="ryot") == 0
    fleet.switch_on({"fault": "value", "metric": "node_filesystem_avail_bytes", "value": 5})
    assert exported(fleet, "node", "node_filesystem_avail_bytes") == [5]


def test_a_restarted_container_begins_to_count_at_zero(fleet: Fleet, world: ChangingWorld, clock: ManualClock) -> None:
    pod = world.pod("ryot")
    assert value(fleet, pod, "ryot_inference_requests_total") > 1000
    world.change(pod, restarts=1, started_at=clock.now())
    assert value(fleet, pod, "ryot_inference_requests_total") == 0


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"terminating": True}, id="a pod that is being ended"),
        pytest.param({"phase": "Pending", "running": False}, id="a pod that does not run yet"),
    ],
)
def test_is_no_target(fleet: Fleet, world: ChangingWorld, changes: dict[str, object]) -> None:
    pod = world.pod("ryot")
    world.change(pod, **changes)
    assert pod.name not in {target.name for target in fleet.targets()}


def test_a_container_that_waits_to_be_restarted_is_a_target_that_does_not_answer(
    fleet: Fleet, world: ChangingWorld
) -> None:
    pod = world.pod("ryot")
    world.change(pod, running=False)
    assert pod.name in {target.name for target in fleet.targets()}
    with pytest.raises(NoAnswerError):
        fleet.scrape_pod(NEURECTOMY, pod.name)


def test_switching_one_fault_off_leaves_the_others(fleet: Fleet) -> None:
    first = fleet.switch_on({"fault": "wedged", "deployment": "ryot"})["id"]
    second = fleet.switch_on({"fault": "wedged", "deployment": "akosha"})["id"]
    fleet.switch_off(first)
    assert [one["id"] for one in fleet.faults()] == [second]
    fleet.switch_off()
    assert fleet.faults() == []
    with pytest.raises(NoSuchTargetError, match="no fault 1"):
        fleet.switch_off(first)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(None, "body: .*", id="no JSON"),
        pytest.param({"fault": "fire"}, "'fire'", id="a fault that there is not"),
        pytest.param({"fault": "wedged"}, "deployment", id="no deployment"),
        pytest.param({"fault": "wedged", "deployment": "ryott"}, "no deployment ryott", id="an unknown deployment"),
        pytest.param({"fault": "wedged", "deployment": "ryot", "pod": "x"}, "no pod x", id="an unknown pod"),
        pytest.param({"fault": "errors", "deployment": "ryot", "share": 5}, "errors.share", id="more than everything"),
        pytest.param({"fault": "slow", "deployment": "ryot", "seconds": 0}, "slow.seconds", id="no time at all"),
        pytest.param({"fault": "agent_failed", "agent_id": "agent-41"}, "agent-41", id="an agent that there is not"),
        pytest.param({"fault": "oom", "deployment": "ryot", "shar": 1}, "oom.shar", id="a key that there is not"),
    ],
)
def test_is_refused_with_the_reason(fleet: Fleet, body: object, message: str) -> None:
    with pytest.raises(FaultRequestError, match=message):
        fleet.switch_on(body)
    assert fleet.faults() == []


def test_agents_are_found_in_their_namespace(fleet: Fleet, world: ChangingWorld) -> None:
    assert fleet.switch_on({"fault": "wedged", "deployment": "agent-01"})["namespace"] == AGENTS
