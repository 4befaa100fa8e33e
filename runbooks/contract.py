"""What a runbook is, what an action promises, and the records that pass between a plan and its verification.

The responder plans, writes the plan down, applies it, writes the change down, verifies. It treats what stands here as
data: plans, changes and steps turn into JSON (``records.py``). This module does no I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from firebrigade.runbooks.must_not_rise import MustNotRise
from firebrigade.runbooks.rights import Right

Json = Any  # what json.dumps takes


class Risk(StrEnum):
    """What an action can do to people who did nothing wrong."""

    READ = "read"  # nothing: it looks, or waits (``readings.py``)
    LOW = "low"  # one pod or one agent, replaced by itself
    MEDIUM = "medium"  # a whole deployment, with a way back
    HIGH = "high"  # a whole deployment, with no sure way back


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The one thing that an action changes.

    Attributes:
        kind: ``pod``, ``deployment``, ``statefulset``, ``daemonset``, ``cronjob``, ``endpoint``, ``node``, ``agent``.
        namespace: the Kubernetes namespace; empty for a node, an agent and an endpoint.
        name: a valid name of its kind, checked when the target is made from labels.
    """

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An absolute change that was written down before anything is changed. Reading only: a plan is the dry run.

    Attributes:
        step_id: the idempotency key; the same for all attempts of this step. At most 63 characters ``[a-z0-9-]``.
        before: what was there, as far as verify and undo need it. A plan for a workload also says, for the blast
            radius (``workloads.blast_facts``): how many pods are ``ready`` of how many ``wanted``, how many ready ones
            the change itself takes away at once (``takes_ready``), and whether it would get in the way of a rollout
            that is in progress (``disturbs_rollout``).
        desired: what will be there: absolute values, never "one more".
        precondition: what must still hold when it is applied (a UID, a revision, a replica count, resourceVersion).
        summary: one sentence, from → to, for people.
        seen: readings that change by themselves, such as a last heartbeat; no part of what a person approves.
    """

    step_id: str
    action: str
    target: Target
    params: Mapping[str, Json]
    before: Mapping[str, Json]
    desired: Mapping[str, Json]
    precondition: Mapping[str, Json]
    summary: str
    planned_at: datetime
    seen: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What applying or undoing a plan did.

    Attributes:
        already: the change was there before this attempt, made by an earlier one of the same step.
        after: what was read back, for the record.
        summary: one sentence for people.
    """

    already: bool
    after: Mapping[str, Json]
    summary: str


class Health(StrEnum):
    """What verification found."""

    HEALTHY = "healthy"
    WAITING = "waiting"  # look again
    FAILED = "failed"  # it can't become healthy by waiting
    WORSE = "worse"  # than before the change; the executor says so, no action has to


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One look at the target after a change: the finding, one sentence for people, and the evidence as read.

    Attributes:
        ready: how many pods of the target are ready, where fewer than before would be the change's own fault.
        lingers: how long one bad moment goes on being seen, as in a query's range.
    """

    health: Health
    summary: str
    evidence: Mapping[str, Json] = field(default_factory=dict)
    ready: int | None = None
    lingers: timedelta = timedelta()


class RefusalReason(StrEnum):
    """Why nothing is done. Used as a metric label and in the timeline."""

    OFF = "off"  # the global switch
    DRY_RUN = "dry_run"
    APPROVAL = "approval"  # a person has to approve the plan first
    SUGGESTED = "suggested"  # the runbook is not trusted with more than telling people its plan
    NAMESPACE = "namespace"
    NOT_ALLOWED = "not_allowed"  # by the lists of actions and targets
    MAINTENANCE = "maintenance"  # of the target itself
    STORM = "storm"  # too many incidents at once for single repairs to be the answer
    LOCKED = "locked"  # another step is at work on the same thing
    TOO_MANY_AT_ONCE = "too_many_at_once"  # other steps are at work, on whatever
    COOLDOWN = "cooldown"
    TOO_MANY_RUNS = "too_many_runs"
    FLAPPING = "flapping"  # repaired again and again: the repair is not the cure
    BLAST_RADIUS = "blast_radius"
    INVALID_TARGET = "invalid_target"
    NOT_FOUND = "not_found"
    NOTHING_TO_DO = "nothing_to_do"
    NOT_SAFE = "not_safe"  # an action's own limit: no earlier revision, no recent rollout, replicas at their limit
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A decision not to act, with one sentence for people."""

    reason: RefusalReason
    summary: str


