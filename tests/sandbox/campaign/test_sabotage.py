"""The judge notices what is broken on purpose: each guard that is taken away does its harm in some scenario."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder import pipeline
from firebrigade.responder.case import Outcome
from firebrigade.responder.engine import permission, runner
from firebrigade.responder.stages.verify import judge
from firebrigade.runbooks import executor, workloads
from firebrigade.runbooks.actions import restart_pod
from firebrigade.runbooks.actions.restart_pod import RestartPod
from firebrigade.runbooks.contract import Target
from firebrigade.runbooks.guards.blast_radius import BlastRadius
from firebrigade.runbooks.guards.modes import DryRun
from firebrigade.runbooks.modes import AutomationMode
from sandbox.campaign.right import judged
from sandbox.campaign.scenario import Cause, Kind, Obstacles, Scenario
from sandbox.campaign.trial import Outcome as Came
from sandbox.virtual.troubles import Cure, Symptom, Workload
from tests.sandbox.campaign.conftest import Run

MINUTE = timedelta(minutes=1)
DOWN = Cause(symptom=Symptom.NEVER_READY, cure=Cure.NEW_POD)
CHANCE = Cause(symptom=Symptom.ERRORS, cure=Cure.NOTHING, pods=8, rolled_out=20 * MINUTE)


def made(cause: Cause, *, replicas: int = 2, **fields: Any) -> Scenario:
    """Return a scenario, with what is right for it."""
    workload = Workload(namespace="neurectomy", name="orders", replicas=replicas)
    plain = Scenario(
        number=1, seed=1, kind=Kind.BAD_ROLLOUT, workload=workload, cause=cause, repairable=False, because=""
    )
    return judged(replace(plain, **fields))


PLAIN, WITHOUT_CURE = made(DOWN), made(CHANCE)
OLD_FAILS = made(replace(CHANCE, symptom=Symptom.SLOW, old_fails=True), kind=Kind.LATENCY)
IN_MAINTENANCE = made(DOWN, obstacles=Obstacles(maintenance=30 * MINUTE))
IN_DRY_RUN, UNAPPROVED = made(DOWN, mode=AutomationMode.DRY_RUN), made(DOWN, mode=AutomationMode.APPROVE)


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        pytest.param(PLAIN, Came.REPAIRED, id="plain"),
        pytest.param(WITHOUT_CURE, Came.ESCALATED, id="without a cure"),
        pytest.param(OLD_FAILS, Came.ESCALATED, id="a roll back that makes requests fail"),
        pytest.param(IN_MAINTENANCE, Came.REPAIRED, id="in maintenance"),
        pytest.param(IN_DRY_RUN, Came.ESCALATED, id="in dry run"),
        pytest.param(UNAPPROVED, Came.ESCALATED, id="unapproved"),
    ],
)
def test_as_it_is_nobody_is_harmed(run: Run, scenario: Scenario, outcome: Came) -> None:
    (result,) = run([scenario])
    assert (result.harm, result.outcome) == ((), outcome)


def _without_maintenance(patch: pytest.MonkeyPatch) -> None:
    stages = tuple(stage for stage in pipeline.STAGES if stage.__name__ != "suppress")
    patch.setattr(pipeline, "STAGES", stages)
    patch.setattr(permission, "restrained", lambda *_: None)


def _without_dry_run(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DryRun, "allow", lambda *_: None)


def _without_approval(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runner, "is_approved", lambda _: True)
    patch.setattr(permission, "is_approved", lambda _: True)


def _without_undo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runner, "judge", lambda *given, undo, **named: judge(*given, undo=False, **named))


def _without_comparison(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(executor, "compare", lambda *_: None)


def _without_pages(patch: pytest.MonkeyPatch) -> None:
    stages = tuple(stage for stage in pipeline.STAGES if stage.__name__ != "escalate")
    patch.setattr(pipeline, "STAGES", (*stages, lambda *_: Outcome()))


def _without_count(patch: pytest.MonkeyPatch) -> None:
    """Take the pod that serves, whichever the alert names."""

    def serving(self: RestartPod, target: Target) -> Any:
        pods = self._kubernetes.list_pods(target.namespace, "app=orders")
        return max(pods, key=workloads.pod_ready)

    patch.setattr(RestartPod, "_pod", serving)
    patch.setattr(restart_pod, "_last_ready", lambda *_: None)
    patch.setattr(BlastRadius, "allow", lambda *_: None)


def _without_target(patch: pytest.MonkeyPatch) -> None:
    catalog = Target(kind="deployment", namespace="neurectomy", name="catalog")
    patch.setattr(executor, "resolve_target", lambda *_: catalog)
    patch.setattr(restart_pod, "choose_pod", lambda pods, _: pods[0])


Sabotage = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize(
    ("sabotage", "scenario", "said"),
    [
        pytest.param(_without_maintenance, IN_MAINTENANCE, "during maintenance", id="maintenance is ignored"),
        pytest.param(_without_dry_run, IN_DRY_RUN, "automation is dry-run", id="a dry run acts"),
        pytest.param(_without_approval, UNAPPROVED, "nobody approved", id="nobody is asked"),
        pytest.param(_without_undo, WITHOUT_CURE, "which did not help", id="what did not help stays"),
        pytest.param(_without_comparison, OLD_FAILS, "failed for more than", id="rising errors are not noticed"),
        pytest.param(_without_pages, WITHOUT_CURE, "nobody was told", id="nobody is told"),
        pytest.param(_without_count, PLAIN, "the last pod that served", id="the last pod is taken"),
        pytest.param(_without_target, PLAIN, "a bystander was touched", id="another target is taken"),
    ],
)
def test_harm_is_noticed(
    run: Run, monkeypatch: pytest.MonkeyPatch, sabotage: Sabotage, scenario: Scenario, said: str
) -> None:
    sabotage(monkeypatch)
    (result,) = run([scenario])
    assert result.outcome is Came.HARMED
    assert said in " ".join(result.harm)
