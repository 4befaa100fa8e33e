"""Run a Job from the template of a CronJob, as `kubectl create job --from=cronjob/…` does.

The CronJob is named in the runbook, never by the alert, so that an alert can't choose what is run; at most it says in
which namespace. A CronJob that is suspended and runs only for runbooks is a good template. What the Job does can't be
seen from here: write it so that running it twice does no harm.

The Job's name follows from the step, so that it is made at most once, whatever gets lost. It belongs to nobody and is
deleted a day after its end: the CronJob's history limits could delete it before anybody has looked. While a Job of the
CronJob's own runs, nothing is done unless its `concurrencyPolicy` is `Allow`.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import ClassVar, Self

from firebrigade.runbooks import workloads
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    Json,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    Verdict,
)
from firebrigade.runbooks.kube import KubernetesClient
from firebrigade.runbooks.kube_errors import NotFoundError, PreconditionError
from firebrigade.runbooks.rights import Right, rights

ANNOTATION = "firebrigade.dev/job-step"
KEPT_SECONDS = 24 * 3600  # after its end; an attempt that is made again must find it


class RunJobParams(ActionParams):
    """Nothing to set: the CronJob's template says it all."""


class RunJob:
    """Make one Job from a CronJob's template, and wait for its end."""

    NAME: ClassVar[str] = "run_job"
    UNDOES: ClassVar[bool] = False
    Params: ClassVar[type[ActionParams]] = RunJobParams
    RISK: ClassVar[Risk] = Risk.MEDIUM
    TARGET_KIND: ClassVar[str] = "cronjob"
    RIGHTS: ClassVar[Sequence[Right]] = (*rights("get", "cronjobs", "batch"), *rights("get create", "jobs", "batch"))

    def __init__(self, kubernetes: KubernetesClient) -> None:
        self._kubernetes = kubernetes

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Kubernetes."""
        return cls(clients.kubernetes) if clients.kubernetes else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Note which template it is, and what its Job will be called."""
        if target.kind != self.TARGET_KIND:
            text = f"run_job needs a CronJob, not a {target.kind}."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        try:
            cron_job = self._kubernetes.read_object("cronjob", target.namespace, target.name)
        except NotFoundError as error:
            return Refusal(reason=RefusalReason.NOT_FOUND, summary=str(error))
        if unsafe := _unsafe(cron_job, target):
            return Refusal(reason=RefusalReason.NOT_SAFE, summary=unsafe)
        name = job_name(target.name, step_id)
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=target,
            params=params.model_dump(mode="json"),
            before={},
            desired={"job": name, "images": _images(cron_job)},
            precondition={"uid": workloads.uid(cron_job), "template": _digest(cron_job)},
            summary=f"Run the job {name} from the template of {target}, image {', '.join(_images(cron_job))}.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Make the Job, if it is not there and the template is still the one that was planned."""
        job = self._job(plan)
        if job is not None:
            return _change(_ours(job, plan), already=True)
        try:
            cron_job = self._kubernetes.read_object("cronjob", plan.target.namespace, plan.target.name)
        except NotFoundError as error:
            raise PermanentActionError(f"{plan.target} was changed since it was planned: {error}") from None
        if plan.precondition != {"uid": workloads.uid(cron_job), "template": _digest(cron_job)}:
            raise PermanentActionError(f"The template of {plan.target} was changed since it was planned.")
        try:
            return _change(self._kubernetes.create_job(plan.target.namespace, job_of(cron_job, plan)), already=False)
        except PreconditionError:
            job = self._job(plan)  # another attempt was faster, or it can't be made at all
            if job is None:
                raise
            return _change(_ours(job, plan), already=True)

    def verify(self, plan: Plan) -> Verdict:
        """Look whether the Job has ended, and how."""
        job = self._job(plan)
        name = plan.desired["job"]
        if job is None:
            return Verdict(health=Health.FAILED, summary=f"There is no job {name}.")
        _ours(job, plan)
        status = job.get("status") or {}
        evidence = {key: status[key] for key in ("active", "succeeded", "failed", "completionTime") if key in status}
        for kind, health in (("Complete", Health.HEALTHY), ("Failed", Health.FAILED), ("FailureTarget", Health.FAILED)):
            condition = workloads.find_condition(job, kind)
            if condition is not None and condition["status"] == "True":
                said = "is complete" if health is Health.HEALTHY else f"failed: {_why(condition)}"
                return Verdict(health=health, summary=f"The job {name} {said}.", evidence=evidence)
        words = f"has not ended, {int(status.get('failed', 0))} of its pods failed"
        return Verdict(health=Health.WAITING, summary=f"The job {name} {words}.", evidence=evidence)

    def undo(self, plan: Plan) -> Change | None:  # noqa: ARG002
        """Nothing to take back: what a Job did stays done, and one that still runs is left to end."""
        return None

    def _job(self, plan: Plan) -> Json | None:
        try:
            return self._kubernetes.read_object("job", plan.target.namespace, str(plan.desired["job"]))
        except NotFoundError:
            return None


def job_name(cron_job: str, step_id: str) -> str:
    """Return the name of a step's Job, of at most 63 characters: the Job's pods carry it as a label."""
    return f"{cron_job[:45].rstrip('-.')}-{hashlib.sha256(step_id.encode()).hexdigest()[:12]}"


def job_of(cron_job: Json, plan: Plan) -> Json:
    """Return the Job of a CronJob's template, marked with the step."""
    template = deepcopy(cron_job["spec"]["jobTemplate"])
    own = template.get("metadata") or {}
    annotations = {**(own.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"}
    labels = {**(own.get("labels") or {}), "app.kubernetes.io/managed-by": "firebrigade"}
    metadata = {"name": plan.desired["job"], "namespace": plan.target.namespace, "labels": labels}
    kept = max(int(template["spec"].get("ttlSecondsAfterFinished") or 0), KEPT_SECONDS)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**metadata, "annotations": {**annotations, ANNOTATION: plan.step_id}},
        "spec": {**template["spec"], "ttlSecondsAfterFinished": kept},
    }


def _unsafe(cron_job: Json, target: Target) -> str:
    running = (cron_job.get("status") or {}).get("active") or []
    policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
    if running and policy != "Allow":
        return f"A job of {target} is running, and its concurrencyPolicy is {policy}."
    if cron_job["spec"]["jobTemplate"]["spec"].get("suspend"):
        return f"The template of {target} is suspended: its job would never begin."
    return ""


def _ours(job: Json, plan: Plan) -> Json:
    if workloads.annotations(job).get(ANNOTATION) != plan.step_id:
        raise PermanentActionError(f"There is another job called {plan.desired['job']}, which this step did not make.")
    return job


def _change(job: Json, *, already: bool) -> Change:
    name = workloads.name(job)
    words = "was made by an earlier attempt" if already else "was made"
    after: Mapping[str, Json] = {"job": name, "uid": workloads.uid(job)}
    return Change(already=already, after=after, summary=f"The job {name} {words}.")


def _images(cron_job: Json) -> list[str]:
    return workloads.images(cron_job["spec"]["jobTemplate"])


def _digest(cron_job: Json) -> str:
    """Return a digest of the template, to recognize it without keeping what may hold secrets."""
    return hashlib.sha256(json.dumps(cron_job["spec"]["jobTemplate"], sort_keys=True).encode()).hexdigest()


def _why(condition: Json) -> str:
    text = f"{condition.get('reason', '')}: {condition.get('message', '')}".strip(": ").rstrip(".")
    return "".join(one if one.isprintable() else " " for one in text)[:200] or "no reason given"
