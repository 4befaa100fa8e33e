"""The executor: from an alert's labels to a verified change, without doing what can't be done safely."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    RunbookStep,
    TemporaryActionError,
)
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for, scope_for
from firebrigade.runbooks.modes import AutomationMode, Modes
from firebrigade.runbooks.must_not_rise import ChangeAge, MustNotRise
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.trouble import Trouble
from sandbox.cluster import Fault
from sandbox.http_server import Answer, HttpServer, Request

STEP = RunbookStep(
    name="Restart the pod",
    action="restart_pod",
    target={"namespace": {"label": "namespace"}, "name": {"label": ["pod", "deployment"]}},
    verify_query='min(up{deployment="$deployment"}) == bool 1',
)


class Scripted(HttpServer):
    """A Prometheus that says one value, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.value: str | None = "1"
        self.earlier = "1"  # at any moment but now
        self.queries: list[str] = []

    def answer(self, request: Request) -> Answer:
        form = request.form()
        self.queries.append(form["query"])
        value = self.earlier if "time" in form else self.value
        samples = [{"metric": {}, "value": [float(form.get("time", 1)), value]}] if value is not None else []
        return Answer(body={"status": "success", "data": {"resultType": "vector", "result": samples}})


@pytest.fixture
def prometheus() -> Iterator[Scripted]:
    with Scripted() as prometheus:
        yield prometheus


@pytest.fixture
def executor(world: Any, prometheus: Scripted) -> RunbookExecutor:
    guards = guards_for(GuardSettings(namespaces=frozenset({"shop"})))
    settings = PrometheusSettings(url=prometheus.address, timeout_seconds=0.5)
    return RunbookExecutor(world.actions, guards, PrometheusClient(settings))


@pytest.fixture
def labels(world: Any) -> dict[str, str]:
    pod = world.pod(1)
    world.cluster.trouble("shop", pod.name)
    return {"namespace": "shop", "deployment": "checkout", "pod": pod.name}


def reason(refusal: Any) -> RefusalReason:
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def test_a_step_goes_from_labels_to_a_verified_change(
    world: Any, executor: RunbookExecutor, labels: dict[str, str], prometheus: Scripted
) -> None:
    now = world.clock.now()
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", now)
    assert isinstance(plan, Plan)
    assert executor.allow(plan, (), now) is None
    assert not executor.apply(plan).already
    assert executor.verify(plan, STEP, labels).health is Health.WAITING
    assert not prometheus.queries  # the cluster first: a pod that is not ready is not healthy, whatever a metric says
    world.cluster.advance(60)
    verdict = executor.verify(plan, STEP, labels)
    assert verdict.health is Health.HEALTHY
    assert prometheus.queries == ['min(up{deployment="checkout"}) == bool 1']
    assert executor.undo(plan) is None


@pytest.mark.parametrize("value", ["0", None, "NaN"])
def test_ready_pods_are_not_enough_while_the_query_is_not_true(
    world: Any, executor: RunbookExecutor, labels: dict[str, str], prometheus: Scripted, value: str | None
) -> None:
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", world.clock.now())
    assert isinstance(plan, Plan)
    executor.apply(plan)
    world.cluster.advance(60)
    prometheus.value = value
    assert executor.verify(plan, STEP, labels).health is Health.WAITING


def test_a_prometheus_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    world: Any, executor: RunbookExecutor, labels: dict[str, str], prometheus: Scripted
) -> None:
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", world.clock.now())
    assert isinstance(plan, Plan)
    executor.apply(plan)
    world.cluster.advance(60)
    prometheus.faults.add(503)
    with pytest.raises(TemporaryActionError):
        executor.verify(plan, STEP, labels)
    prometheus.faults.add(400)
    verdict = executor.verify(plan, STEP, labels)
    assert verdict.health is Health.FAILED
    assert "can't be verified" in verdict.summary


