"""The records of a runbook's steps: where each stands, and everything that was planned, found and done. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from firebrigade.responder.model import Labels
from firebrigade.runbooks.contract import RefusalReason


class StepStatus(StrEnum):
    """Where a runbook step stands."""

    PENDING = "pending"
    PLANNED = "planned"
    PROPOSED = "proposed"  # waits for a person to approve its plan
    APPROVED = "approved"  # by a person; planned anew and compared before it is applied
    APPLYING = "applying"  # the intent is written; after a crash the action itself finds out what happened
    APPLIED = "applied"  # being verified
    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # its alert resolved, and no look found it healthy in time; its change is left in place
    UNSEEN = "unseen"  # its alert resolved, and nobody could look at it in time; its change is left in place
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    REFUSED = "refused"
    SKIPPED = "skipped"  # the incident ended before
    DONE = "done"  # it only read, or made way for the next
    REJECTED = "rejected"  # by a person
    EXPIRED = "expired"  # nobody approved its plan in time

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self in _OVER


_OVER = {
    StepStatus.VERIFIED,
    StepStatus.UNVERIFIED,
    StepStatus.UNSEEN,
    StepStatus.FAILED,
    StepStatus.UNDONE,
    StepStatus.REFUSED,
    StepStatus.SKIPPED,
    StepStatus.DONE,
    StepStatus.REJECTED,
    StepStatus.EXPIRED,
}
_HARMED = {StepStatus.UNDONE, StepStatus.FAILED, StepStatus.UNVERIFIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of a run, with everything that was planned, found and done, as JSON.

    Attributes:
        healthy_since: since when every look has found it healthy; None after one that did not.
        healthy_seen_at: when a look found it healthy last.
        worse_since: since when every look has found things worse than before it; stays when it is taken back for that.
        worse_seen_at: when a look found things worse last.
        proposed_at: when a person was asked to approve its plan.
        expires_at: until when the answer is waited for, and then until when an approval holds.
        approved_plan: the hash of the plan that was approved; empty: none was.
        answered_by: who approved or rejected it.
        environment: which one its target is in; empty until it is about to be applied.
        locked_since: since when it waits for its turn; None once it begins, is parked, or waits for anything else.
        undo_until: until when its undo has to be made, and then until when its target has to be as before.
        undone_at: when its undo was made; its target is looked at since.
        refusal: the reason (``RefusalReason``) of a refused one; empty otherwise.
    """

    id: int
    step_id: str
    incident_id: int
    position: int
    name: str
    action: str
    status: StepStatus
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: int = 0
    labels: Labels = field(default_factory=dict)
    definition: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    plan: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    verdict: str = ""
    applied_at: datetime | None = None
    verify_until: datetime | None = None
    healthy_since: datetime | None = None
    healthy_seen_at: datetime | None = None
    worse_since: datetime | None = None
    worse_seen_at: datetime | None = None
    finished_at: datetime | None = None
    proposed_at: datetime | None = None
    expires_at: datetime | None = None
    approved_plan: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    environment: str = ""
    locked_since: datetime | None = None
    undo_until: datetime | None = None
    undone_at: datetime | None = None
    refusal: str = ""
    fence: int = 0
    lease_until: datetime | None = None

    @property
    def harmed(self) -> bool:
        """Whether it was ended because it had made things worse."""
        return self.worse_since is not None and (self.status in _HARMED or self.taken_back)

    @property
    def taken_back(self) -> bool:
        """Whether its undo was made, though its target may not be back yet."""
        return self.undone_at is not None and self.status in {StepStatus.UNDOING, StepStatus.UNDONE}

    @property
    def left(self) -> bool:
        """Whether its change was left in place only because its alert resolved."""
        return self.status in {StepStatus.UNVERIFIED, StepStatus.UNSEEN}

    @property
    def suggested(self) -> bool:
        """Whether its plan was left for a person to carry out."""
        return self.status is StepStatus.REFUSED and self.refusal == RefusalReason.SUGGESTED

    @property
    def number(self) -> int:
        """Its number for people, from 1 on."""
        return self.position + 1