class ActionError(Exception):
    """An action could not do what was asked. The message is one sentence without secrets."""


class TemporaryActionError(ActionError):
    """Nothing was changed, or the same again is harmless: try again later."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None):
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PermanentActionError(ActionError):
    """Nothing was changed and trying again can't help: the world is no longer as planned, or the request is refused."""


class UnknownOutcomeError(ActionError):
    """No answer came, and the change may have been made. Applying the same plan again finds out before it acts."""


class ActionParams(BaseModel):
    """The parameters of one action, from a runbook's front matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Action(Protocol):
    """One kind of change. Made once with its clients, used by several threads, keeps nothing between calls."""

    NAME: ClassVar[str]
    Params: ClassVar[type[ActionParams]]
    RISK: ClassVar[Risk]
    TARGET_KIND: ClassVar[str]
    RIGHTS: ClassVar[Sequence[Right]]

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Decide on an absolute change. Reads only.

        Raises:
            TemporaryActionError: the cluster could not be read.
            PermanentActionError: it refuses to be read.
        """
        ...

    def apply(self, plan: Plan) -> Change:
        """Make the planned change; a second time, after any crash, changes nothing and never overrides a person.

        Raises:
            TemporaryActionError: not now.
            PermanentActionError: the precondition no longer holds, or the change is refused.
            UnknownOutcomeError: no answer came.
        """
        ...

    def verify(self, plan: Plan) -> Verdict:
        """Look once whether the change took and the target is healthy.

        Raises:
            TemporaryActionError: can't look now.
        """
        ...

    def undo(self, plan: Plan) -> Change | None:
        """Take back what did not help, idempotently; None where there is nothing to take back.

        Raises:
            ActionError: as apply does.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookStep:
    """One step of a runbook's front matter.

    Attributes:
        target: how the target is found: ``namespace`` and ``name``, each a literal or a label's name (``loader.py``).
        params: as written; valid for the action's ``Params``.
        verify_within: how long to wait for healthy.
        healthy_for: how long it must be healthy without a break to count; may end after ``verify_within``.
        verify_query: PromQL that must return a non-empty, all-true vector, or empty. ``$label`` inside a quoted
            matcher value stands for the alert's label.
        worse: what takes the change back at once when it rises; None: only ready pods are compared with before.
        undo: take the change back when it did not help.
        when: conditions without which it is skipped (``conditions.py``).
    """

    name: str
    action: str
    target: Mapping[str, Json]
    params: Mapping[str, Json] = field(default_factory=dict)
    verify_within: timedelta = timedelta(minutes=3)
    healthy_for: timedelta = timedelta()
    verify_query: str = ""
    worse: MustNotRise | None = None
    undo: bool = False
    when: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One Markdown file: what a person reads, and the steps that the machine takes, in order, until one helps."""

    name: str
    title: str
    alerts: tuple[str, ...]
    steps: tuple[RunbookStep, ...]
    body: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """A step that was applied before, on this or another incident; guards decide by these.

    Attributes:
        incident_id: whose step it was, for people.
        finished_at: when it came to its end; None while it is being applied, verified or taken back.
        verified: it helped, or its alert resolved at least: the same again and again is flapping.
        parked: it was begun and rests for as long as maintenance holds it back; nothing moves meanwhile.
    """

    step_id: str
    action: str
    target: Target
    applied_at: datetime
    incident_id: int
    finished_at: datetime | None = None
    verified: bool = False
    parked: bool = False


class Guard(Protocol):
    """One reason not to act."""

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Return why not, or None. Asked after the plan and again just before it is applied. Pure."""
        ...