def test_a_step_whose_client_is_not_configured_is_refused(world: Any, labels: dict[str, str]) -> None:
    now = world.clock.now()
    assert (
        reason(RunbookExecutor({}, (), None).plan(STEP, Trouble(labels=labels), "s", now))
        is RefusalReason.NOT_CONFIGURED
    )
    without = RunbookExecutor(world.actions, (), None)
    assert reason(without.plan(STEP, Trouble(labels=labels), "s", now)) is RefusalReason.NOT_CONFIGURED
    assert isinstance(without.plan(replace(STEP, verify_query=""), Trouble(labels=labels), "s", now), Plan)


def test_a_plan_whose_client_is_not_configured_any_more_is_not_applied(
    world: Any, executor: RunbookExecutor, labels: dict[str, str]
) -> None:
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", world.clock.now())
    assert isinstance(plan, Plan)
    bare = RunbookExecutor({}, (), None)
    for call in (bare.apply, bare.undo):
        with pytest.raises(PermanentActionError, match="not configured any more"):
            call(plan)
    assert bare.verify(plan, STEP, labels).health is Health.FAILED


def test_a_step_that_could_not_be_verified_is_not_begun(
    world: Any, executor: RunbookExecutor, labels: dict[str, str]
) -> None:
    del labels["deployment"]
    refusal = executor.plan(STEP, Trouble(labels=labels), "step-1", world.clock.now())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.INVALID_TARGET
    assert "label deployment" in refusal.summary


@pytest.mark.parametrize("label", ["namespace", "pod"])
@pytest.mark.parametrize("value", ["../../api/v1/secrets", "a b", "A", "x\n", "{{x}}", "$(x)"])
def test_a_hostile_label_is_refused_before_any_request(
    executor: RunbookExecutor, world: Any, labels: dict[str, str], label: str, value: str
) -> None:
    world.cluster.stop()
    refusal = executor.plan(STEP, Trouble(labels={**labels, label: value}), "step-1", world.clock.now())
    assert reason(refusal) is RefusalReason.INVALID_TARGET


def test_a_hostile_label_stays_a_value_in_the_query(
    world: Any, executor: RunbookExecutor, labels: dict[str, str], prometheus: Scripted
) -> None:
    labels["deployment"] = '"} or vector(1) #'
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", world.clock.now())
    assert isinstance(plan, Plan)
    executor.apply(plan)
    world.cluster.advance(60)
    executor.verify(plan, STEP, labels)
    assert prometheus.queries == ['min(up{deployment="\\"} or vector(1) #"}) == bool 1']


def test_params_that_an_edit_has_made_wrong_are_named(
    world: Any, executor: RunbookExecutor, labels: dict[str, str]
) -> None:
    with pytest.raises(PermanentActionError, match="wrong params: force"):
        executor.plan(replace(STEP, params={"force": True}), Trouble(labels=labels), "step-1", world.clock.now())


def test_a_namespace_that_is_not_allowed_is_refused_after_the_plan(
    world: Any, executor: RunbookExecutor, labels: dict[str, str]
) -> None:
    now = world.clock.now()
    plan = executor.plan(STEP, Trouble(labels=labels), "step-1", now)
    assert isinstance(plan, Plan)
    closed = RunbookExecutor(world.actions, guards_for(GuardSettings()), None)
    assert reason(closed.allow(plan, (), now)) is RefusalReason.NAMESPACE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, None, id="a pod in an allowed namespace"),
        pytest.param({"modes": Modes(mode=AutomationMode.OFF)}, RefusalReason.OFF, id="the mode is off"),
        pytest.param({"namespaces": frozenset()}, RefusalReason.NAMESPACE, id="another namespace"),
        pytest.param({"deny_actions": frozenset({"restart_pod"})}, RefusalReason.NOT_ALLOWED, id="a denied action"),
        pytest.param({"allow_actions": frozenset()}, RefusalReason.NOT_ALLOWED, id="not among the allowed actions"),
        pytest.param({"allow_targets": ("shop/checkout",)}, None, id="targets are known by the plan alone"),
        pytest.param({"modes": Modes(mode=AutomationMode.DRY_RUN)}, None, id="a dry run plans"),
    ],
)
def test_what_needs_no_plan_is_asked_before_anything_is_read(
    world: Any, labels: dict[str, str], changes: dict[str, Any], expected: RefusalReason | None
) -> None:
    settings = GuardSettings(**{"namespaces": frozenset({"shop"}), **changes})
    world.cluster.add_fault(Fault(answer=403, verb="get", times=99))
    executor = RunbookExecutor(world.actions, guards_for(settings), None, scope=scope_for(settings))
    refusal = executor.permit(STEP, labels)
    assert (refusal.reason if refusal else None) is expected


