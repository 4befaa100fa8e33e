"""What a person is shown of a plan before they approve it: what, where, from, to, why, how it is verified and undone.

Pure. Notifications and the API ask; the command line prints it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firebrigade.responder.approval import hash_of, short_hash, waiting
from firebrigade.responder.durations import format_duration
from firebrigade.responder.model import Incident
from firebrigade.responder.model_steps import StepResult
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import RunbookStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One plan that waits for a person.

    Attributes:
        number: the step's, from 1 on.
        plan: the plan's whole hash; whoever approves names it.
        before, desired: from what to what, as the plan says.
        summary: the same in one sentence.
        why: which trouble it answers, and by which runbook.
        asked_by: the setting or the trust that makes it wait, in a sentence.
    """

    incident_id: int
    number: int
    step: str
    plan: str
    action: str
    target: str
    params: Mapping[str, Any]
    before: Mapping[str, Any]
    desired: Mapping[str, Any]
    summary: str
    why: str
    verified_by: str
    undone_by: str
    asked_by: str
    proposed_at: datetime
    expires_at: datetime

    @property
    def short(self) -> str:
        """The plan's hash as people read and type it."""
        return short_hash(self.plan)


def proposal_of(incident: Incident, steps: Sequence[StepResult]) -> Proposal | None:
    """Return the plan of an incident that waits for a person, or None."""
    step = next((step for step in steps if waiting(step)), None)
    if step is None or not incident.open or step.plan is None or step.proposed_at is None or step.expires_at is None:
        return None
    definition, plan = records.step_from_json(step.definition), records.plan_from_json(step.plan)
    return Proposal(
        incident_id=incident.id,
        number=step.number,
        step=step.name,
        plan=hash_of(step),
        action=plan.action,
        target=str(plan.target),
        params=plan.params,
        before=plan.before,
        desired=plan.desired,
        summary=plan.summary,
        why=f"{incident.title} ({incident.severity}); runbook {incident.runbook}, step {step.number}",
        verified_by=_verified_by(definition),
        undone_by=_undone_by(definition),
        asked_by=step.verdict,
        proposed_at=step.proposed_at,
        expires_at=step.expires_at,
    )


def _verified_by(step: RunbookStep) -> str:
    asked = f" and {step.verify_query}" if step.verify_query else ""
    return f"healthy in the cluster{asked}, within {format_duration(step.verify_within)}{_worse(step)}"


def _worse(step: RunbookStep) -> str:
    return f"; taken back if {step.worse.query} stays {step.worse.rises_by:g} higher" if step.worse else ""


def _undone_by(step: RunbookStep) -> str:
    return "taken back if it did not help, as far as that can be" if step.undo else "not taken back"
