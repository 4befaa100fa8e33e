"""Whether a change has made things worse than they were when it was planned. Pure; the executor asks at each look."""

from dataclasses import replace

from firebrigade.runbooks.contract import Health, Plan, Verdict


def unless_worse(plan: Plan, verdict: Verdict) -> Verdict:
    """Return the verdict, or that it is worse: fewer pods are ready than before.

    The dip that is expected does not count: what the plan says that the change takes away at once (``takes_ready``).

    Args:
        plan: with the facts of ``workloads.blast_facts`` in ``before``, if it is about a workload.
        verdict: only a waiting one can turn, as nothing else is asked for the next look.
    """
    if verdict.health is not Health.WAITING or verdict.ready is None or "takes_ready" not in plan.before:
        return verdict
    before, taken = int(plan.before["ready"]), int(plan.before["takes_ready"])
    if verdict.ready >= before - taken:
        return verdict
    words = f"It is worse than before: {verdict.ready} pods are ready, {before} were"
    expected = f", and no more than {taken} had to go" if taken else ""
    evidence = {**verdict.evidence, "ready": verdict.ready, "ready_before": before, "takes_ready": taken}
    return replace(verdict, health=Health.WORSE, summary=f"{words}{expected}. {verdict.summary}", evidence=evidence)
