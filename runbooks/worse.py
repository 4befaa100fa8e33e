"""Whether a change has made things worse than they were when it was planned. Pure; the executor asks at each look.

By pods, wherever an action counts them, and by a value that the runbook names.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from firebrigade.runbooks.contract import Health, Plan, Verdict
from firebrigade.runbooks.prometheus import QueryResult


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


def unless_risen(verdict: Verdict, before: QueryResult, now: QueryResult, by: float) -> Verdict:
    """Return the verdict, or that it is worse: a value is higher than before by more than it may be.

    What has no value at one of the two moments can't be compared, and says nothing.

    Args:
        verdict: of the last look.
        before: what the runbook's query had when the change was planned.
        now: what it has at this look.
        by: how much it may rise.
    """
    risen = max(_risen(before, now), default=None, key=lambda values: values[1] - values[0])
    if risen is None or risen[1] - risen[0] <= by:
        return verdict
    words = f"It is worse than before: what must not rise is {risen[1]:g}, it was {risen[0]:g}"
    # As text: JSON has no infinity.
    evidence = {**verdict.evidence, "value": str(risen[1]), "value_before": str(risen[0]), "may_rise_by": by}
    return replace(verdict, health=Health.WORSE, summary=f"{words}. {verdict.summary}", evidence=evidence)


def _risen(before: QueryResult, now: QueryResult) -> Iterator[tuple[float, float]]:
    """Yield the values of each series that is there both times; not-a-number is no value."""
    known = {frozenset(sample.labels.items()): sample.value for sample in before.samples}
    for sample in now.samples:
        was = known.get(frozenset(sample.labels.items()), math.nan)
        if sample.value > was:
            yield was, sample.value
