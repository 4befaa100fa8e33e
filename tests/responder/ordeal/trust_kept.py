"""What trust promises: each run is in the ledger once, and nothing is applied that a failure before has forbidden.

As ``promises.py``, it counts again from the steps and from the cluster's own account.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from firebrigade.responder.model import Incident
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust_chain import broken
from tests.responder.ordeal.promises import Write

HELPED, FAILED = "verified", "failed"
RESOLVE_WITHIN = timedelta(minutes=15)


def check_trust(store: Store, writes: Sequence[Write], now: datetime) -> None:
    """Judge the ledger of runbooks that all began at auto, and that nobody has promoted, where nothing is due."""
    assert broken(store.ledger.chain()) == []
    entries = store.ledger.entries()
    told = [(one.incident_id, one.event.value) for one in entries if one.event.value in {HELPED, FAILED}]
    counted = [(one.id, came_to(store, one, now)) for one in reversed(store.incidents())]
    assert sorted(told) == [(number, word) for number, word in counted if word], f"{told}, and it was {counted}"
    made = {write.step_id for write in writes if not write.back}
    for incident in store.incidents():
        failures = [one.at for one in entries if (one.runbook, one.event) == (incident.runbook, FAILED)]
        for step in store.steps(incident.id):
            if step.step_id in made and step.applied_at is not None:
                _check_step(step, [at for at in failures if at < step.applied_at])


def came_to(store: Store, incident: Incident, now: datetime) -> str:
    """Return what a run that is over came to; empty if it says nothing."""
    steps = store.steps(incident.id)
    ends = {StepStatus.FAILED, StepStatus.UNDONE, StepStatus.UNVERIFIED}
    if any(step.worse_since is not None or (step.after is not None and step.status in ends) for step in steps):
        return FAILED
    helped = [step for step in steps if step.status is StepStatus.VERIFIED and step.healthy_since is not None]
    if not helped or helped[0].finished_at is None:
        return ""
    if not incident.open:
        return HELPED
    return FAILED if now >= helped[0].finished_at + RESOLVE_WITHIN else ""


def _check_step(step: StepResult, failures: Sequence[datetime]) -> None:
    assert len(failures) < 2, f"{step.step_id} was applied after {len(failures)} failures"
    assert not failures or step.approved_plan, f"{step.step_id} was applied after a failure, and nobody approved it"
