"""run_job: one Job from a template that the runbook names, made once, and judged by its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from firebrigade.runbooks.actions.run_job import ANNOTATION, job_name
from firebrigade.runbooks.contract import Health, PermanentActionError, Refusal, RefusalReason, Target

TARGET = Target(kind="cronjob", namespace="shop", name="cleanup")


@pytest.fixture
def template(world: Any) -> Callable[..., None]:
    """Create the CronJob, with another image or more in its spec."""

    def create(image: str = "cleanup:1.0", job: dict[str, Any] | None = None, **spec: Any) -> None:
        container = {"name": "main", "image": image, "env": [{"name": "PASSWORD", "value": "its-password"}]}
        pod = {"metadata": {"labels": {"app": "cleanup"}}, "spec": {"containers": [container]}}
        whole = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": pod, **(job or {})}}, **spec}
        world.cluster.create("cronjobs", {"metadata": {"name": "cleanup"}, "spec": whole}, "shop")

    return create


def _jobs(world: Any) -> list[Any]:
    return list(world.cluster.list("jobs", "shop"))


def test_the_job_is_the_template_s_and_says_who_made_it(world: Any, template: Any) -> None:
    template()
    plan = world.plan("run_job", TARGET)
    world.actions["run_job"].apply(plan)
    (job,) = _jobs(world)
    assert job["metadata"]["name"] == plan.desired["job"] == job_name("cleanup", "step-1")
    assert job["metadata"]["annotations"] == {ANNOTATION: "step-1", "cronjob.kubernetes.io/instantiate": "manual"}
    assert job["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "firebrigade"
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "cleanup:1.0"
    assert "ownerReferences" not in job["metadata"]


def test_a_plan_holds_nothing_of_the_template_s_environment(world: Any, template: Any) -> None:
    template()
    plan = world.plan("run_job", TARGET)
    assert "its-password" not in repr(plan)
    assert "image cleanup:1.0" in plan.summary


def test_a_job_that_fails_is_not_waited_for(world: Any, template: Any) -> None:
    template("cleanup:1.0-broken", job={"backoffLimit": 0})
    plan = world.plan("run_job", TARGET)
    world.actions["run_job"].apply(plan)
    world.cluster.advance(60)
    verdict = world.actions["run_job"].verify(plan)
    assert verdict.health is Health.FAILED
    assert "failed: BackoffLimitExceeded: Job has reached the specified backoff limit" in verdict.summary


def test_a_job_that_somebody_deleted_has_failed(world: Any, template: Any) -> None:
    template()
    plan = world.plan("run_job", TARGET)
    world.actions["run_job"].apply(plan)
    name = plan.desired["job"]
    world.kubernetes._batch.delete_namespaced_job(name, "shop", _request_timeout=5)
    assert world.actions["run_job"].verify(plan).health is Health.FAILED


@pytest.mark.parametrize(("ttl", "kept"), [(None, 86_400), (0, 86_400), (100_000, 100_000)])
def test_a_job_is_kept_long_enough_to_be_found_by_another_attempt(
    world: Any, template: Any, ttl: int | None, kept: int
) -> None:
    template(job={} if ttl is None else {"ttlSecondsAfterFinished": ttl})
    plan = world.plan("run_job", TARGET)
    world.actions["run_job"].apply(plan)
    world.cluster.advance(kept - 60)
    assert world.actions["run_job"].apply(plan).already
    world.cluster.advance(120)
    assert _jobs(world) == []


def test_another_step_runs_another_job(world: Any, template: Any) -> None:
    template()
    for step_id in ("step-1", "step-2"):
        assert not world.actions["run_job"].apply(world.plan("run_job", TARGET, step_id)).already
    assert len(_jobs(world)) == 2


@pytest.mark.parametrize("act", ["apply", "verify"])
def test_a_job_of_somebody_else_with_the_name_is_not_ours(world: Any, template: Any, act: str) -> None:
    template()
    plan = world.plan("run_job", TARGET)
    other = replace(plan, step_id="step-2", desired=plan.desired)
    world.actions["run_job"].apply(other)
    with pytest.raises(PermanentActionError, match="which this step did not make"):
        getattr(world.actions["run_job"], act)(plan)


@pytest.mark.parametrize(
    ("spec", "active", "refused"),
    [
        pytest.param({"concurrencyPolicy": "Forbid"}, True, True, id="one runs and there may be only one"),
        pytest.param({"concurrencyPolicy": "Replace"}, True, True, id="one runs and would be replaced"),
        pytest.param({"concurrencyPolicy": "Allow"}, True, False, id="one runs and another may"),
        pytest.param({"concurrencyPolicy": "Forbid"}, False, False, id="none runs"),
        pytest.param({"suspend": True}, False, False, id="a CronJob that is only a template"),
    ],
)
def test_a_job_does_not_run_beside_another_that_does_not_want_it(
    world: Any, template: Any, spec: dict[str, Any], active: bool, refused: bool
) -> None:
    template(**spec)
    store = world.cluster._server.simulation.store
    cron_job = world.cluster.get("cronjobs", "shop", "cleanup")
    if active:
        resource = next(one for one in store._objects if one.plural == "cronjobs")
        store.replace(resource, {**cron_job, "status": {"active": [{"name": "cleanup-1"}]}})
    found = world.plan_or_refusal("run_job", TARGET)
    assert (isinstance(found, Refusal) and found.reason is RefusalReason.NOT_SAFE) is refused


def test_a_template_whose_jobs_never_begin_is_refused(world: Any, template: Any) -> None:
    template(job={"suspend": True})
    assert isinstance(world.plan_or_refusal("run_job", TARGET), Refusal)


@pytest.mark.parametrize("name", ["a" * 253, "a" * 44 + "-b", "a.b"])
def test_the_longest_name_makes_a_valid_job(name: str) -> None:
    made = job_name(name, "step-1")
    assert len(made) <= 63
    assert "--" not in made
    assert made != job_name(name, "step-2")