def test_a_step_without_a_target_is_left_to_the_plan_to_refuse(world: Any) -> None:
    off = GuardSettings(modes=Modes(mode=AutomationMode.OFF))
    executor = RunbookExecutor(world.actions, (), None, scope=scope_for(off))
    assert executor.permit(STEP, {}) is None
    assert reason(executor.plan(STEP, Trouble(labels={}), "s", world.clock.now())) is RefusalReason.NOT_CONFIGURED


RESTART = RunbookStep(
    name="Restart",
    action="restart_deployment",
    target={"namespace": "shop", "name": "checkout"},
    undo=True,
    worse=MustNotRise(
        query='sum(rate(errors_total{deployment="$deployment"}[1m]))', rises_by=0.1, looks_back=timedelta(minutes=1)
    ),
)
AGE = ChangeAge(begun=timedelta(seconds=70), made=timedelta(seconds=65))


@pytest.fixture
def restarted(world: Any, executor: RunbookExecutor) -> Plan:
    """A restart whose pods are all ready again."""
    plan = executor.plan(RESTART, Trouble(labels={"deployment": "checkout"}), "step-1", world.clock.now())
    assert isinstance(plan, Plan), plan
    executor.apply(plan)
    world.cluster.advance(600)
    return plan


def test_a_healthy_change_after_which_errors_rise_is_worse(
    executor: RunbookExecutor, prometheus: Scripted, restarted: Plan
) -> None:
    labels = {"deployment": "checkout"}
    prometheus.value, prometheus.earlier = "0.3", "0.1"
    assert executor.verify(restarted, RESTART, labels, AGE).health is Health.WORSE
    assert set(prometheus.queries) == {'sum(rate(errors_total{deployment="checkout"}[1m]))'}
    prometheus.earlier = "0.3"
    assert executor.verify(restarted, RESTART, labels, AGE).health is Health.HEALTHY
    assert executor.verify(restarted, RESTART, labels).health is Health.HEALTHY  # nobody knows when it was made


@pytest.mark.parametrize("fault", [503, 400, "hang-before"])
def test_a_comparison_that_can_not_be_made_takes_nothing_from_the_verdict(
    executor: RunbookExecutor, prometheus: Scripted, restarted: Plan, fault: Any
) -> None:
    prometheus.faults.add(fault)
    verdict = executor.verify(restarted, RESTART, {"deployment": "checkout"}, AGE)
    assert verdict.health is Health.HEALTHY
    assert "Whether what must not rise has risen is not known: Prometheus" in verdict.summary


def test_a_change_that_could_not_be_compared_is_not_begun(world: Any, executor: RunbookExecutor) -> None:
    now = world.clock.now()
    refusal = executor.plan(RESTART, Trouble(labels={}), "step-1", now)
    assert reason(refusal) is RefusalReason.INVALID_TARGET
    without = RunbookExecutor(world.actions, (), None)
    assert (
        reason(without.plan(RESTART, Trouble(labels={"deployment": "checkout"}), "s", now))
        is RefusalReason.NOT_CONFIGURED
    )
