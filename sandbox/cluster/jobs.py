"""The job controller: one pod at a time until enough have succeeded, or one too many has failed."""

from sandbox.cluster import pods, podstatus
from sandbox.cluster.names import generated
from sandbox.cluster.resources import JOBS, PODS, Json
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.store import stamp


def labelled(job: Json) -> Json:
    """Return a new job with the labels and the selector by which it knows its pods."""
    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    labels = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name}
    labels |= {"controller-uid": uid, "job-name": name}
    template = job["spec"]["template"]
    metadata = {**template["metadata"], "labels": {**template["metadata"].get("labels", {}), **labels}}
    spec = {**job["spec"], "template": {**template, "metadata": metadata}}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    own = {**job["metadata"], "labels": {**job["metadata"].get("labels", {}), **labels}}
    return {**job, "metadata": own, "spec": spec}


def reconcile(simulation: Simulation, namespace: str, name: str) -> None:
    """Run the next pod of a job, or write down how the job ended."""
    job = simulation.store.get(JOBS, namespace, name)
    if job is None or "conditions" in job["status"] or job["spec"].get("suspend"):
        return
    owned = simulation.store.owned(job, PODS)
    if not any(podstatus.is_active(pod) for pod in owned) and not _is_over(job, owned):
        _add(simulation, job)
        owned = simulation.store.owned(job, PODS)
    for pod in owned:
        if pod["status"].get("phase") == "Running":
            _run(simulation, pod)
    after = simulation.store.replace(JOBS, job | {"status": _status(simulation, job, owned)})
    if "conditions" in after["status"] and "ttlSecondsAfterFinished" in job["spec"]:
        uid = job["metadata"]["uid"]
        simulation.after(job["spec"]["ttlSecondsAfterFinished"], lambda: _expire(simulation, namespace, name, uid))


def _expire(simulation: Simulation, namespace: str, name: str, uid: str) -> None:
    """Delete a job whose time after its end is over, as the TTL controller does."""
    job = simulation.store.get(JOBS, namespace, name)
    if job is not None and job["metadata"]["uid"] == uid:
        simulation.store.remove(JOBS, namespace, name)


def _count(owned: list[Json], phase: str) -> int:
    return sum(pod["status"].get("phase") == phase for pod in owned)


def _is_over(job: Json, owned: list[Json]) -> bool:
    spec = job["spec"]
    enough, many = spec["completions"], spec["backoffLimit"]
    return bool(_count(owned, "Succeeded") >= enough or _count(owned, "Failed") > many)


def _add(simulation: Simulation, job: Json) -> None:
    prefix = f"{job['metadata']['name']}-"
    metadata: Json = {"name": generated(prefix, simulation.random), "generateName": prefix}
    metadata["namespace"] = job["metadata"]["namespace"]
    metadata["ownerReferences"] = [pods.owner_reference(JOBS, job)]
    pods.make(simulation, metadata, job["spec"]["template"])


def _run(simulation: Simulation, pod: Json) -> None:
    """End a pod that has begun to run; only the first end counts."""
    fate = podstatus.fate(pod["spec"]["containers"][0]["image"])
    exit_code = 0 if fate == podstatus.SERVES else 1
    metadata = pod["metadata"]

    def end() -> None:
        found = simulation.store.get(PODS, metadata["namespace"], metadata["name"])
        if found is not None and found["status"].get("phase") == "Running" and podstatus.is_active(found):
            pods.finish(simulation, found, exit_code)

    simulation.after(simulation.pace.job_runs_seconds, end)


def _status(simulation: Simulation, job: Json, owned: list[Json]) -> Json:
    at = stamp(simulation.now)
    succeeded, failed = _count(owned, "Succeeded"), _count(owned, "Failed")
    active = [pod for pod in owned if podstatus.is_active(pod)]
    counts = {"active": len(active), "succeeded": succeeded, "failed": failed}
    status: Json = {"startTime": job["status"].get("startTime", at)}
    status |= {key: value for key, value in counts.items() if value}
    ready = sum(podstatus.is_ready(pod) for pod in active)
    status |= {"terminating": 0, "uncountedTerminatedPods": {}, "ready": ready}
    if not _is_over(job, owned):
        return status
    if succeeded >= job["spec"]["completions"]:
        why = ("CompletionsReached", "Reached expected number of succeeded pods")
        kinds = ("SuccessCriteriaMet", "Complete")
        status["completionTime"] = at
    else:
        why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        kinds = ("FailureTarget", "Failed")
    return status | {"conditions": [_condition(kind, why, at) for kind in kinds]}


def _condition(kind: str, why: tuple[str, str], at: str) -> Json:
    times = {"lastProbeTime": at, "lastTransitionTime": at}
    return {"type": kind, "status": "True", **times, "reason": why[0], "message": why[1]}
